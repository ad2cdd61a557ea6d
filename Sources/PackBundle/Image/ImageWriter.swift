import PackIO

/// Writes container images: a layout of the OCI image specification 1.1 in one tar, which skopeo (`oci-archive:`), podman and
/// docker load. The runtime is a layer of its own, so that a new runtime does not move the model. The same files give the same
/// bytes.
///
/// An image for several architectures is one index of as many manifests; they share the layer of the model, whose plan is the same for
/// all. `manifest.json`, for versions of docker that know no layouts, can name one image only: that of the first architecture.
public struct ImageWriter {
    /// What an image is for and how it is called.
    public struct Settings: Sendable {
        /// Its name in a registry or at an engine: lower-case letters, digits and `-._`.
        public var name: String
        /// The port that it listens on; nil where the platform calls it otherwise.
        public var port: Int?
        /// Labels beside the standard ones.
        public var labels: [String: String]
        /// How its layers are compressed.
        public var compression: LayerCompression

        /// Collects what an image is for. Of the name, what registries do not take becomes `-`.
        public init(name: String, port: Int?, labels: [String: String], compression: LayerCompression = .gzip) {
            let kept = name.lowercased().unicodeScalars.map { scalar in
                "abcdefghijklmnopqrstuvwxyz0123456789".unicodeScalars.contains(scalar) ? Character(scalar) : "-"
            }
            let words = String(kept).split(separator: "-").joined(separator: "-")
            self.name = words.isEmpty ? "model" : words
            self.port = port
            self.labels = labels
            self.compression = compression
        }
    }

    /// 1980-01-01, the time of all files in it.
    private static let created = "1980-01-01T00:00:00Z"
    /// Who runs in it: a number that no system gives to a person.
    private static let user = "65532:65532"

    private let settings: Settings
    private var blobs: [BundleEntry] = []

    /// What of an image changes with the architecture.
    struct Part {
        /// `x86_64` or `arm64`.
        let arch: String
        let runtime: [BundleEntry]
        /// Of the manifest, and labels of the configuration.
        let annotations: [String: String]
    }

    /// Writes an image in place of whatever is at `path`.
    ///
    /// - Parameters:
    ///   - parts: One for each architecture, at least one.
    ///   - model: What all have in common.
    ///   - folder: For what is written on the way; as large as the image and the layers uncompressed.
    static func write(
        _ parts: [Part], model: [BundleEntry], _ settings: Settings, to path: String, scratch folder: String
    ) throws(BundleError) {
        var writer = ImageWriter(settings)
        let shared = try ImageLayer("model", model, settings.compression, in: folder)
        writer.blobs.append(shared.blob)
        var images: [Image] = []
        for part in parts {
            let runtime = try ImageLayer(
                "runtime", part.runtime, settings.compression, in: folder, as: "runtime-\(part.arch)")
            writer.blobs.append(runtime.blob)
            images.append(try writer.image(part, [runtime, shared]))
        }
        try writer.finish(images, to: path)
    }

    private init(_ settings: Settings) { self.settings = settings }

    /// An image for one architecture.
    private struct Image {
        let manifest: ImageDescriptor
        let docker: DockerImage
    }

    private mutating func add(_ bytes: [UInt8], _ type: String) -> ImageDescriptor {
        let digest = SHA256Digest(of: bytes).description
        blobs.append(BundleEntry(ImageDescriptor.place(digest), bytes: bytes))
        return ImageDescriptor(mediaType: type, digest: digest, size: bytes.count)
    }

    private mutating func image(_ part: Part, _ layers: [ImageLayer]) throws(BundleError) -> Image {
        let configuration = add(
            try configuration(part, layers).json(), "application/vnd.oci.image.config.v1+json")
        let manifest = ImageManifest(
            config: configuration, layers: layers.map(\.descriptor), annotations: annotations(part))
        var descriptor = add(try manifest.json(), ImageManifest.type)
        descriptor.platform = .init(architecture: Self.architecture(part.arch))
        let docker = DockerImage(
            config: ImageDescriptor.place(configuration.digest), names: ["\(settings.name):latest"],
            layers: layers.map { ImageDescriptor.place($0.digest.description) })
        return Image(manifest: descriptor, docker: docker)
    }

    private mutating func finish(_ images: [Image], to path: String) throws(BundleError) {
        var root = images[0].manifest
        if images.count > 1 { root = add(try ImageIndex(manifests: images.map(\.manifest)).json(), ImageIndex.type) }
        root.annotations = [
            "io.containerd.image.name": "docker.io/library/\(settings.name):latest",
            "org.opencontainers.image.ref.name": "latest",
        ]
        blobs += [
            BundleEntry("index.json", bytes: try ImageIndex(manifests: [root]).json()),
            BundleEntry("manifest.json", bytes: try [images[0].docker].json()),
            BundleEntry("oci-layout", bytes: try ["imageLayoutVersion": "1.0.0"].json()),
        ]
        try ArchiveWriter.write(blobs, as: .tar, to: path)
    }

    private func annotations(_ part: Part) -> [String: String] {
        part.annotations.merging(["org.opencontainers.image.title": settings.name]) { $1 }
    }

    private func configuration(_ part: Part, _ layers: [ImageLayer]) -> ImageConfiguration {
        let port = settings.port.map(String.init)
        return ImageConfiguration(
            architecture: Self.architecture(part.arch), created: Self.created,
            config: .init(
                entrypoint: ["/bootstrap"], environment: port.map { ["PORT=\($0)"] } ?? [],
                ports: port.map { ["\($0)/tcp": [:]] } ?? [:], user: Self.user, folder: "/",
                labels: settings.labels.merging(annotations(part)) { $1 }),
            rootfs: .init(differences: layers.map(\.difference.description)),
            history: layers.map { .init(created: Self.created, maker: "pack slim: \($0.title)") })
    }

    private static func architecture(_ arch: String) -> String { arch == "x86_64" ? "amd64" : arch }
}
