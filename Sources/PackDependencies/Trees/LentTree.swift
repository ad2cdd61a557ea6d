/// Files whose bytes somebody else knows how to get.
struct LentContents: TreeContents {
    let bytes: @Sendable (_ path: String, _ limit: Int) throws -> [UInt8]?

    func visit(
        _ wanted: [(index: Int, file: TreeFile)], limit: Int,
        _ body: (_ index: Int, _ bytes: UnsafeRawBufferPointer) -> Void
    ) -> [TreeProblem] {
        var problems: [TreeProblem] = []
        for (index, file) in wanted {
            guard let bytes = try? self.bytes(file.path, limit) else {
                problems.append(TreeProblem(path: file.path, text: "cannot be read"))
                continue
            }
            bytes.prefix(limit).withUnsafeBytes { body(index, $0) }
        }
        return problems
    }
}

extension FileTree {
    /// The files of something that only another reader knows, taken as a folder.
    ///
    /// - Parameters:
    ///   - files: Sorted by path.
    ///   - bytes: The bytes of a file, of a larger one perhaps the first ones alone; nil where it cannot be read.
    public static func lent(
        _ path: String, files: [TreeFile], bytes: @escaping @Sendable (_ path: String, _ limit: Int) throws -> [UInt8]?
    ) -> FileTree {
        FileTree(path: path, form: .folder, files: files, contents: LentContents(bytes: bytes))
    }
}
