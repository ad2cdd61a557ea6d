import Crypto

/// A SHA-256 digest (FIPS 180-4).
public struct SHA256Digest: Hashable, Sendable, CustomStringConvertible {
    /// Its 32 bytes.
    public let bytes: [UInt8]

    /// Digests bytes in memory.
    public init(of bytes: [UInt8]) {
        self.bytes = [UInt8](SHA256.hash(data: bytes))
    }

    /// Digests lent bytes.
    public init(of bytes: UnsafeRawBufferPointer) {
        var hash = SHA256()
        hash.update(bufferPointer: bytes)
        self.bytes = [UInt8](hash.finalize())
    }

    /// Digests a file.
    public init(ofFile path: String) throws(IOFailure) {
        self = try MappedFile(path: path).withBytes { SHA256Digest(of: $0) }
    }

    /// 64 lower-case hexadecimal digits.
    public var hex: String {
        let digits = Array("0123456789abcdef".utf8)
        return String(decoding: bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
    }

    /// `sha256:` and the digits.
    public var description: String { "sha256:\(hex)" }
}
