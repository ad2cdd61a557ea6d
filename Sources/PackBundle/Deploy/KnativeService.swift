/// A Service of Knative.
///
/// Fields: <https://github.com/knative/specs/blob/main/specs/serving/knative-api-specification-1.0.md>; annotations:
/// <https://knative.dev/docs/serving/autoscaling/>.
enum KnativeService {
    static func text(_ settings: DeploymentSettings) -> String {
        YAMLWriter.text(
            [service(settings)],
            heading: ContainerParts.heading(
                "a Knative Service", settings,
                use:
                    "One of three ways to run it; the others stand beside it.\n    kubectl apply -f knative-service.yaml"
            ))
    }

    private static func service(_ settings: DeploymentSettings) -> YAMLNode {
        [
            "apiVersion": "serving.knative.dev/v1",
            "kind": "Service",
            "metadata": ["name": .text(settings.name)],
            "spec": [
                "template": [
                    "metadata": ["annotations": annotations],
                    "spec": [
                        "containerConcurrency": .noted(
                            settings.concurrency.why, .number(settings.concurrency.value ?? 0)),
                        "timeoutSeconds": ContainerParts.number(settings.timeout),
                        "terminationGracePeriodSeconds": .absent(
                            "After SIGTERM Knative waits as long as a request may take; the program takes "
                                + "\(settings.graceSeconds) s at most."),
                        "containers": [container(settings)],
                    ],
                ]
            ],
        ]
    }

    private static var annotations: YAMLNode {
        [
            "autoscaling.knative.dev/metric": "concurrency",
            "autoscaling.knative.dev/target-utilization-percentage": .noted(
                "Another instance comes before the requests at a time reach containerConcurrency; Knative's own value.",
                "70"),
            "autoscaling.knative.dev/min-scale": .noted(
                "None while there is nothing to do; 1 spares the first request the start.", "0"),
            "autoscaling.knative.dev/max-scale": .noted(
                "A bound on what it takes of the cluster: raise it when there is more to do.", "10"),
        ]
    }

    private static func container(_ settings: DeploymentSettings) -> YAMLNode {
        [
            "image": .noted(settings.image.why, .text(settings.image.value)),
            "ports": .noted(
                "Knative sets PORT to it, and allows nobody else to.", [["containerPort": .number(settings.port)]]),
            "env": [ContainerParts.modelName(settings.name)],
            "resources": ContainerParts.resources(settings),
            "startupProbe": ContainerParts.startup(settings, port: nil),
            "readinessProbe": ContainerParts.readiness(port: nil),
            "livenessProbe": ContainerParts.liveness(port: nil),
            "securityContext": ContainerParts.security,
        ]
    }
}
