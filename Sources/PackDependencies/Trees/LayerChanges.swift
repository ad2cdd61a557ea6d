import PackIO

/// What a layer adds and takes away, from one pass over its tar (OCI image specification 1.1, `layer.md`).
struct LayerChanges {
    /// A file or link, or a folder, in the order of the tar.
    struct Addition {
        var path: [Substring]
        var file: TreeFile
        var isFolder: Bool
        /// For a hard link, the path of the file whose bytes it shares.
        var target: [Substring]?
        /// Number of its header in the tar.
        var entry: Int
    }

    var additions: [Addition] = []
    /// Paths that whiteouts `.wh.NAME` delete from the layers below.
    var deleted: [[Substring]] = []
    /// Folders whose contents in the layers below a whiteout `.wh..wh..opq` deletes.
    var emptied: [[Substring]] = []
    var problems: [TreeProblem] = []
    /// Headers that were read.
    var headers = 0
    /// Bytes of contents that were there.
    var bytes = 0

    /// Takes an entry.
    /// - Parameter count: Counts the bytes of its contents.
    mutating func take<Failure: Error>(
        _ header: LayerArchive.Header, layer: Int, _ count: () throws(Failure) -> Int
    ) throws(Failure) {
        let entry = headers
        headers += 1
        guard let name = header.name else {
            problems.append(TreeProblem(path: "entry \(entry)", text: "has a name that cannot be read"))
            return
        }
        let shown = EscapedPath.text(name)
        guard let path = Self.components(name) else {
            problems.append(TreeProblem(path: shown, text: "has a name that leads out of the image"))
            return
        }
        guard let last = path.last else { return }
        if last.utf8.starts(with: ".wh.".utf8) { return takeWhiteout(path, last, shown) }
        var file = TreeFile(path: path.joined(separator: "/"), bytes: 0, mode: header.mode, layer: layer)
        if let target = header.hardLink {
            guard let target = Self.components(target), !target.isEmpty else {
                problems.append(TreeProblem(path: shown, text: "is a hard link that leads out of the image"))
                return
            }
            additions.append(Addition(path: path, file: file, isFolder: false, target: target, entry: entry))
            return
        }
        switch header.kind {
        case 0o040000: additions.append(Addition(path: path, file: file, isFolder: true, entry: entry))
        case 0o120000:
            file.link = EscapedPath.text(header.link ?? [])
            additions.append(Addition(path: path, file: file, isFolder: false, entry: entry))
        case 0o100000:
            file.bytes = try count()
            bytes = bytes.addingReportingOverflow(file.bytes).partialValue
            if file.bytes < header.bytes {
                let text = "has \(header.bytes) bytes as it says, and \(file.bytes) in the layer"
                problems.append(TreeProblem(path: shown, text: text))
            }
            additions.append(Addition(path: path, file: file, isFolder: false, entry: entry))
        default: problems.append(TreeProblem(path: shown, text: "is a device or a named pipe"))
        }
    }

    private mutating func takeWhiteout(_ path: [Substring], _ last: Substring, _ shown: String) {
        if last == ".wh..wh..opq" { return emptied.append(Array(path.dropLast())) }
        // Other names that begin so are aufs's own.
        if last.utf8.starts(with: ".wh..wh.".utf8) { return }
        let name = last.dropFirst(4)
        guard !name.isEmpty, name != ".", name != ".." else {
            problems.append(TreeProblem(path: shown, text: "is a whiteout that leads out of its folder"))
            return
        }
        deleted.append(path.dropLast() + [name])
    }

    /// The components of a name below the root, at which absolute names begin too; nil if it climbs, or is too long.
    private static func components(_ name: [UInt8]) -> [Substring]? {
        guard name.count <= 4096, !name.contains(0) else { return nil }
        let parts = EscapedPath.text(name).split(separator: "/").filter { $0 != "." }
        return parts.contains("..") ? nil : parts
    }
}
