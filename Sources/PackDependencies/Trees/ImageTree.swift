import PackFormats
import PackIO

extension FileTree {
    /// The most bytes of contents, unpacked, over all layers of an image.
    public static let imageByteLimit = 64 << 30

    /// The files of an image: an OCI image layout in a folder or in a tar, or a docker-archive tar.
    ///
    /// Blobs are compared with their digests. Layers are tars, as they are or with gzip or zstd; whiteouts are applied, and
    /// of a path the highest layer's file is taken. Absolute names stand below the image's root, as runtimes take them;
    /// names that climb are problems, as are devices and named pipes. Sizes are those of the bytes that are there, without
    /// the holes of sparse files.
    ///
    /// - Parameters:
    ///   - path: The layout or archive.
    ///   - architecture: The image's processor where there are several: `x86_64` or `arm64`.
    /// - Throws: ``TreeError/image(path:place:what:found:expected:)`` for a blob that is missing, or is not what it is said
    ///   to be; ``TreeError/platform(path:wanted:found:)``; ``TreeError/format(_:)`` for a document that cannot be read.
    public static func image(_ path: String, architecture: String? = nil) throws(TreeError) -> FileTree {
        let store = try ImageStore(path)
        let image = try ImageSelector(store, architecture: architecture).select()
        var stack = LayerStack()
        var layers: [TreeLayer] = []
        var problems = image.problems
        var budget = LayerBudget(path: path)
        for (number, layer) in image.layers.enumerated() {
            let changes = try withArchiveNames { () throws(TreeError) -> LayerChanges in
                try read(layer, number, path, &budget)
            }
            guard layer.blob.isWhole else {
                throw .image(
                    path: path, place: "layer \(layer.name)", what: "has a layer that was shortened meanwhile",
                    found: "fewer bytes", expected: "\(layer.blob.count) bytes")
            }
            problems += changes.problems.map { TreeProblem(path: $0.path, text: "\($0.text), in layer \(layer.name)") }
            stack.add(changes, layer: number)
            layers.append(TreeLayer(name: layer.name, storedBytes: layer.blob.count, bytes: changes.bytes))
        }
        let files = stack.files
        countHidden(files, &layers)
        return FileTree(
            path: path, form: .image, files: files.map(\.file), layers: layers, problems: problems + stack.problems,
            image: image.config, contents: ImageContents(blobs: image.layers.map(\.blob), files: files))
    }

    private static func read(
        _ layer: ImageSelection.Layer, _ number: Int, _ path: String, _ budget: inout LayerBudget
    ) throws(TreeError) -> LayerChanges {
        try layer.blob.withBytes { bytes throws(TreeError) in
            let found = LayerCompression(of: bytes)
            if let stated = layer.compression, stated != found {
                throw .image(
                    path: path, place: "layer \(layer.name)", what: "has a layer that is not of its media type",
                    found: found.rawValue, expected: stated.rawValue)
            }
            do throws(LayerArchive.Damage) {
                var changes = LayerChanges()
                let most = min(budget.bytes, LayerBudget.most(bytes.count))
                let archive = try LayerArchive(bytes)
                while let header = try archive.next() {
                    let left = most - changes.bytes
                    try changes.take(header, layer: number) { () throws(LayerArchive.Damage) in
                        try archive.countBytes(limit: left)
                    }
                    guard changes.headers <= budget.entries else {
                        throw LayerArchive.Damage(message: "more than \(fileLimit) entries in all layers")
                    }
                }
                budget.entries -= changes.headers
                budget.bytes -= changes.bytes
                return changes
            } catch {
                throw .image(
                    path: path, place: "layer \(layer.name)", what: "has a layer that cannot be read",
                    found: error.message, expected: "a whole tar")
            }
        }
    }

    /// Bytes of each layer that are not seen: all but those of files that are, hard links counted once.
    private static func countHidden(_ files: [ArchivedFile], _ layers: inout [TreeLayer]) {
        var seen: Set<UInt64> = []
        for index in layers.indices { layers[index].hiddenBytes = layers[index].bytes }
        for file in files {
            if let identity = file.file.identity, !seen.insert(identity).inserted { continue }
            layers[file.archive].hiddenBytes -= file.file.bytes
        }
    }
}

/// What may still be taken of an image.
private struct LayerBudget {
    let path: String
    var entries = FileTree.fileLimit
    var bytes = FileTree.imageByteLimit

    /// The most bytes that a layer may have when unpacked: DEFLATE expands to at most 1032 times, and a layer that expands
    /// further by zstd is taken for a bomb, unless it is small.
    static func most(_ stored: Int) -> Int { max(1 << 30, stored.multipliedReportingOverflow(by: 1100).partialValue) }
}

/// Reads files out of an image's layers, passing over each layer that has some of them.
private struct ImageContents: TreeContents {
    let blobs: [ImageBlob]
    /// In order of their paths.
    let files: [ArchivedFile]

    func visit(
        _ wanted: [(index: Int, file: TreeFile)], limit: Int,
        _ body: (_ index: Int, _ bytes: UnsafeRawBufferPointer) -> Void
    ) -> [TreeProblem] {
        var problems: [TreeProblem] = []
        // Hard links are several files of one entry.
        var places: [[Int: [(index: Int, path: String)]]] = Array(repeating: [:], count: blobs.count)
        for (index, file) in wanted where file.link == nil {
            guard let place = ArchivedFile.find(file.path, in: files) else {
                problems.append(TreeProblem(path: file.path, text: "is not in the image"))
                continue
            }
            places[place.archive][place.entry, default: []].append((index, file.path))
        }
        for (blob, wanted) in zip(blobs, places) where !wanted.isEmpty {
            withArchiveNames { blob.withBytes { visit($0, wanted, limit, &problems, body) } }
            guard !blob.isWhole else { continue }
            for file in wanted.values.joined() {
                problems.append(TreeProblem(path: file.path, text: "is in a layer that was shortened meanwhile"))
            }
        }
        return problems
    }

    private func visit(
        _ bytes: UnsafeRawBufferPointer, _ wanted: [Int: [(index: Int, path: String)]], _ limit: Int,
        _ problems: inout [TreeProblem], _ body: (_ index: Int, _ bytes: UnsafeRawBufferPointer) -> Void
    ) {
        var left = wanted
        var buffer: [UInt8] = []
        do throws(LayerArchive.Damage) {
            let archive = try LayerArchive(bytes)
            var entry = 0
            while !left.isEmpty, let header = try archive.next() {
                defer { entry += 1 }
                guard let files = left[entry] else { continue }
                buffer.removeAll(keepingCapacity: true)
                let most = UnpackingLimit.bytes(of: bytes.count)
                // A size that is only claimed takes no memory until bytes are written.
                buffer.reserveCapacity(min(max(0, header.bytes), max(0, limit), most + 1))
                let isWhole = try archive.read(into: &buffer, limit: limit <= most ? max(0, limit) : most + 1)
                left[entry] = nil
                let isLent = isWhole && buffer.count <= most
                for file in files where isLent { buffer.withUnsafeBytes { body(file.index, $0) } }
                for file in files where !isLent {
                    let text = isWhole ? UnpackingLimit.text : "is sparse, and is not read"
                    problems.append(TreeProblem(path: file.path, text: text))
                }
            }
        } catch {
            for file in left.values.joined() {
                problems.append(TreeProblem(path: file.path, text: "cannot be read: \(error.message)"))
            }
        }
    }
}
