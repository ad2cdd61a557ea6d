/// Containers as platforms that speak HTTP start them.
extension ContainerSettings {
    /// A container of an image on Cloud Run: its variables (container contract of Cloud Run), a TCP probe, files in memory.
    ///
    /// - Parameters:
    ///   - name: The service's name.
    ///   - size: Memory and processors.
    public static func cloudRun(_ image: ContainerImage, name: String, size: InstanceSize) -> ContainerSettings {
        var settings = ContainerSettings(image, size: size)
        let variables = [
            "PORT": "8080", "K_SERVICE": name, "K_REVISION": "\(name)-00001-emu", "K_CONFIGURATION": name,
        ]
        settings.environment.merge(variables) { $1 }
        settings.scratch = size.memory
        return settings
    }

    /// A container of an image in a pod: the variables of a cluster's own service, a read-only root without `/tmp`.
    public static func kubernetes(_ image: ContainerImage, name: String, size: InstanceSize) -> ContainerSettings {
        var settings = ContainerSettings(image, size: size)
        let variables = [
            "HOSTNAME": name, "KUBERNETES_SERVICE_HOST": "10.96.0.1", "KUBERNETES_SERVICE_PORT": "443",
        ]
        settings.environment.merge(variables) { $1 }
        return settings
    }

    private init(_ image: ContainerImage, size: InstanceSize) {
        self.init(arguments: image.arguments)
        environment = image.environment
        root = image.root
        folder = image.folder
        user = image.user
        memory = size.memory
        processors = size.processors
        visibleProcessors = size.visibleProcessors
    }
}
