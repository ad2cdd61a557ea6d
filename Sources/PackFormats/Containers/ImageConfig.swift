import PackIO

/// How an image is run, and what it was made of: the configuration of the OCI image specification 1.1 (`config.md`), which
/// is Docker's too.
public struct ImageConfig: Hashable, Sendable {
    /// What it runs on.
    public var platform: ImagePlatform
    /// The command's fixed part.
    public var entrypoint: [String]
    /// The command's default arguments, or the command if there is no entry point.
    public var command: [String]
    /// Variables, as `NAME=VALUE`.
    public var environment: [String]
    /// The folder in which the command is started; nil for the root.
    public var workingFolder: String?
    /// The user by name or number, and perhaps a group after a colon; nil for root.
    public var user: String?
    /// SHA-256 digests of the unpacked layers, lowest first, as 64 hexadecimal digits.
    public var layerDigests: [String]
    /// The step that made each layer, lowest first, as far as the history tells; steps without a layer are left out.
    public var layerHistory: [String]

    /// Reads a configuration.
    /// - Parameter file: Its name for messages.
    public init(_ bytes: [UInt8], file: String) throws(FormatFailure) {
        let fields = try ContainerFields(ContainerFields.document(bytes, of: file), at: "$", of: file)
        platform = try ImagePlatform(fields)
        let config = try fields.object("config")
        entrypoint = try config?.strings("Entrypoint") ?? []
        command = try config?.strings("Cmd") ?? []
        environment = try config?.strings("Env") ?? []
        workingFolder = try config?.optionalString("WorkingDir").flatMap { $0.isEmpty ? nil : $0 }
        user = try config?.optionalString("User").flatMap { $0.isEmpty ? nil : $0 }
        guard let root = try fields.object("rootfs") else { throw fields.failure("rootfs", expected: "an object") }
        layerDigests = []
        for text in try root.strings("diff_ids") {
            guard text.utf8.starts(with: "sha256:".utf8), ImageDescriptor.isDigest(text.dropFirst(7)) else {
                throw root.failure("diff_ids", root["diff_ids"], expected: "sha256: and 64 hexadecimal digits each")
            }
            layerDigests.append(String(text.dropFirst(7)))
        }
        layerHistory = []
        for step in try fields.objects("history") ?? [] where step["empty_layer"]?.bool != true {
            layerHistory.append(try step.optionalString("created_by") ?? "")
        }
    }
}

/// The images of a docker-archive tar, from its `manifest.json`: a list of objects with `Config`, `RepoTags` and `Layers`,
/// the last being names of tars in the archive, lowest first (moby's image specification 1.2).
public struct DockerManifest: Hashable, Sendable {
    /// The name of the configuration in the archive.
    public var config: String
    /// The names of the layers.
    public var layers: [String]
    /// Names and tags.
    public var tags: [String]

    /// Reads a `manifest.json`.
    /// - Parameter file: Its name for messages.
    public static func list(_ bytes: [UInt8], file: String) throws(FormatFailure) -> [DockerManifest] {
        let root = try ContainerFields.document(bytes, of: file)
        guard root.kind == .array, root.elements.count <= ImageDocument.limit else {
            throw .form(root, at: "$", of: file, expected: "a list of at most \(ImageDocument.limit) images")
        }
        var result: [DockerManifest] = []
        for (index, element) in root.elements.enumerated() {
            let fields = try ContainerFields(element, at: "$[\(index)]", of: file)
            result.append(
                DockerManifest(
                    config: try fields.string("Config"), layers: try fields.strings("Layers"),
                    tags: try fields.strings("RepoTags")))
        }
        return result
    }
}
