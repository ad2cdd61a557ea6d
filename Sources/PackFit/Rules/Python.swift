import PackProfiles

extension Rules {
    /// Whether a managed runtime brings the Python that compiled modules are for; asked only where both are known.
    @Sendable static func python(_ facts: FitFacts, _ profile: Profile) -> Check? {
        guard let python = facts.python, !profile.python.isEmpty, let source = profile.pythonSource else { return nil }
        let release = Version(python).map { $0.parts.prefix(2).map(String.init).joined(separator: ".") } ?? python
        var check = Check(
            id: .python, verdict: profile.python.contains(release) ? .pass : .fail,
            actualText: "for Python \(release)", limitText: profile.python.joined(separator: ", "), source: source)
        check.textHow = .computed
        if check.verdict == .fail {
            check.note =
                "compiled modules for Python \(release) do not load in another; install the wheels for one of these"
        }
        return check
    }
}
