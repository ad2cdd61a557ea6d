import PackFormats
import PackIO

/// Images in a docker-archive.
extension ImageSelector {
    func selectArchive() throws(TreeError) -> ImageSelection {
        let bytes = try store.document("manifest.json")
        let images = try TreeError.parsing { () throws(FormatFailure) in
            try DockerManifest.list(bytes, file: "\(store.path)/manifest.json")
        }
        var configs: [ImageConfig] = []
        for image in images {
            let bytes = try store.document(image.config)
            let name = image.config.split(separator: "/").last?.split(separator: ".").first ?? ""
            if name.utf8.count == 64, let blob = try store.file(image.config) {
                try store.check(blob, String(name), image.config)
            }
            configs.append(
                try TreeError.parsing { () throws(FormatFailure) in
                    try ImageConfig(bytes, file: "\(store.path)/\(image.config)")
                })
        }
        let (chosen, problems) = try choose(zip(configs, images).map { ($0.platform, $1.config) })
        let config = configs[chosen]
        try checkCount(images[chosen].layers.count, config)
        var selection = ImageSelection(config: config, layers: [], problems: problems)
        for (name, digest) in zip(images[chosen].layers, config.layerDigests) {
            guard let blob = try store.file(name) else { throw store.missing("layer \(name)") }
            // The digest is that of the unpacked tar.
            if blob.withBytes({ LayerCompression(of: $0) }) == .none { try store.check(blob, digest, "layer \(name)") }
            selection.layers.append(.init(name: "sha256:\(digest)", blob: blob, compression: nil))
        }
        return selection
    }
}
