/// A service of Cloud Run in the form that `gcloud run services replace` takes.
///
/// Fields: <https://docs.cloud.google.com/run/docs/reference/yaml/v1>.
enum CloudRunService {
    static func text(_ settings: DeploymentSettings) -> String {
        YAMLWriter.text(
            [service(settings)],
            heading: ContainerParts.heading(
                "a Cloud Run service", settings,
                use: "    gcloud run services replace cloud-run-service.yaml --region REGION"))
    }

    private static func service(_ settings: DeploymentSettings) -> YAMLNode {
        [
            "apiVersion": "serving.knative.dev/v1",
            "kind": "Service",
            "metadata": ["name": .text(settings.name)],
            "spec": [
                "template": [
                    "metadata": [
                        "annotations": [
                            "autoscaling.knative.dev/maxScale": .noted(
                                "A bound on what it can cost: raise it when there is more to do.", "10"),
                            "run.googleapis.com/cpu-throttling": .noted(
                                "Processors are paid for while there are requests; the program does nothing between them.",
                                "true"),
                        ]
                    ],
                    "spec": [
                        "containerConcurrency": ContainerParts.number(settings.concurrency),
                        "timeoutSeconds": ContainerParts.number(settings.timeout),
                        "containers": [container(settings)],
                    ],
                ]
            ],
        ]
    }

    private static func container(_ settings: DeploymentSettings) -> YAMLNode {
        [
            "name": .text(settings.name),
            "image": .noted(settings.image.why, .text(settings.image.value)),
            "ports": .noted(
                "Cloud Run sets PORT to it, and allows nobody else to.", [["containerPort": .number(settings.port)]]),
            "env": [ContainerParts.modelName(settings.name)],
            "resources": [
                "limits": [
                    "cpu": .noted(
                        settings.processors?.why, .text(DeploymentSizes.number(settings.processors?.value ?? 1))),
                    "memory": .noted(settings.memory.why, .text("\(settings.memory.value)Mi")),
                    "ephemeral-storage": .absent("No ephemeral-storage. " + settings.storage.why),
                ]
            ],
            "startupProbe": ContainerParts.startup(settings, port: settings.port),
            "livenessProbe": ContainerParts.liveness(port: settings.port),
            "securityContext": .absent(
                "Cloud Run takes no securityContext: the image says that user \(ContainerParts.user) runs. It waits 10 s after "
                    + "SIGTERM, the program takes \(settings.graceSeconds) s at most."),
        ]
    }
}
