import PackProfiles

extension Rules {
    /// Whether there is something that the platform can start or call; asked only where that was looked at.
    ///
    /// A zip with a runtime of its own holds an executable file `bootstrap` at its root (AWS Lambda developer guide,
    /// runtimes-custom); a managed runtime calls a handler; an image names its own program.
    @Sendable static func entryPoint(_ facts: FitFacts, _ profile: Profile) -> Check? {
        guard let entry = facts.entryPoint, profile.packaging == .zip, profile.requestProtocol != .http else {
            return nil
        }
        let isCustom = profile.requestProtocol == .lambda && profile.python.isEmpty
        let runtime = profile.runtime ?? "the platform's runtime"
        var check = Check(
            id: .entryPoint, verdict: .unknown,
            limitText: isCustom ? "an executable file bootstrap at the root" : "a handler for \(runtime)",
            source: isCustom ? customRuntime : profile.pythonSource ?? profile.libc.provenance)
        check.textHow = .measured
        switch entry {
        case .unknown(let reason): check.note = reason
        case .none:
            check.actualText = "none"
            check.verdict = .fail
        case .handler(let name):
            check.actualText = "handler " + name
            check.verdict = isCustom ? .fail : .pass
            if isCustom { check.note = "a handler needs a managed Python runtime" }
        case .program(let name, let isExecutable):
            check.actualText = name + (isExecutable ? "" : ", not executable")
            check.verdict = isCustom && isExecutable && name == "bootstrap" ? .pass : .fail
            if !isCustom {
                check.note = "\(runtime) calls a handler; a program of its own needs a runtime such as provided.al2023"
            } else if !isExecutable {
                check.note = "set the permission bits: chmod 755 \(name)"
            }
        }
        return check
    }

    private static let customRuntime = Provenance(
        source: "AWS Lambda developer guide, runtimes-custom (@a83f69b)", date: "2022-11-14", verified: true)
}
