import PackFormats
import PackIO

extension FileTree {
    /// The files of a folder of wheels, each taken as `pip install --target` would put them (PEP 427, "Installing a wheel").
    ///
    /// What is in `NAME.data/purelib` and `platlib` goes to the root, `scripts` to `bin/`, `data` to the root, `headers` to
    /// `include/python/NAME/`. What an installer writes of its own (scripts of entry points, bytecode, `INSTALLER`) is not
    /// counted. Each wheel is one of the tree's `layers`; of two files of one path that of the later wheel by name stays.
    /// Files that are no wheels, and wheels that cannot be read, are problems.
    ///
    /// - Parameters:
    ///   - folder: The folder; only what stands in it directly is looked at.
    ///   - checkingHashes: Whether the files' digests are compared with the wheels' RECORD, for which all are unpacked.
    public static func wheels(_ folder: String, checkingHashes: Bool = true) throws(TreeError) -> FileTree {
        let names = try TreeError.reading { () throws(IOFailure) in try FolderWalk.names(in: folder) }
        return wheels(names.map { ($0, "\(folder)/\($0)") }, path: folder, checkingHashes)
    }

    /// One wheel, taken as installed.
    public static func wheel(_ path: String, checkingHashes: Bool = true) -> FileTree {
        let name = path.utf8.lastIndex(of: UInt8(ascii: "/")).map { String(path[path.utf8.index(after: $0)...]) }
        return wheels([(name ?? path, path)], path: path, checkingHashes)
    }

    private static func wheels(
        _ wheels: [(name: String, path: String)], path: String, _ checkingHashes: Bool
    ) -> FileTree {
        var collector = ZipCollector()
        var stack: [[ArchivedFile]] = []
        var layers: [TreeLayer] = []
        for wheel in wheels {
            guard wheel.name.utf8.suffix(4).elementsEqual(".whl".utf8) else {
                collector.problems.append(TreeProblem(path: wheel.name, text: "is no wheel, and is not counted"))
                continue
            }
            do throws(FormatFailure) {
                let zip = try openWheel(wheel.path, followingLinks: wheel.path == path)
                let layout = WheelLayout(zip)
                collector.problems += layout.problems.map { TreeProblem(path: wheel.name, text: $0) }
                let files = collector.add(zip, wheel.name + "/") { layout.place($0) }
                layers.append(TreeLayer(name: wheel.name, storedBytes: zip.fileBytes, files))
                stack.append(files)
                collector.problems += WheelRecord.problems(of: zip, layout, checkingHashes).map {
                    TreeProblem(path: "\(wheel.name)/\($0.path)", text: $0.text)
                }
            } catch {
                collector.problems.append(TreeProblem(wheel.name, error))
            }
        }
        let merged = merge(stack, &layers)
        return FileTree(
            path: path, form: .wheels, files: merged.map(\.file), layers: layers, problems: collector.problems,
            doubts: collector.doubts, contents: ZipContents(zips: collector.zips, files: merged))
    }
}

/// Opens a wheel. What a link in the folder leads to may be outside it, and is not read.
private func openWheel(_ path: String, followingLinks: Bool) throws(FormatFailure) -> ZipDirectory {
    let file: MappedFile
    do throws(IOFailure) {
        file = try MappedFile(path: path, followingLinks: followingLinks)
    } catch {
        throw .io(error)
    }
    return try ZipDirectory(file, limit: FileTree.fileLimit)
}

/// Where the files of a wheel go.
struct WheelLayout {
    /// `NAME-VERSION`, from the name of its `.dist-info` folder.
    private(set) var stem: Substring = ""
    /// What is wrong with the wheel as a whole, as predicates of it.
    private(set) var problems: [String] = []

    init(_ zip: ZipDirectory) {
        let ending = ".dist-info/WHEEL"
        let found = zip.entries.lazy.map(\.path).filter {
            $0.utf8.suffix(ending.utf8.count).elementsEqual(ending.utf8) && !$0.utf8.dropLast(6).contains(0x2F)
        }
        let stems = found.prefix(2).map { $0.dropLast(ending.count) }
        if stems.count != 1 {
            problems.append("has \(stems.isEmpty ? "no" : "more than one") .dist-info/WHEEL in it")
        }
        stem = stems.first ?? ""
    }

    /// The path at which an entry is installed; nil for what no installer takes.
    func place(_ path: String) -> String? {
        let parts = path.split(separator: "/", maxSplits: 2, omittingEmptySubsequences: false)
        guard parts.count > 1, parts[0].utf8.suffix(5).elementsEqual(".data".utf8) else { return path }
        guard parts.count == 3 else { return nil }
        switch parts[1] {
        case "purelib", "platlib", "data": return String(parts[2])
        case "scripts": return "bin/\(parts[2])"
        case "headers": return "include/python/\(stem.prefix { $0 != "-" })/\(parts[2])"
        default: return nil
        }
    }
}
