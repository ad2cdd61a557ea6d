import Crypto

/// Digests bytes that come piece by piece.
public struct SHA256Hasher {
    private var hash = SHA256()

    /// Begins with no bytes.
    public init() {}

    /// Takes the next bytes.
    public mutating func update(_ bytes: UnsafeRawBufferPointer) { hash.update(bufferPointer: bytes) }

    /// The digest of the bytes so far.
    public var digest: SHA256Digest { SHA256Digest(bytes: [UInt8](hash.finalize())) }
}

extension SHA256Digest {
    fileprivate init(bytes: [UInt8]) { self.bytes = bytes }
}
