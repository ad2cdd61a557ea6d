import PackProfiles

extension Rules {
    /// Whether every shared library that is needed is there; asked only where that was looked at.
    @Sendable static func libraries(_ facts: FitFacts, _ profile: Profile) -> Check? {
        guard let missing = facts.missingLibraries else { return nil }
        var check = Check(
            id: .libraries, verdict: missing.isEmpty ? .pass : .fail,
            actualText: missing.isEmpty ? "all found" : "\(missing.count) missing",
            limitText: "every library that is needed", source: profile.libc.provenance)
        check.textHow = .measured
        check.culprits = missing
        check.note = missing.first.map { $0.text + (missing.count > 1 ? "; and \(missing.count - 1) more" : "") }
        return check
    }
}
