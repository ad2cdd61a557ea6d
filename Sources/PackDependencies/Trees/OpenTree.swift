import Glibc
import PackFormats
import PackIO

extension FileTree {
    /// The files of whatever is at a path, which is told by what it holds and not by its name alone.
    ///
    /// - A folder with `oci-layout` and `index.json` is an image.
    /// - A folder with wheels (zips named `.whl`), without folders beside them and without Python files, is a folder of
    ///   wheels; any other is a folder of files.
    /// - A zip named `.whl` with one `.dist-info/WHEEL` in it is a wheel; any other is a function's zip.
    /// - A tar with `oci-layout` or `manifest.json` in it is an image.
    ///
    /// - Parameters:
    ///   - path: The folder or file.
    ///   - layers: Zips of layers below a function's zip; with any other form they are problems.
    ///   - architecture: The processor of an image, where there are several: `x86_64` or `arm64`.
    ///   - checkingHashes: Whether wheels' files are compared with their RECORD, for which all are unpacked.
    public static func open(
        _ path: String, layers: [String] = [], architecture: String? = nil, checkingHashes: Bool = true
    ) throws(TreeError) -> FileTree {
        let kind = try TreeError.reading { () throws(IOFailure) in try FileContents.kind(of: path) }
        var tree: FileTree
        switch kind {
        case .folder?: tree = try openFolder(path, architecture, checkingHashes)
        case .regular?: tree = try openFile(path, layers, architecture, checkingHashes)
        case nil: throw .io(.system(.open, path: path, code: ENOENT))
        case let other?: throw .io(.notRegular(path: path, found: other))
        }
        if tree.form != .zip {
            tree.problems += layers.map {
                TreeProblem(path: $0, text: "is not taken, as layers belong to a function's zip")
            }
        }
        return tree
    }

    private static func openFolder(
        _ path: String, _ architecture: String?, _ checkingHashes: Bool
    ) throws(TreeError) -> FileTree {
        let names = try TreeError.reading { () throws(IOFailure) in try FolderWalk.names(in: path, limit: fileLimit) }
        if names.contains("oci-layout"), names.contains("index.json") {
            return try image(path, architecture: architecture)
        }
        return isFolderOfWheels(path, names) ? try wheels(path, checkingHashes: checkingHashes) : try folder(path)
    }

    private static func openFile(
        _ path: String, _ layers: [String], _ architecture: String?, _ checkingHashes: Bool
    ) throws(TreeError) -> FileTree {
        let file = try TreeError.reading { () throws(IOFailure) in try MappedFile(path: path) }
        if file.withBytes({ ZipDirectory.recognizes($0) }) {
            guard layers.isEmpty, isWheelName(path), isWheel(file) else { return try zip(path, layers: layers) }
            return wheel(path, checkingHashes: checkingHashes)
        }
        guard file.withBytes({ TarIndex.recognizes($0) }) else {
            let found = file.size == 0 ? "an empty file" : "neither a zip nor a tar"
            throw .unknownForm(path: path, found: found, hint: unpackingHint(file))
        }
        return try image(path, architecture: architecture)
    }

    private static func isWheelName(_ name: String) -> Bool { name.utf8.suffix(4).elementsEqual(".whl".utf8) }

    private static func isWheel(_ file: MappedFile) -> Bool {
        guard let zip = try? ZipDirectory(file, limit: fileLimit) else { return false }
        return WheelLayout(zip).problems.isEmpty
    }

    private static func isFolderOfWheels(_ path: String, _ names: [String]) -> Bool {
        var found = false
        for name in names {
            if name.utf8.suffix(3).elementsEqual(".py".utf8) || name == "pyproject.toml" { return false }
            let kind = try? FileContents.kind(of: "\(path)/\(name)")
            if kind == .folder, name.utf8.first != UInt8(ascii: ".") { return false }
            guard !found, kind == .regular, isWheelName(name),
                let file = try? MappedFile(path: "\(path)/\(name)", followingLinks: false)
            else { continue }
            found = file.withBytes { ZipDirectory.recognizes($0) }
        }
        return found
    }

    /// What to do about a file that has to be decompressed before it can be looked at.
    static func unpackingHint(_ file: MappedFile) -> String? {
        switch file.withBytes({ LayerCompression(of: $0) }) {
        case .gzip: "unpack it with gzip -d first"
        case .zstd: "unpack it with zstd -d first"
        case .none: nil
        }
    }
}
