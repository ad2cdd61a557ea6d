import PackCore

/// Makes the checksum of changed tables right again, so that the checks behind it are reached.
func resealed(_ bytes: [UInt8]) -> [UInt8] {
    var bytes = bytes
    let metadata = bytes.withUnsafeBytes {
        Int(truncatingIfNeeded: $0.loadUnaligned(fromByteOffset: 24, as: UInt64.self))
    }
    guard metadata >= 40, metadata <= bytes.count else { return bytes }
    let sum = bytes.withUnsafeBytes { planChecksum(UnsafeRawBufferPointer(rebasing: $0[40..<metadata])) }
    bytes.withUnsafeMutableBytes { $0.storeBytes(of: sum, toByteOffset: 32, as: UInt64.self) }
    return bytes
}
