import CArchive
import Glibc
import PackIO
import Testing

/// An OCI image layout put together in a folder, so that each part of it can be wrong.
struct ImageBuilder {
    var layers: [[UInt8]]
    var mediaType = "application/vnd.oci.image.layer.v1.tar"
    var architecture = "amd64"
    /// What the index says besides; descriptors as JSON.
    var others: [String] = []
    var statesPlatform = true
    /// How many digests of layers the configuration has, if that is not their number.
    var digestCount: Int?

    init(_ layers: [[UInt8]]) { self.layers = layers }

    static func digest(_ bytes: [UInt8]) -> String { SHA256Digest(of: bytes).hex }

    static func blob(_ bytes: [UInt8], _ root: String) throws -> String {
        mkdir(root + "/blobs", 0o755)
        mkdir(root + "/blobs/sha256", 0o755)
        try AtomicFile.write(bytes, to: "\(root)/blobs/sha256/\(digest(bytes))")
        return digest(bytes)
    }

    static func descriptor(_ type: String, _ bytes: [UInt8], _ more: String = "") -> String {
        "{\"mediaType\": \"\(type)\", \"digest\": \"sha256:\(digest(bytes))\", \"size\": \(bytes.count)\(more)}"
    }

    var config: [UInt8] {
        let digests = layers.prefix(digestCount ?? layers.count).map { "\"sha256:\(Self.digest($0))\"" }
        return Array(
            """
            {"architecture": "\(architecture)", "os": "linux", "config": {"Entrypoint": ["/bin/app"], "Cmd": null,
            "Env": ["PATH=/bin", "A=b"], "WorkingDir": "/srv", "User": "1000"},
            "rootfs": {"type": "layers", "diff_ids": [\(digests.joined(separator: ", "))]},
            "history": [{"created_by": "COPY a"}, {"created_by": "ENV", "empty_layer": true}]}
            """.utf8)
    }

    var manifest: [UInt8] {
        let list = layers.map { Self.descriptor(mediaType, $0) }.joined(separator: ", ")
        let config = Self.descriptor("application/vnd.oci.image.config.v1+json", config)
        return Array("{\"schemaVersion\": 2, \"config\": \(config), \"layers\": [\(list)]}".utf8)
    }

    /// The descriptor of the manifest.
    var descriptor: String {
        let platform = ", \"platform\": {\"os\": \"linux\", \"architecture\": \"\(architecture)\"}"
        return Self.descriptor(
            "application/vnd.oci.image.manifest.v1+json", manifest, statesPlatform ? platform : "")
    }

    func writeBlobs(_ root: String) throws {
        for layer in layers { _ = try Self.blob(layer, root) }
        _ = try Self.blob(config, root)
        _ = try Self.blob(manifest, root)
    }

    /// Writes the layout, and returns its path.
    @discardableResult func write(_ root: String) throws -> String {
        mkdir(root, 0o755)
        try writeBlobs(root)
        try Self.writeIndex([descriptor] + others, root)
        return root
    }

    static func index(_ descriptors: [String]) -> [UInt8] {
        Array("{\"schemaVersion\": 2, \"manifests\": [\(descriptors.joined(separator: ", "))]}".utf8)
    }

    static func writeIndex(_ descriptors: [String], _ root: String) throws {
        try AtomicFile.write(Array("{\"imageLayoutVersion\": \"1.0.0\"}".utf8), to: root + "/oci-layout")
        try AtomicFile.write(index(descriptors), to: root + "/index.json")
    }

    /// The files of a layout as a tar.
    static func tar(_ root: String) throws -> [UInt8] {
        let entries = try FolderWalk.entries(of: root).filter { $0.kind == .regular }
        let items = try entries.map {
            ArchiveItem(name: $0.path, body: try FileContents.bytes(of: "\(root)/\($0.path)"))
        }
        return try archive(items, format: ARCHIVE_FORMAT_TAR_USTAR)
    }

    /// A docker-archive.
    func dockerArchive(_ change: (inout [ArchiveItem]) -> Void = { _ in }) throws -> [UInt8] {
        let name = "\(Self.digest(config)).json"
        let list = layers.map { "\"\(Self.digest($0)).tar\"" }.joined(separator: ", ")
        let text = "[{\"Config\": \"\(name)\", \"RepoTags\": [\"a:latest\"], \"Layers\": [\(list)]}]"
        var items = [ArchiveItem.file("manifest.json", text), ArchiveItem(name: name, body: config)]
        for layer in layers { items.append(ArchiveItem(name: "\(Self.digest(layer)).tar", body: layer)) }
        change(&items)
        return try archive(items, format: ARCHIVE_FORMAT_TAR_USTAR)
    }
}

/// A layer's tar.
func layer(
    _ items: [ArchiveItem], filter: Int32 = ARCHIVE_FILTER_NONE, format: Int32 = ARCHIVE_FORMAT_TAR_PAX_RESTRICTED
)
    throws -> [UInt8]
{
    try archive(items, format: format, filter: filter)
}
