/// A Deployment, its Service and its HorizontalPodAutoscaler, for Kubernetes 1.30 or later.
///
/// Fields: <https://kubernetes.io/docs/reference/kubernetes-api/>.
enum KubernetesDeployment {
    /// Seconds in which the cluster learns that a pod is going.
    private static let farewell = 2

    static func text(_ settings: DeploymentSettings) -> String {
        YAMLWriter.text(
            [deployment(settings), service(settings), scaler(settings)],
            heading: ContainerParts.heading(
                "a Deployment, Service and HorizontalPodAutoscaler", settings,
                use: "One of three ways to run it; the others stand beside it.\n    kubectl apply -f deployment.yaml"))
    }

    private static func metadata(_ settings: DeploymentSettings) -> YAMLNode {
        ["name": .text(settings.name), "labels": labels(settings)]
    }

    private static func labels(_ settings: DeploymentSettings) -> YAMLNode {
        ["app.kubernetes.io/name": .text(settings.name)]
    }

    private static func deployment(_ settings: DeploymentSettings) -> YAMLNode {
        [
            "apiVersion": "apps/v1",
            "kind": "Deployment",
            "metadata": metadata(settings),
            "spec": [
                "replicas": .absent("No replicas: the HorizontalPodAutoscaler sets them."),
                "selector": ["matchLabels": labels(settings)],
                "strategy": .noted(
                    "A pod goes when its successor is ready.",
                    ["type": "RollingUpdate", "rollingUpdate": ["maxSurge": 1, "maxUnavailable": 0]]),
                "template": ["metadata": podMetadata(settings), "spec": pod(settings)],
            ],
        ]
    }

    private static func podMetadata(_ settings: DeploymentSettings) -> YAMLNode {
        [
            "labels": labels(settings),
            "annotations": [
                "prometheus.io/scrape": "true", "prometheus.io/port": .text("\(settings.port)"),
                "prometheus.io/path": "/metrics",
            ],
        ]
    }

    private static func pod(_ settings: DeploymentSettings) -> YAMLNode {
        [
            "automountServiceAccountToken": .noted("The program asks nothing of the cluster.", false),
            "enableServiceLinks": false,
            "terminationGracePeriodSeconds": .noted(
                "preStop's \(farewell) s, the \(settings.graceSeconds) s that the program takes at most after SIGTERM, and 5 s.",
                .number(farewell + settings.graceSeconds + 5)),
            "nodeSelector": nodes(settings),
            "containers": [container(settings)],
        ]
    }

    /// An image for several architectures runs on nodes of each.
    private static func nodes(_ settings: DeploymentSettings) -> YAMLNode {
        guard let arch = settings.arch else { return ["kubernetes.io/os": "linux"] }
        return ["kubernetes.io/arch": arch == "arm64" ? "arm64" : "amd64", "kubernetes.io/os": "linux"]
    }

    private static func container(_ settings: DeploymentSettings) -> YAMLNode {
        [
            "name": "model",
            "image": .noted(settings.image.why, .text(settings.image.value)),
            "ports": [["name": "http", "containerPort": .number(settings.port)]],
            "env": [
                ["name": "PORT", "value": .text("\(settings.port)")],
                ContainerParts.modelName(settings.name),
            ],
            "resources": ContainerParts.resources(settings),
            "startupProbe": ContainerParts.startup(settings, port: settings.port),
            "readinessProbe": ContainerParts.readiness(port: settings.port),
            "livenessProbe": ContainerParts.liveness(port: settings.port),
            "lifecycle": .noted(
                "Requests still come until all nodes know that the pod is going: SIGTERM waits for that.",
                ["preStop": ["sleep": ["seconds": .number(farewell)]]]),
            "securityContext": ContainerParts.security,
        ]
    }

    private static func service(_ settings: DeploymentSettings) -> YAMLNode {
        [
            "apiVersion": "v1",
            "kind": "Service",
            "metadata": metadata(settings),
            "spec": [
                "selector": labels(settings),
                "ports": [["name": "http", "port": 80, "targetPort": "http"]],
            ],
        ]
    }

    private static func scaler(_ settings: DeploymentSettings) -> YAMLNode {
        [
            "apiVersion": "autoscaling/v2",
            "kind": "HorizontalPodAutoscaler",
            "metadata": metadata(settings),
            "spec": [
                "scaleTargetRef": ["apiVersion": "apps/v1", "kind": "Deployment", "name": .text(settings.name)],
                "minReplicas": .noted("Two, so that one may fail.", 2),
                "maxReplicas": .noted(
                    "A bound on what it takes of the cluster: raise it when there is more to do.", 10),
                "metrics": [
                    [
                        "type": "Resource",
                        "resource": [
                            "name": "cpu",
                            "target": [
                                "type": "Utilization",
                                "averageUtilization": .noted(
                                    "Of the cpu that pods ask for. Computing is all that the program does, so it says how busy "
                                        + "they are; the other 30 % carry what comes until another pod is ready.",
                                    70),
                            ],
                        ],
                    ]
                ],
            ],
        ]
    }
}
