import PackFormats
import PackIO

extension FileTree {
    /// The files of a function's zip, and of the zips of its layers.
    ///
    /// Without layers paths are those in the zip. With layers they are those where the platform unpacks them: the function's
    /// below `var/task/`, the layers' below `opt/`, where a file of a later layer hides one of an earlier one. The tree's
    /// `layers` are the layers' zips in their order, and the function's zip last.
    ///
    /// Entries with unsafe names, and all that ``ZipFault`` names, are problems and no files; those that merely expand much
    /// are files, and doubts.
    ///
    /// - Parameters:
    ///   - path: The function's zip.
    ///   - layers: The layers' zips, in the order in which the function lists them.
    public static func zip(_ path: String, layers: [String] = []) throws(TreeError) -> FileTree {
        var collector = ZipCollector()
        var stack: [[ArchivedFile]] = []
        var names: [TreeLayer] = []
        for (number, zipPath) in (layers + [path]).enumerated() {
            let zip = try TreeError.parsing { () throws(FormatFailure) in
                try ZipDirectory(path: zipPath, limit: fileLimit)
            }
            let prefix = layers.isEmpty ? "" : number < layers.count ? "opt/" : "var/task/"
            let files = collector.add(zip, layers.isEmpty ? "" : zipPath + "/") { prefix + $0 }
            names.append(TreeLayer(name: zipPath, storedBytes: zip.fileBytes, files))
            stack.append(files)
        }
        let merged = merge(stack, &names)
        return FileTree(
            path: path, form: .zip, files: merged.map(\.file), layers: names, problems: collector.problems,
            doubts: collector.doubts,
            contents: ZipContents(zips: collector.zips, files: merged))
    }

    /// Puts archives of files over each other: of two files of one path the later stays, and the other's layer says so.
    static func merge(_ stack: [[ArchivedFile]], _ layers: inout [TreeLayer]) -> [ArchivedFile] {
        var merged: [ArchivedFile] = []
        for files in stack { merged += files }
        merged.sort { left, right in
            let order = PathKey.compare(left.file.path, right.file.path)
            return order == 0 ? (left.archive, left.entry) < (right.archive, right.entry) : order < 0
        }
        var result: [ArchivedFile] = []
        result.reserveCapacity(merged.count)
        for file in merged {
            if let last = result.last, PathKey.compare(last.file.path, file.file.path) == 0 {
                layers[last.archive].hiddenBytes += last.file.bytes
                result[result.count - 1] = file
            } else {
                result.append(file)
            }
        }
        return result
    }
}

extension TreeLayer {
    /// Describes a layer by the files in it.
    init(name: String, storedBytes: Int, _ files: [ArchivedFile]) {
        // Entries that can be read do not overlap, so their sizes are at most DEFLATE's ratio times the zip's.
        self.init(name: name, storedBytes: storedBytes, bytes: files.reduce(0) { $0 + $1.file.bytes })
    }
}
