import PackIO

/// Writes container images: a layout of the OCI image specification 1.1 in one tar, which skopeo (`oci-archive:`), podman and
/// docker load. The runtime is a layer of its own, so that a new runtime does not move the model. The same files give the same
/// bytes.
public struct ImageWriter {
    /// What an image is for and how it is called.
    public struct Settings: Sendable {
        /// Its name in a registry or at an engine: lower-case letters, digits and `-._`.
        public var name: String
        /// `x86_64` or `arm64`.
        public var arch: String
        /// The port that it listens on; nil where the platform calls it otherwise.
        public var port: Int?
        /// Labels beside the standard ones.
        public var labels: [String: String]

        /// Collects what an image is for. Of the name, what registries do not take becomes `-`.
        public init(name: String, arch: String, port: Int?, labels: [String: String]) {
            let kept = name.lowercased().unicodeScalars.map { scalar in
                "abcdefghijklmnopqrstuvwxyz0123456789".unicodeScalars.contains(scalar) ? Character(scalar) : "-"
            }
            let words = String(kept).split(separator: "-").joined(separator: "-")
            self.name = words.isEmpty ? "model" : words
            self.arch = arch
            self.port = port
            self.labels = labels
        }
    }

    /// 1980-01-01, the time of all files in it.
    private static let created = "1980-01-01T00:00:00Z"
    /// Who runs in it: a number that no system gives to a person.
    private static let user = "65532:65532"

    /// Writes an image in place of whatever is at `path`.
    ///
    /// - Parameters:
    ///   - runtime: The program `bootstrap`.
    ///   - model: The other files.
    ///   - folder: For what is written on the way; as large as the image and the layers uncompressed.
    public static func write(
        runtime: [BundleEntry], model: [BundleEntry], _ settings: Settings, to path: String, scratch folder: String
    ) throws(BundleError) {
        let layers = [
            try ImageLayer("runtime", runtime, in: folder), try ImageLayer("model", model, in: folder),
        ]
        var blobs: [BundleEntry] = []
        func add(_ bytes: [UInt8], _ type: String) -> ImageDescriptor {
            let digest = SHA256Digest(of: bytes).description
            blobs.append(BundleEntry(place(digest), bytes: bytes))
            return ImageDescriptor(mediaType: type, digest: digest, size: bytes.count)
        }
        let layered = layers.map { layer in
            let file = layer.file
            let descriptor = ImageDescriptor(
                mediaType: "application/vnd.oci.image.layer.v1.tar+gzip", digest: layer.digest.description,
                size: file.size)
            blobs.append(BundleEntry(place(descriptor.digest), lent: { body in file.withBytes { body($0) } }))
            return descriptor
        }
        let configuration = add(
            try configuration(layers, settings).json(), "application/vnd.oci.image.config.v1+json")
        let manifest = ImageManifest(
            config: configuration, layers: layered, annotations: ["org.opencontainers.image.title": settings.name])
        var descriptor = add(try manifest.json(), ImageManifest.type)
        descriptor.platform = .init(architecture: architecture(settings))
        descriptor.annotations = [
            "io.containerd.image.name": "docker.io/library/\(settings.name):latest",
            "org.opencontainers.image.ref.name": "latest",
        ]
        let docker = DockerImage(
            config: place(configuration.digest), names: ["\(settings.name):latest"],
            layers: layered.map { place($0.digest) })
        blobs += [
            BundleEntry("index.json", bytes: try ImageIndex(manifests: [descriptor]).json()),
            BundleEntry("manifest.json", bytes: try [docker].json()),
            BundleEntry("oci-layout", bytes: try ["imageLayoutVersion": "1.0.0"].json()),
        ]
        try ArchiveWriter.write(blobs, as: .tar, to: path)
    }

    private static func configuration(_ layers: [ImageLayer], _ settings: Settings) -> ImageConfiguration {
        let port = settings.port.map(String.init)
        return ImageConfiguration(
            architecture: architecture(settings), created: created,
            config: .init(
                entrypoint: ["/bootstrap"], environment: port.map { ["PORT=\($0)"] } ?? [],
                ports: port.map { ["\($0)/tcp": [:]] } ?? [:], user: user, folder: "/",
                labels: settings.labels.merging(["org.opencontainers.image.title": settings.name]) { $1 }),
            rootfs: .init(differences: layers.map(\.difference.description)),
            history: layers.map { .init(created: created, maker: "pack slim: \($0.title)") })
    }

    private static func architecture(_ settings: Settings) -> String {
        settings.arch == "x86_64" ? "amd64" : settings.arch
    }

    /// - Parameter digest: `sha256:` and the digits.
    private static func place(_ digest: String) -> String {
        "blobs/sha256/" + digest.dropFirst("sha256:".count)
    }
}
