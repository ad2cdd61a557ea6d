import PackProfiles

extension Rules {
    /// Whether there is an architecture of the platform that it runs on with the CPU features that can be relied on.
    @Sendable static func isa(_ facts: FitFacts, _ profile: Profile) -> Check? {
        guard let first = profile.architectures.first else { return nil }
        var check = Check(
            id: .isa, verdict: .unknown,
            limitText: profile.architectures.map { describe($0.name, $0.features) }.joined(separator: " or "),
            source: first.provenance)
        guard let needs = facts.architectures else {
            check.note = facts.missing
            return check
        }
        check.actualText =
            needs.isEmpty ? "none" : needs.map { describe($0.name, $0.features) }.joined(separator: " or ")
        let shared = needs.compactMap { need in
            profile.architectures.first { $0.name == need.name }.map { (need: need, platform: $0) }
        }
        if let match = shared.first(where: { Set($0.need.features).isSubset(of: $0.platform.features) }) {
            check.verdict = .pass
            check.source = match.platform.provenance
        } else {
            check.verdict = .fail
            check.note = shared.first.map { pair in
                let lacking = pair.need.features.filter { !pair.platform.features.contains($0) }
                return "\(pair.need.name) there does not promise \(lacking.joined(separator: ", "))"
            }
            if let culprit = facts.architectureCulprit { check.blame(culprit) }
        }
        return check
    }

    private static func describe(_ name: String, _ features: [String]) -> String {
        features.isEmpty ? name : "\(name) with \(features.joined(separator: ", "))"
    }
}
