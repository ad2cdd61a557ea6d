/// A file of a bundle.
public struct BundleEntry: Sendable {
    /// Its name in the archive.
    public let name: String
    /// Whether its executable bits are set.
    public let isExecutable: Bool
    /// Lends its bytes.
    public let withBytes: @Sendable ((UnsafeRawBufferPointer) -> Void) -> Void

    /// An entry whose bytes a closure lends.
    public init(
        _ name: String, isExecutable: Bool = false, lent: @escaping @Sendable ((UnsafeRawBufferPointer) -> Void) -> Void
    ) {
        self.name = name
        self.isExecutable = isExecutable
        withBytes = lent
    }

    /// An entry with bytes of its own.
    public init(_ name: String, isExecutable: Bool = false, bytes: [UInt8]) {
        self.init(name, isExecutable: isExecutable) { body in bytes.withUnsafeBytes(body) }
    }
}
