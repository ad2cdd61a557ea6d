/// What the containers of several kinds of deployment have in common.
enum ContainerParts {
    /// Who runs in the image, as `ImageWriter` writes it.
    static let user = 65532

    /// What a container may do: nothing but run.
    static var security: YAMLNode {
        [
            "runAsNonRoot": true, "runAsUser": .number(user), "runAsGroup": .number(user),
            "readOnlyRootFilesystem": true, "allowPrivilegeEscalation": false,
            "capabilities": ["drop": ["ALL"]],
            "seccompProfile": ["type": "RuntimeDefault"],
        ]
    }

    /// Memory, processors and space for files, asked for and allowed alike.
    static func resources(_ settings: DeploymentSettings) -> YAMLNode {
        let memory = YAMLNode.text("\(settings.memory.value)Mi")
        let cpu = settings.processors.map { YAMLNode.text(DeploymentSizes.number($0.value)) } ?? .absent(nil)
        let storage = settings.storage.value.map { YAMLNode.text("\($0)Mi") } ?? .absent(nil)
        return [
            "requests": [
                "cpu": .noted(settings.processors?.why, cpu),
                "memory": .noted(settings.memory.why, memory),
                "ephemeral-storage": .noted(settings.storage.why, storage),
            ],
            "limits": .noted(
                "As much as is asked for: no instance takes from another, and none is killed for a peak that was foreseen.",
                ["cpu": cpu, "memory": memory, "ephemeral-storage": storage]),
        ]
    }

    /// The program is asked by HTTP.
    ///
    /// - Parameters:
    ///   - path: What is asked for.
    ///   - period: Seconds between.
    ///   - failures: Answers in a row that must fail.
    ///   - port: The port, where the platform does not know it.
    static func probe(_ path: String, period: Int, failures: Int, port: Int?) -> YAMLNode {
        [
            "httpGet": ["path": .text(path), "port": port.map { .number($0) } ?? .absent(nil)],
            "periodSeconds": .number(period), "timeoutSeconds": 1, "failureThreshold": .number(failures),
        ]
    }

    static func startup(_ settings: DeploymentSettings, port: Int?) -> YAMLNode {
        .noted(
            settings.startTries.why,
            probe("/v2/health/ready", period: 1, failures: settings.startTries.value, port: port))
    }

    static func readiness(port: Int?) -> YAMLNode {
        .noted(
            "Not ready from SIGTERM on. The answer comes at once, whatever is being computed.",
            probe("/v2/health/ready", period: 5, failures: 2, port: port))
    }

    static func liveness(port: Int?) -> YAMLNode {
        .noted(
            "A minute without an answer: the program hangs. Being busy is no reason.",
            probe("/v2/health/live", period: 10, failures: 6, port: port))
    }

    /// The name by which the Open Inference Protocol asks for the model: `/v2/models/NAME/infer`.
    static func modelName(_ name: String) -> YAMLNode {
        .noted(
            "The model's name in the Open Inference Protocol: /v2/models/NAME/infer.",
            YAMLNode(.mapping([.init(key: "name", value: "PACK_MODEL_NAME"), .init(key: "value", value: .text(name))])))
    }

    /// A number with its reason, or the reason why there is none.
    static func number(_ chosen: DeploymentSettings.Chosen<Int?>) -> YAMLNode {
        chosen.value.map { .noted(chosen.why, .number($0)) } ?? .absent(chosen.why)
    }

    /// How a file begins.
    static let mark = "Written by pack "

    /// What stands at the head of a file.
    static func heading(_ what: String, _ settings: DeploymentSettings, use: String) -> String {
        """
        \(mark)\(settings.version) for the target \(settings.target): \(what) for \(settings.model).
        \(use)
        """
    }
}
