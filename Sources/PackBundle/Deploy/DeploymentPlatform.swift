public import PackProfiles

/// A kind of platform that deployment files are written for.
public enum DeploymentPlatform: String, CaseIterable, Sendable {
    case cloudRun = "cloud-run"
    case kubernetes
    case lambda
    case lambdaImage = "lambda-image"

    /// The platform of a profile; nil where no files are written for it. Of profiles for HTTP the name tells, or how it begins:
    /// `kubernetes-ours`.
    public init?(_ profile: Profile) {
        func isCalled(_ platform: DeploymentPlatform) -> Bool {
            profile.name == platform.rawValue || profile.name.hasPrefix(platform.rawValue + "-")
        }
        // A managed runtime that calls a function of its own language starts no program.
        guard profile.programVariant == nil else { return nil }
        switch (profile.requestProtocol, profile.packaging) {
        case (.lambda, .zip): self = .lambda
        case (.lambda, .image): self = .lambdaImage
        case (.http, .image) where isCalled(.cloudRun): self = .cloudRun
        case (.http, .image) where isCalled(.kubernetes): self = .kubernetes
        default: return nil
        }
    }

    /// Whether a text begins as the files do.
    public static func isOurs(_ text: String) -> Bool { text.hasPrefix("# " + ContainerParts.mark) }

    /// Names of the files.
    public var names: [String] { writers.map(\.name) }

    /// The files, each with its name.
    public func files(_ settings: DeploymentSettings) -> [(name: String, text: String)] {
        writers.map { ($0.name, $0.text(settings)) }
    }

    private var writers: [(name: String, text: (DeploymentSettings) -> String)] {
        switch self {
        case .cloudRun: [("cloud-run-service.yaml", CloudRunService.text)]
        case .kubernetes:
            [
                ("deployment.yaml", KubernetesDeployment.text), ("knative-service.yaml", KnativeService.text),
                ("kserve.yaml", KServeService.text),
            ]
        case .lambda: [("template.yaml", { ServerlessTemplate.text($0, isImage: false) })]
        case .lambdaImage: [("template.yaml", { ServerlessTemplate.text($0, isImage: true) })]
        }
    }
}
