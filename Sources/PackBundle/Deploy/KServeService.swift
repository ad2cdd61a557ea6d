/// An InferenceService of KServe, and the ServingRuntime that it names.
///
/// Fields: <https://kserve.github.io/website/docs/concepts/resources/servingruntime> and
/// <https://kserve.github.io/website/docs/reference/crd-api>.
enum KServeService {
    /// What the runtime says it reads.
    private static let format = "pack"

    static func text(_ settings: DeploymentSettings) -> String {
        YAMLWriter.text(
            [runtime(settings), service(settings)],
            heading: ContainerParts.heading(
                "a KServe ServingRuntime and InferenceService", settings,
                use: "One of three ways to run it; the others stand beside it.\n    kubectl apply -f kserve.yaml"))
    }

    private static func runtime(_ settings: DeploymentSettings) -> YAMLNode {
        [
            "apiVersion": "serving.kserve.io/v1alpha1",
            "kind": "ServingRuntime",
            "metadata": ["name": .text(settings.name)],
            "spec": [
                "annotations": [
                    "prometheus.kserve.io/port": .text("\(settings.port)"), "prometheus.kserve.io/path": "/metrics",
                ],
                "supportedModelFormats": .noted(
                    "The image holds one model: only the service that names this runtime may get it.",
                    [
                        ["name": .text(format), "version": "1", "autoSelect": false]
                    ]),
                "protocolVersions": ["v2"],
                "containers": [container(settings)],
            ],
        ]
    }

    private static func container(_ settings: DeploymentSettings) -> YAMLNode {
        [
            "name": "kserve-container",
            "image": .noted(settings.image.why, .text(settings.image.value)),
            "ports": .noted(
                "The image sets PORT to it; with Knative nobody else may.",
                [["containerPort": .number(settings.port), "protocol": "TCP"]]),
            "env": [
                .noted("KServe puts the InferenceService's name here.", ContainerParts.modelName("{{.Name}}"))
            ],
            "resources": ContainerParts.resources(settings),
            "startupProbe": ContainerParts.startup(settings, port: settings.port),
            "readinessProbe": ContainerParts.readiness(port: settings.port),
            "livenessProbe": ContainerParts.liveness(port: settings.port),
            "securityContext": ContainerParts.security,
        ]
    }

    private static func service(_ settings: DeploymentSettings) -> YAMLNode {
        [
            "apiVersion": "serving.kserve.io/v1beta1",
            "kind": "InferenceService",
            "metadata": ["name": .text(settings.name)],
            "spec": [
                "predictor": [
                    "minReplicas": .noted(
                        "0 takes nothing while there is nothing to do, where KServe runs on Knative.", 1),
                    "maxReplicas": .noted("A bound on what it takes of the cluster.", 10),
                    "containerConcurrency": .noted(settings.concurrency.why, .number(settings.concurrency.value ?? 0)),
                    "timeout": ContainerParts.number(settings.timeout),
                    "terminationGracePeriodSeconds": .absent(
                        "A pod has 30 s after SIGTERM unless told otherwise; the program takes \(settings.graceSeconds) s at most."
                    ),
                    "model": [
                        "modelFormat": ["name": .text(format)],
                        "protocolVersion": "v2",
                        "runtime": .text(settings.name),
                        "storageUri": .absent("No storageUri: the model is in the image."),
                    ],
                ]
            ],
        ]
    }
}
