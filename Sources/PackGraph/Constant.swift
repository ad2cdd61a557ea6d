import PackCore

/// A fixed tensor: bytes in row-major order, little-endian, held in memory or lent by a mapped file.
///
/// Made only with as many bytes as shape and element type ask for.
public struct Constant: Sendable {
    /// Element type.
    public let dtype: DType
    /// Extents, one an axis.
    public let shape: [Int]
    /// Where the bytes are.
    public let storage: Storage
    /// Elements: the product of the extents.
    public let count: Int
    /// The element type that the numbers had before they were widened: all of them can be given in it exactly.
    package internal(set) var narrow: DType?

    /// Where the bytes of a constant are.
    public enum Storage: Sendable {
        /// Computed by the tool.
        case owned([UInt8])
        /// A range of somebody else's bytes; the closure keeps them alive and lends them.
        case lent(@Sendable ((UnsafeRawBufferPointer) -> Void) -> Void)
        /// Bytes that are made when they are asked for, any range of so many.
        case made(bytes: Int, @Sendable (Range<Int>, (UnsafeRawBufferPointer) -> Void) -> Void)
    }

    /// Bytes: elements times the size of one.
    public var byteCount: Int { count * dtype.size }

    /// A constant over the given storage.
    ///
    /// - Throws: `GraphError` of kind `overflow` or `wrongConstant` if an extent is negative, the size does not fit
    ///   `Int`, or the storage has another number of bytes.
    public init(_ dtype: DType, _ shape: [Int], _ storage: Storage) throws(GraphError) {
        self.dtype = dtype
        self.shape = shape
        self.storage = storage
        self.count = try Self.count(of: shape, dtype)
        var found = 0
        switch storage {
        case .owned(let bytes): found = bytes.count
        case .lent(let lend): lend { found = $0.count }
        case .made(let bytes, _): found = bytes
        }
        guard found == count * dtype.size else {
            throw GraphError(
                .wrongConstant, found: "\(found) bytes",
                expected: "\(count * dtype.size) bytes for \(dtype.name)\(shape)")
        }
    }

    /// A constant over bytes held in memory. Throws as the initializer with storage does.
    public init(_ dtype: DType, _ shape: [Int], bytes: [UInt8]) throws(GraphError) {
        try self.init(dtype, shape, .owned(bytes))
    }

    /// A constant over bytes that a closure lends. Throws as the initializer with storage does.
    public init(
        _ dtype: DType, _ shape: [Int], lent: @escaping @Sendable ((UnsafeRawBufferPointer) -> Void) -> Void
    ) throws(GraphError) {
        try self.init(dtype, shape, .lent(lent))
    }

    /// The same numbers as f32. Nothing is converted until the bytes are lent, and then each time anew.
    ///
    /// - Throws: `GraphError` of kind `wrongConstant` for element types other than floats.
    public func widened() throws(GraphError) -> Constant {
        guard dtype != .f32 else { return self }
        guard dtype.isFloat else {
            throw GraphError(.wrongConstant, found: "\(dtype.name)\(shape)", expected: "a floating-point constant")
        }
        var result = Constant(
            unchecked: .f32, shape,
            .made(bytes: count * 4) { range, body in
                let elements = range.lowerBound / 4..<(range.upperBound + 3) / 4
                let floats = (try? floats(in: elements)) ?? []
                let start = range.lowerBound - elements.lowerBound * 4
                floats.withUnsafeBytes { bytes in
                    body(UnsafeRawBufferPointer(rebasing: bytes.dropFirst(start).prefix(range.count)))
                }
            }, count: count)
        result.narrow = dtype
        return result
    }

    private init(unchecked dtype: DType, _ shape: [Int], _ storage: Storage, count: Int) {
        self.dtype = dtype
        self.shape = shape
        self.storage = storage
        self.count = count
    }

    private static func count(of shape: [Int], _ dtype: DType) throws(GraphError) -> Int {
        var count = 1
        var overflow = false
        for extent in shape {
            guard extent >= 0 else {
                throw GraphError(.wrongConstant, found: "shape \(shape)", expected: "extents of 0 or more")
            }
            // A zero extent empties the tensor, so the others may be as large as they like.
            let (product, tooLarge) = count.multipliedReportingOverflow(by: extent)
            count = tooLarge ? 0 : product
            overflow = overflow || tooLarge
        }
        if shape.contains(0) { return 0 }
        guard !overflow, !count.multipliedReportingOverflow(by: dtype.size).overflow else {
            throw GraphError(.overflow, found: "shape \(shape)", expected: "a size below 2^63 bytes")
        }
        return count
    }

    /// Whether bytes are made when they are asked for, and no more of them than that.
    package var isMade: Bool { if case .made = storage { true } else { false } }

    /// Lends the bytes for the duration of the call.
    public func withBytes<Result, Failure: Error>(
        _ body: (UnsafeRawBufferPointer) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        switch storage {
        case .owned(let bytes):
            return try Self.borrow({ use in bytes.withUnsafeBytes { use($0) } }, body)
        case .lent(let lend):
            return try Self.borrow(lend, body)
        case .made(let bytes, let make):
            return try Self.borrow({ use in make(0..<bytes) { use($0) } }, body)
        }
    }

    /// Lends a range of the bytes, cut off at the ends, for the duration of the call. No other bytes are read or made.
    public func withBytes<Result, Failure: Error>(
        in range: Range<Int>, _ body: (UnsafeRawBufferPointer) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        let range = range.clamped(to: 0..<byteCount)
        guard case .made(_, let make) = storage else {
            return try withBytes { (bytes) throws(Failure) in
                try body(UnsafeRawBufferPointer(rebasing: bytes[range.clamped(to: 0..<bytes.count)]))
            }
        }
        return try Self.borrow({ use in make(range) { use($0) } }, body)
    }

    /// Carries a result and an error out of a closure that can return neither.
    private static func borrow<Result, Failure: Error>(
        _ lend: ((UnsafeRawBufferPointer) -> Void) -> Void,
        _ body: (UnsafeRawBufferPointer) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        var outcome: Swift.Result<Result, Failure>?
        withoutActuallyEscaping(body) { body in
            lend { buffer in
                do throws(Failure) {
                    outcome = .success(try body(buffer))
                } catch {
                    outcome = .failure(error)
                }
            }
        }
        guard let outcome else {
            // A lender that never calls back breaks its contract; an empty buffer keeps readers in bounds.
            return try body(UnsafeRawBufferPointer(start: nil, count: 0))
        }
        return try outcome.get()
    }
}
