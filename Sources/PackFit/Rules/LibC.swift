import PackProfiles

extension Rules {
    /// Whether the C library that it was linked against is there.
    @Sendable static func libc(_ facts: FitFacts, _ profile: Profile) -> Check? {
        let platform = profile.libc
        var check = Check(
            id: .libc, verdict: .unknown,
            limitText: platform.kind == .any
                ? "brought along"
                : platform.kind == .unknown
                    ? "not known" : [platform.kind.rawValue, platform.version ?? ""].joined(separator: " "),
            source: platform.provenance)
        guard let need = facts.libc else {
            check.note = facts.missing
            return check
        }
        switch need {
        case .nothing:
            check.actualText = "static"
            check.verdict = .pass
        case .anything:
            check.actualText = "any"
            check.verdict = .pass
        case .musl:
            check.actualText = "musl"
            check.verdict = provides(platform)
        case .glibc(let version):
            check.actualText = "glibc " + version
            check.verdict = provides(platform, version)
        }
        if platform.kind == .unknown, check.verdict == .unknown { check.note = "the platform's C library is not known" }
        if check.verdict == .fail, var culprit = facts.libcCulprit {
            culprit.instead = culprit.instead ?? instead(of: culprit, facts, platform)
            check.blame(culprit)
        }
        return check
    }

    /// What would run there: a release that is known to, else the wheel or the build that would.
    private static func instead(of culprit: Culprit, _ facts: FitFacts, _ platform: Profile.LibC) -> String? {
        guard platform.kind == .glibc, let version = platform.version, case .glibc = facts.libc else { return nil }
        if let known = facts.libcAlternatives[version] { return known }
        guard culprit.package != nil else { return "a build against glibc \(version) or older" }
        let tag = version.split(separator: ".").joined(separator: "_")
        return "a wheel of it tagged manylinux_\(tag) or lower"
    }

    /// Programs for musl bring nothing along that glibc could stand in for.
    private static func provides(_ platform: Profile.LibC) -> Check.Verdict {
        switch platform.kind {
        case .glibc: .fail
        case .unknown: .unknown
        case .musl, .any: .pass
        }
    }

    private static func provides(_ platform: Profile.LibC, _ needed: String) -> Check.Verdict {
        switch platform.kind {
        case .any: return .pass
        case .unknown: return .unknown
        case .musl: return .fail
        case .glibc:
            guard let there = platform.version.flatMap({ Version($0) }), let needed = Version(needed) else {
                return .unknown
            }
            return there < needed ? .fail : .pass
        }
    }
}
