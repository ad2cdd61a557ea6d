/// Finds files of a tree by the bytes of their paths.
///
/// Swift's strings compare by Unicode equivalence, which file systems don't; and hashing bytes is faster.
package struct PathIndex: Sendable {
    private let files: [TreeFile]
    private var first: [UInt64: Int32] = [:]
    /// The next file with the same hash, or -1.
    private var next: [Int32]

    /// Indexes files.
    package init(_ files: [TreeFile]) {
        self.files = files
        next = [Int32](repeating: -1, count: files.count)
        first.reserveCapacity(files.count)
        for index in files.indices {
            let hash = PathIndex.hash(files[index].path.utf8)
            if let other = first.updateValue(Int32(index), forKey: hash) { next[index] = other }
        }
    }

    /// The index of the file with a path.
    package subscript(path: some Collection<UInt8>) -> Int? {
        var candidate = first[PathIndex.hash(path)] ?? -1
        while candidate >= 0 {
            if files[Int(candidate)].path.utf8.elementsEqual(path) { return Int(candidate) }
            candidate = next[Int(candidate)]
        }
        return nil
    }

    /// The index of the file with a path.
    package subscript(path: some StringProtocol) -> Int? { self[path.utf8] }

    /// FNV-1a of 64 bits (Fowler, Noll, Vo). The dictionary hashes the result with a seed, so chosen paths only
    /// collide in chains
    /// of equal FNV hashes.
    private static func hash(_ bytes: some Collection<UInt8>) -> UInt64 {
        var hash: UInt64 = 0xCBF2_9CE4_8422_2325
        for byte in bytes { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
        return hash
    }

    /// The files in a folder and below it, as the tree's files are in the order of their paths' bytes. All for the
    /// empty path.
    package func range(below folder: some StringProtocol) -> Range<Int> {
        guard !folder.isEmpty else { return files.indices }
        let prefix = Array(folder.utf8) + [UInt8(ascii: "/")]
        let start = lowerBound(prefix)
        let end = firstIndex { !$0.lexicographicallyPrecedes(prefix) && !$0.starts(with: prefix) }
        return start..<end
    }

    /// The first file whose path is not before a sequence of bytes.
    package func lowerBound(_ path: [UInt8]) -> Int {
        firstIndex { !$0.lexicographicallyPrecedes(path) }
    }

    /// The first file for which a condition holds that holds for all behind it.
    private func firstIndex(where holds: (String.UTF8View) -> Bool) -> Int {
        var (low, high) = (0, files.count)
        while low < high {
            let middle = (low + high) / 2
            if holds(files[middle].path.utf8) { high = middle } else { low = middle + 1 }
        }
        return low
    }
}
