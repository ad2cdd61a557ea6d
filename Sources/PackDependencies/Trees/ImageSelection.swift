import PackFormats
import PackIO

/// An image that was chosen among those of a layout or an archive.
struct ImageSelection {
    /// A layer's tar.
    struct Layer {
        var name: String
        var blob: ImageBlob
        /// The compression that is stated; nil where nothing is.
        var compression: LayerCompression?
    }

    var config: ImageConfig
    var layers: [Layer]
    var problems: [TreeProblem] = []
}

/// How a layer's tar is compressed.
enum LayerCompression: String {
    case none = "an uncompressed tar", gzip, zstd

    /// By the first bytes.
    init(of bytes: UnsafeRawBufferPointer) {
        self = bytes.starts(with: [0x1F, 0x8B]) ? .gzip : bytes.starts(with: [0x28, 0xB5, 0x2F, 0xFD]) ? .zstd : .none
    }

    /// By a media type; nil for a type that is none of a layer's.
    init?(mediaType: String) {
        let types = [
            "application/vnd.oci.image.layer.v1.tar", "application/vnd.oci.image.layer.nondistributable.v1.tar",
        ]
        for type in types {
            switch mediaType {
            case type: self = .none
            case type + "+gzip": self = .gzip
            case type + "+zstd": self = .zstd
            default: continue
            }
            return
        }
        switch mediaType {
        case "application/vnd.docker.image.rootfs.diff.tar": self = .none
        case "application/vnd.docker.image.rootfs.diff.tar.gzip",
            "application/vnd.docker.image.rootfs.foreign.diff.tar.gzip":
            self = .gzip
        case "application/vnd.docker.image.rootfs.diff.tar.zstd": self = .zstd
        default: return nil
        }
    }
}

/// Finds the image for a platform.
struct ImageSelector {
    let store: ImageStore
    /// As the specification names it; nil if any will do.
    let architecture: String?

    /// - Parameter architecture: As profiles name it: `x86_64` or `arm64`.
    init(_ store: ImageStore, architecture: String?) {
        self.store = store
        self.architecture = architecture.map { ["x86_64": "amd64", "aarch64": "arm64"][$0] ?? $0 }
    }

    func select() throws(TreeError) -> ImageSelection {
        if try store.file("oci-layout") != nil { return try selectLayout() }
        guard try store.file("manifest.json") != nil else {
            throw .unknownForm(
                path: store.path, found: "neither oci-layout nor manifest.json in it",
                hint: "skopeo copy and docker save write images")
        }
        return try selectArchive()
    }

    /// A configuration names as many layers as the image has.
    func checkCount(_ count: Int, _ config: ImageConfig) throws(TreeError) {
        guard config.layerDigests.count == count else {
            throw .image(
                path: store.path, place: "rootfs.diff_ids of the configuration", what: "has a wrong number of layers",
                found: "\(config.layerDigests.count)", expected: "\(count), as the manifest has")
        }
    }

    /// The first image of the wanted platform, or the only one.
    func choose(
        _ images: [(platform: ImagePlatform, name: String)]
    ) throws(TreeError) -> (Int, [TreeProblem]) {
        let matching = images.indices.filter {
            images[$0].platform.os == "linux"
                && (architecture == nil || images[$0].platform.architecture == architecture)
        }
        var platforms: [String] = []
        for image in images where !platforms.contains(image.platform.description) {
            platforms.append(image.platform.description)
        }
        guard let first = matching.first, matching.allSatisfy({ images[$0].platform == images[first].platform }) else {
            throw .platform(path: store.path, wanted: architecture.map { "linux/\($0)" }, found: platforms)
        }
        guard matching.count > 1 else { return (first, []) }
        let text = "is the first of \(matching.count) images for \(images[first].platform), and the one that is taken"
        return (first, [TreeProblem(path: images[first].name, text: text)])
    }
}
