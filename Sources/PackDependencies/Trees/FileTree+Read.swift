import PackIO

extension FileTree {
    /// Files that one thread reads at a time.
    private static let filesPerTask = 128

    /// What a closure makes of files: of those in folders on several threads, of those in archives in one pass.
    ///
    /// - Parameters:
    ///   - indices: Indices into `files`; links are not followed.
    ///   - limit: The most bytes that are lent; of a larger file the first ones.
    ///   - make: Called once for each file that could be read.
    /// - Returns: The results in an order that does not depend on the threads, and problems with the other files.
    package func read<Result: Sendable>(
        _ indices: [Int], limit: Int, _ make: @Sendable (_ index: Int, _ bytes: UnsafeRawBufferPointer) -> Result
    ) -> (results: [(file: Int, result: Result)], problems: [TreeProblem]) {
        var (onDisk, packed): ([Int], [Int]) = ([], [])
        for index in indices {
            if location(of: files[index]) == nil { packed.append(index) } else { onDisk.append(index) }
        }
        let tasks = stride(from: 0, to: onDisk.count, by: Self.filesPerTask).map {
            Array(onDisk[$0..<min($0 + Self.filesPerTask, onDisk.count)])
        }
        let parts = concurrently(tasks + (packed.isEmpty ? [] : [packed])) { part in
            var results: [(file: Int, result: Result)] = []
            let problems = visit(part, limit: limit) { results.append(($0, make($0, $1))) }
            return (results: results, problems: problems)
        }
        return (parts.flatMap(\.results), parts.flatMap(\.problems))
    }
}
