import PackIO

/// What a bundle has for one architecture: the program, and the documents that have its digest.
public struct BundleFiles: Sendable {
    /// What the files of a bundle are called.
    static let names: Set<String> = ["bootstrap", "manifest.json", MLBOM.fileName, "model.pack"]

    /// `x86_64` or `arm64`.
    public let arch: String
    /// The linked runtime.
    public let program: [UInt8]
    /// `manifest.json`.
    public let manifest: [UInt8]
    /// `bom.cdx.json`.
    public let bom: [UInt8]

    /// Writes the documents.
    ///
    /// - Parameters:
    ///   - program: The linked runtime.
    ///   - manifest: What is to be said of the bundle; its files are the program and the plan, the bill of materials is added.
    ///   - card: What is said of the model besides.
    /// - Throws: What encoding throws.
    public init(program: [UInt8], manifest: Manifest, card: MLBOM.Card) throws {
        (arch, self.program) = (manifest.runtime.arch, program)
        bom = try MLBOM(manifest, card).encoded()
        var manifest = manifest
        manifest.files.append(
            .init(name: MLBOM.fileName, bytes: bom.count, sha256: SHA256Digest(of: bom).hex))
        self.manifest = try manifest.encoded()
    }

    /// Bytes of all, without the plan.
    public var byteCount: Int { program.count + manifest.count + bom.count }

    /// What says where an image has its bill of materials, and which it is.
    var annotations: [String: String] {
        [
            "pack.bom": "/" + MLBOM.fileName, "pack.bom.digest": SHA256Digest(of: bom).description,
            "pack.bom.type": MLBOM.mediaType,
        ]
    }

    /// The documents as files.
    var documents: [BundleEntry] {
        [BundleEntry("manifest.json", bytes: manifest), BundleEntry(MLBOM.fileName, bytes: bom)]
    }

    /// All as files.
    var runtime: [BundleEntry] { [BundleEntry("bootstrap", isExecutable: true, bytes: program)] + documents }
}
