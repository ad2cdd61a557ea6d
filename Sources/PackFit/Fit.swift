import PackProfiles

/// Whether a thing can be deployed on a platform, and why.
public struct Fit: Sendable {
    /// The platform.
    public var profile: Profile
    /// What every rule that applies there says.
    public var checks: [Check]

    /// A platform's answer.
    public enum Verdict: String, Sendable {
        case fits
        case doesNotFit = "does-not-fit"
        case unknown
    }

    /// Judges by all rules.
    public init(_ facts: FitFacts, on profile: Profile) {
        let checks = Rules.all.compactMap { rule in
            var check = rule(facts, profile)
            if let id = check?.id, check?.verdict == .unknown, check?.note == nil {
                check?.note = "\(id.rawValue) is not known"
            }
            return check
        }
        self.init(profile: profile, checks: checks)
    }

    init(profile: Profile, checks: [Check]) {
        self.profile = profile
        self.checks = checks
    }

    /// One failed check is a no; without one, one unknown check is an unknown.
    public var verdict: Verdict {
        if checks.contains(where: { $0.verdict == .fail }) { return .doesNotFit }
        return checks.contains { $0.verdict == .unknown } ? .unknown : .fits
    }

    /// The check that the verdict hangs on: the failed one that is furthest over its limit, else the first unknown
    /// one, else the one that comes nearest to its limit.
    public var deciding: Check? {
        switch verdict {
        case .doesNotFit: nearestToLimit(.fail) ?? checks.first { $0.verdict == .fail }
        case .unknown: checks.first { $0.verdict == .unknown }
        case .fits: nearestToLimit(.pass)
        }
    }

    private func nearestToLimit(_ verdict: Check.Verdict) -> Check? {
        checks.filter { $0.verdict == verdict && $0.use != nil }.max { ($0.use ?? 0) < ($1.use ?? 0) }
    }

    /// The same without the failed checks that the platform offers a way around; `nil` if there are none.
    func lifted() -> (fit: Fit, ways: [String])? {
        let ways = checks.filter { $0.verdict == .fail }.compactMap(\.liftedBy)
        guard !ways.isEmpty else { return nil }
        let rest = checks.map { check in
            guard check.verdict == .fail, check.liftedBy != nil else { return check }
            var lifted = check
            lifted.verdict = .pass
            lifted.note = check.liftedBy
            return lifted
        }
        return (Fit(profile: profile, checks: rest), ways)
    }
}

/// Everything that a platform is asked, in the order of reports.
enum Rules {
    typealias Rule = @Sendable (FitFacts, Profile) -> Check?

    static let all: [Rule] = [
        packageZipped, packageUnpacked, packageLayers, packageFiles, packageNames, entryPoint, imageSize, disk,
        memoryPeak, memoryFiles, startupTime, startupGateway, requestTime, requestSize, responseSize, python, isa, libc,
        libraries,
    ]
}
