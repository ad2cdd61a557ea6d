public import PackIO

/// What a zip of files weighs, found by compressing them, with nothing written.
///
/// Data is deflated by zlib at level 6, as `zip` and Python's `zipfile` do, on all CPUs that the process may use; files that
/// do not shrink are stored. Files of over 1 MiB are cut in blocks of that size, each with the 32 KiB before it as its
/// dictionary: they come out a few bytes a block larger than in one piece.
public struct ZippedSize: Sendable {
    /// A file that could not be read to its end. What was read of it is counted.
    public struct Problem: Error, Hashable, Sendable {
        /// Its place among the files.
        public let index: Int
        /// What happened.
        public let failure: IOFailure
    }

    /// Bytes of the zip.
    public let bytes: Int
    /// Bytes of data of each file in it, in the order of the files, headers not included.
    public let stored: [Int]
    /// Bytes of each file in it, its headers included: they sum up to `bytes` less the end of the zip.
    public let entryBytes: [Int]
    /// Files that could not be read, in the order of the files.
    public let problems: [Problem]

    init(_ files: [ZippedFile], stored: [Int], problems: [Problem]) {
        var offset = 0
        var directory = 0
        entryBytes = files.indices.map { index in
            let file = files[index]
            let central = ZipLayout.centralHeader(
                nameBytes: file.nameBytes, size: file.size, stored: stored[index], offset: offset)
            let local =
                ZipLayout.localHeader(nameBytes: file.nameBytes, size: file.size, stored: stored[index])
                + stored[index]
            offset += local
            directory += central
            return local + central
        }
        bytes =
            offset + directory
            + ZipLayout.end(entries: files.count, directoryBytes: directory, directoryOffset: offset)
        self.stored = stored
        self.problems = problems
    }
}
