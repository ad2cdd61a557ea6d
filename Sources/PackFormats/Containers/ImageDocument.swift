import PackIO

/// What a blob of an image is, and how it is found: a content descriptor of the OCI image specification 1.1
/// (`descriptor.md`).
public struct ImageDescriptor: Hashable, Sendable {
    /// The kind of the blob.
    public var mediaType: String
    /// The 64 hexadecimal digits of its SHA-256 digest.
    public var digest: String
    /// Its bytes, as stated.
    public var bytes: Int
    /// Operating system and architecture of the image, if it is said.
    public var platform: ImagePlatform?
    /// The name or tag by which an index names it.
    public var name: String?

    init(_ fields: ContainerFields) throws(FormatFailure) {
        mediaType = try fields.string("mediaType")
        let text = try fields.string("digest")
        guard text.utf8.starts(with: "sha256:".utf8), Self.isDigest(text.dropFirst(7)) else {
            throw fields.failure("digest", fields["digest"], expected: "sha256: and 64 lower-case hexadecimal digits")
        }
        digest = String(text.dropFirst(7))
        guard let size = fields["size"]?.int, size >= 0 else {
            throw fields.failure("size", fields["size"], expected: "a number of bytes")
        }
        bytes = size
        if let platform = try fields.object("platform") { self.platform = try ImagePlatform(platform) }
        name = try fields.object("annotations")?.optionalString("org.opencontainers.image.ref.name")
    }

    static func isDigest(_ text: Substring) -> Bool {
        text.utf8.count == 64 && text.utf8.allSatisfy { (0x30...0x39).contains($0) || (0x61...0x66).contains($0) }
    }
}

/// What an image runs on, in the words of the specification: `linux`, and `amd64` or `arm64`.
public struct ImagePlatform: Hashable, Sendable, CustomStringConvertible {
    /// The operating system.
    public var os: String
    /// The processor.
    public var architecture: String

    /// Describes a platform.
    public init(os: String, architecture: String) {
        self.os = os
        self.architecture = architecture
    }

    init(_ fields: ContainerFields) throws(FormatFailure) {
        os = try fields.string("os")
        architecture = try fields.string("architecture")
    }

    /// Both with a slash between them.
    public var description: String { "\(os)/\(architecture)" }
}

/// An index of images, or the manifest of one (`image-index.md` and `manifest.md`), and Docker's documents of the same form.
public enum ImageDocument: Hashable, Sendable {
    /// Images for several platforms, or several images.
    case index([ImageDescriptor])
    /// An image: its configuration, and its layers, lowest first.
    case manifest(config: ImageDescriptor, layers: [ImageDescriptor])

    /// The most images or layers that a document may name.
    public static let limit = 1000

    /// Reads a document.
    /// - Parameter file: Its name for messages.
    public init(_ bytes: [UInt8], file: String) throws(FormatFailure) {
        let fields = try ContainerFields(ContainerFields.document(bytes, of: file), at: "$", of: file)
        if let manifests = try fields.objects("manifests") {
            self = .index(try Self.descriptors(manifests, fields, "manifests"))
        } else if let config = try fields.object("config"), let layers = try fields.objects("layers") {
            self = .manifest(
                config: try ImageDescriptor(config), layers: try Self.descriptors(layers, fields, "layers"))
        } else {
            throw fields.failure("manifests", expected: "a list of manifests, or config and layers")
        }
    }

    private static func descriptors(
        _ list: [ContainerFields], _ fields: ContainerFields, _ key: String
    ) throws(FormatFailure) -> [ImageDescriptor] {
        guard list.count <= limit else { throw fields.failure(key, fields[key], expected: "at most \(limit)") }
        var result: [ImageDescriptor] = []
        for element in list { result.append(try ImageDescriptor(element)) }
        return result
    }
}
