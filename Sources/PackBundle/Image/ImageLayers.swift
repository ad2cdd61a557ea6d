import FoundationEssentials

/// Finds the layers of the image for an architecture in the tar of a layout (OCI image specification 1.1, `image-index.md` and
/// `manifest.md`), or in one that only `docker save` knows.
struct ImageLayers {
    /// An index, a manifest, or the entry of one.
    private struct Node: Decodable {
        struct Platform: Decodable { let architecture: String }
        let digest: String?
        let platform: Platform?
        let manifests: [Node]?
        let layers: [Node]?
    }

    /// What docker lists.
    private struct Saved: Decodable {
        let layers: [String]

        enum CodingKeys: String, CodingKey { case layers = "Layers" }
    }

    /// Documents are small; what is larger is a layer.
    private static let documentLimit = 1 << 20
    private static let documentCount = 100
    private static let depthLimit = 4

    private let documents: [String: [UInt8]]
    /// As images name it.
    private let architecture: String?

    /// The names of the layers' entries; nil for a tar or a zip that is no image.
    ///
    /// - Parameter arch: `x86_64` or `arm64`; the first of the image's if it is not given or not there.
    static func names(in path: String, arch: String?) throws(BundleError) -> Set<String>? {
        var documents: [String: [UInt8]] = [:]
        let reader = try ArchiveReader(path: path)
        while let entry = try reader.next() {
            // Files of a bundle that is no image come first or alone.
            if entry.name == "bootstrap" || entry.name == "model.pack" { return nil }
            if (0..<documentLimit).contains(entry.size), documents.count < documentCount {
                documents[entry.name] = try reader.bytes(entry)
            }
        }
        let layers = ImageLayers(documents: documents, architecture: arch.map { $0 == "x86_64" ? "amd64" : $0 })
        if let index = layers.node("index.json") {
            return Set((layers.layers(of: index, depth: 0) ?? []).compactMap(\.digest).map(place))
        }
        let saved = documents["manifest.json"].flatMap { try? JSONDecoder().decode([Saved].self, from: Data($0)) }
        return (saved?.first).map { Set($0.layers) }
    }

    private static func place(_ digest: String) -> String { "blobs/" + digest.replacing(":", with: "/") }

    private func node(_ name: String) -> Node? {
        documents[name].flatMap { try? JSONDecoder().decode(Node.self, from: Data($0)) }
    }

    private func layers(of node: Node, depth: Int) -> [Node]? {
        if let layers = node.layers { return layers }
        guard depth < Self.depthLimit, let manifests = node.manifests else { return nil }
        let wanted = manifests.filter { $0.platform?.architecture == architecture }
        for entry in wanted + manifests {
            if let digest = entry.digest, let inner = self.node(Self.place(digest)),
                let layers = layers(of: inner, depth: depth + 1)
            {
                return layers
            }
        }
        return nil
    }
}
