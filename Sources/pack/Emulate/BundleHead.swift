import PackBundle

/// The first bytes of a bundle's program, which say what it was made for.
enum BundleHead {
    /// Fills `bytes` with the program's bytes; they stay empty if the bundle has none.
    static func read(_ bundle: String, into bytes: inout [UInt8]) throws(BundleError) {
        var memory: UnsafeMutableRawBufferPointer?
        defer { memory?.deallocate() }
        let isFound = try BundleReader.read("bootstrap", of: bundle, limit: 1 << 28) { size in
            memory = .allocate(byteCount: size, alignment: 16)
            return memory
        }
        if isFound, let memory { bytes = Array(memory.prefix(64)) }
    }
}
