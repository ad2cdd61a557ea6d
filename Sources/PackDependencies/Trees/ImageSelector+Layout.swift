import PackFormats
import PackIO

/// Images in an OCI image layout.
extension ImageSelector {
    private struct Candidate {
        var descriptor: ImageDescriptor
        var platform: ImagePlatform
    }

    func selectLayout() throws(TreeError) -> ImageSelection {
        try checkVersion()
        var candidates: [Candidate] = []
        let index = try document(try store.document("index.json"), "index.json")
        guard case .index(let descriptors) = index else {
            throw .image(
                path: store.path, place: "index.json", what: "has no index", found: "a manifest",
                expected: "an image index")
        }
        try collect(descriptors, 1, &candidates)
        let (chosen, problems) = try choose(candidates.map { ($0.platform, $0.descriptor.digest) })
        var selection = try read(candidates[chosen].descriptor)
        selection.problems += problems
        return selection
    }

    /// The layout's version (`image-layout.md`).
    private func checkVersion() throws(TreeError) {
        let bytes = try store.document("oci-layout")
        let version: String? = (try? JSONDocument(bytes))?.root["imageLayoutVersion"]?.string
        guard version?.utf8.starts(with: "1.".utf8) == true else {
            throw .image(
                path: store.path, place: "oci-layout", what: "has an image layout of an unknown version",
                found: version ?? "none", expected: "1.0.0")
        }
    }

    private func document(_ bytes: [UInt8], _ name: String) throws(TreeError) -> ImageDocument {
        try TreeError.parsing { () throws(FormatFailure) in
            try ImageDocument(bytes, file: "\(store.path)/\(name)")
        }
    }

    private func collect(
        _ descriptors: [ImageDescriptor], _ depth: Int, _ candidates: inout [Candidate]
    ) throws(TreeError) {
        for descriptor in descriptors where !candidates.contains(where: { $0.descriptor.digest == descriptor.digest }) {
            // Attestations that stand beside an image have no platform that exists.
            if descriptor.platform?.os == "unknown" { continue }
            guard candidates.count < ImageDocument.limit else {
                throw .image(
                    path: store.path, place: "index.json", what: "has too many images", found: "more",
                    expected: "at most \(ImageDocument.limit)")
            }
            switch descriptor.mediaType {
            case "application/vnd.oci.image.index.v1+json", "application/vnd.docker.distribution.manifest.list.v2+json":
                try descend(descriptor, depth, &candidates)
            case "application/vnd.oci.image.manifest.v1+json", "application/vnd.docker.distribution.manifest.v2+json":
                guard let platform = try platform(of: descriptor) else { continue }
                candidates.append(Candidate(descriptor: descriptor, platform: platform))
            default:
                throw .image(
                    path: store.path, place: "blob sha256:\(descriptor.digest)",
                    what: "names something of an unknown media type", found: descriptor.mediaType,
                    expected: "an image manifest or an index")
            }
        }
    }

    private func descend(
        _ descriptor: ImageDescriptor, _ depth: Int, _ candidates: inout [Candidate]
    ) throws(TreeError) {
        guard depth < 4 else {
            throw .image(
                path: store.path, place: "blob sha256:\(descriptor.digest)", what: "nests indexes too deeply",
                found: "one more", expected: "at most 4 inside one another")
        }
        let bytes = try bytes(descriptor, "index")
        guard case .index(let inner) = try document(bytes, descriptor.digest) else { throw disagrees(descriptor) }
        try collect(inner, depth + 1, &candidates)
    }

    /// The platform that a descriptor states, or that of its image's configuration; nil for what is no image.
    private func platform(of descriptor: ImageDescriptor) throws(TreeError) -> ImagePlatform? {
        if let platform = descriptor.platform { return platform }
        let bytes = try bytes(descriptor, "manifest")
        guard case .manifest(let config, _) = try document(bytes, descriptor.digest) else {
            throw disagrees(descriptor)
        }
        guard Self.isConfig(config) else { return nil }
        return try self.config(config).platform
    }

    private func read(_ descriptor: ImageDescriptor) throws(TreeError) -> ImageSelection {
        let bytes = try bytes(descriptor, "manifest")
        guard case .manifest(let configuration, let descriptors) = try document(bytes, descriptor.digest) else {
            throw disagrees(descriptor)
        }
        guard Self.isConfig(configuration) else {
            throw .image(
                path: store.path, place: "manifest sha256:\(descriptor.digest)", what: "is no image",
                found: "a configuration of type \(configuration.mediaType)", expected: "an image's configuration")
        }
        let config = try config(configuration)
        var layers: [ImageSelection.Layer] = []
        for layer in descriptors {
            let place = "layer sha256:\(layer.digest)"
            guard let stated = LayerCompression(mediaType: layer.mediaType) else {
                throw .image(
                    path: store.path, place: place, what: "has a layer of an unknown media type",
                    found: layer.mediaType, expected: "a tar, perhaps with gzip or zstd")
            }
            let blob = try store.blob(layer, "layer")
            layers.append(.init(name: "sha256:\(layer.digest)", blob: blob, compression: stated))
        }
        try checkCount(layers.count, config)
        return ImageSelection(config: config, layers: layers)
    }

    private static func isConfig(_ descriptor: ImageDescriptor) -> Bool {
        ["application/vnd.oci.image.config.v1+json", "application/vnd.docker.container.image.v1+json"]
            .contains(descriptor.mediaType)
    }

    private func config(_ descriptor: ImageDescriptor) throws(TreeError) -> ImageConfig {
        let bytes = try bytes(descriptor, "configuration")
        return try TreeError.parsing { () throws(FormatFailure) in
            try ImageConfig(bytes, file: "\(store.path)/\(descriptor.digest)")
        }
    }

    /// The bytes of a document that a descriptor names.
    private func bytes(_ descriptor: ImageDescriptor, _ role: String) throws(TreeError) -> [UInt8] {
        guard descriptor.bytes <= ImageStore.documentLimit else {
            throw .image(
                path: store.path, place: "\(role) sha256:\(descriptor.digest)", what: "has too large a document",
                found: "\(descriptor.bytes) bytes", expected: "at most \(ImageStore.documentLimit)")
        }
        return try store.blob(descriptor, role).withBytes { Array($0) }
    }

    private func disagrees(_ descriptor: ImageDescriptor) -> TreeError {
        .image(
            path: store.path, place: "blob sha256:\(descriptor.digest)",
            what: "has a blob that is not of its media type",
            found: "another document", expected: descriptor.mediaType)
    }
}
