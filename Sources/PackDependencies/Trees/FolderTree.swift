import PackIO

extension FileTree {
    /// The most files that a tree may have.
    public static let fileLimit = 1_000_000

    /// The most bytes that files may have together, so that no sum of a few trees is beyond an `Int`.
    static let byteLimit = 1 << 56

    /// The files below a folder.
    ///
    /// Links are listed and not followed; sockets, named pipes and devices are problems. Bytes are apparent sizes, without
    /// folders' own, so that `bytes` is what `du --apparent-size --bytes` sums over regular files: hard links in the folder
    /// count once, and a file that has further names outside the folder counts here.
    ///
    /// - Throws: ``TreeError/io(_:)`` if the folder cannot be listed, ``TreeError/tooManyFiles(path:limit:)``.
    public static func folder(_ path: String) throws(TreeError) -> FileTree {
        let scan: FolderScan
        do throws(IOFailure) {
            scan = try FolderScan(folder: path, maximumCount: fileLimit)
        } catch .tooManyEntries(_, let limit) {
            throw .tooManyFiles(path: path, limit: limit)
        } catch {
            throw .io(error)
        }
        var files: [TreeFile] = []
        files.reserveCapacity(scan.files.count)
        var problems = scan.failures.map { TreeProblem($0.path, $0.failure) }
        var identities = Identities()
        var total = 0
        for file in scan.files {
            guard file.kind == .regular || file.kind == .link else {
                problems.append(TreeProblem(path: file.path, text: "is \(file.kind.description)"))
                continue
            }
            guard file.bytes <= byteLimit - total else {
                problems.append(TreeProblem(path: file.path, text: "has more bytes than can be added up"))
                continue
            }
            total += file.bytes
            files.append(
                TreeFile(
                    path: file.path, bytes: file.bytes, mode: file.mode, link: file.link,
                    identity: file.kind == .regular && file.names > 1 ? identities[file.device, file.number] : nil))
        }
        return FileTree(
            path: path, form: .folder, files: files, problems: problems, contents: FolderContents(folder: path))
    }
}

/// Numbers for hard-linked files, the same for the same device and number.
private struct Identities {
    private var known: [[UInt64]: UInt64] = [:]

    subscript(_ device: UInt64, _ number: UInt64) -> UInt64 {
        mutating get {
            if let identity = known[[device, number]] { return identity }
            let identity = UInt64(known.count)
            known[[device, number]] = identity
            return identity
        }
    }
}

/// Reads files where they stand.
private struct FolderContents: TreeContents {
    let folder: String

    func location(of file: TreeFile) -> String? {
        folder.utf8.last == UInt8(ascii: "/") ? folder + file.path : "\(folder)/\(file.path)"
    }

    func visit(
        _ wanted: [(index: Int, file: TreeFile)], limit: Int,
        _ body: (_ index: Int, _ bytes: UnsafeRawBufferPointer) -> Void
    ) -> [TreeProblem] {
        var problems: [TreeProblem] = []
        do throws(IOFailure) {
            var reader = try FolderReader(folder: folder)
            for (index, file) in wanted where file.link == nil {
                do throws(IOFailure) {
                    try reader.withBytes(of: file.path, limit: limit) { body(index, $0) }
                } catch {
                    problems.append(TreeProblem(file.path, error))
                }
            }
        } catch {
            return wanted.map { TreeProblem($0.file.path, error) }
        }
        return problems
    }
}
