import PackFormats
import PackIO

/// Images in an OCI image layout.
extension ImageSelector {
    private struct Candidate {
        var descriptor: ImageDescriptor
        var platform: ImagePlatform
    }

    /// What was found in indexes.
    private struct Search {
        var candidates: [Candidate] = []
        /// Digests of what was looked at, so that each is looked at once.
        var seen: Set<String> = []
        var problems: [TreeProblem] = []
    }

    func selectLayout() throws(TreeError) -> ImageSelection {
        try checkVersion()
        var search = Search()
        let index = try document(try store.document("index.json"), "index.json")
        guard case .index(let descriptors) = index else {
            throw .image(
                path: store.path, place: "index.json", what: "has no index", found: "a manifest",
                expected: "an image index")
        }
        try collect(descriptors, 1, &search)
        let candidates = try available(search.candidates)
        let (chosen, problems) = try choose(candidates.map { ($0.platform, $0.descriptor.digest) })
        var selection = try read(candidates[chosen].descriptor)
        selection.problems += search.problems + problems
        return selection
    }

    /// Of images for several platforms, where none is asked for, those that are there: an index that was copied for one
    /// platform still names the others.
    private func available(_ candidates: [Candidate]) throws(TreeError) -> [Candidate] {
        guard architecture == nil, candidates.count > 1 else { return candidates }
        var found: [Candidate] = []
        for candidate in candidates {
            if try store.file("blobs/sha256/\(candidate.descriptor.digest)") != nil { found.append(candidate) }
        }
        return found.isEmpty ? candidates : found
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

    private func collect(_ descriptors: [ImageDescriptor], _ depth: Int, _ search: inout Search) throws(TreeError) {
        for descriptor in descriptors {
            // Attestations that stand beside an image have no platform that exists.
            guard descriptor.platform?.os != "unknown", search.seen.insert(descriptor.digest).inserted else { continue }
            guard search.seen.count <= ImageDocument.limit else {
                throw .image(
                    path: store.path, place: "index.json", what: "has too many images", found: "more",
                    expected: "at most \(ImageDocument.limit)")
            }
            switch descriptor.mediaType {
            case "application/vnd.oci.image.index.v1+json", "application/vnd.docker.distribution.manifest.list.v2+json":
                try descend(descriptor, depth, &search)
            case "application/vnd.oci.image.manifest.v1+json", "application/vnd.docker.distribution.manifest.v2+json":
                guard let platform = try platform(of: descriptor) else { continue }
                search.candidates.append(Candidate(descriptor: descriptor, platform: platform))
            default:
                // The specification wants that these are passed over (`image-index.md`, "manifests").
                let text = "is passed over, as it is of the unknown type \(descriptor.mediaType)"
                search.problems.append(TreeProblem(path: "sha256:\(descriptor.digest)", text: text))
            }
        }
    }

    private func descend(_ descriptor: ImageDescriptor, _ depth: Int, _ search: inout Search) throws(TreeError) {
        guard depth < 4 else {
            throw .image(
                path: store.path, place: "blob sha256:\(descriptor.digest)", what: "nests indexes too deeply",
                found: "one more", expected: "at most 4 inside one another")
        }
        let bytes = try bytes(descriptor, "index")
        guard case .index(let inner) = try document(bytes, descriptor.digest) else { throw disagrees(descriptor) }
        try collect(inner, depth + 1, &search)
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
        // A layer that stands there again is checked once.
        var checked: [ImageDescriptor: ImageBlob] = [:]
        for layer in descriptors {
            let place = "layer sha256:\(layer.digest)"
            guard let stated = LayerCompression(mediaType: layer.mediaType) else {
                throw .image(
                    path: store.path, place: place, what: "has a layer of an unknown media type",
                    found: layer.mediaType, expected: "a tar, perhaps with gzip or zstd")
            }
            let blob: ImageBlob
            if let known = checked[layer] { blob = known } else { blob = try store.blob(layer, "layer") }
            checked[layer] = blob
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
