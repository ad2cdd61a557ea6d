import PackCore

extension Constant {
    /// A constant of `f32` elements. Throws as the initializer with storage does.
    public init(floats: [Float], shape: [Int]) throws(GraphError) {
        try self.init(.f32, shape, bytes: floats.withUnsafeBytes { Array($0) })
    }

    /// A constant of `i64` elements. Throws as the initializer with storage does.
    public init(integers: [Int], shape: [Int]) throws(GraphError) {
        try self.init(.i64, shape, bytes: integers.withUnsafeBytes { Array($0) })
    }

    /// The elements of a floating-point constant (`f32`, `f16`, `bf16`, `f64`), rounded to the nearest `Float`.
    ///
    /// - Throws: `GraphError` of kind `wrongConstant` for other element types.
    public func floats() throws(GraphError) -> [Float] { try floats(in: 0..<count) }

    /// Some elements of a floating-point constant, in row-major order; no others are read. Throws as `floats()` does.
    public func floats(in range: Range<Int>) throws(GraphError) -> [Float] {
        switch dtype {
        case .f32: return copy(in: range)
        case .f16: return elements(UInt16.self, in: range) { Float(Float16(bitPattern: $0)) }
        case .bf16: return elements(UInt16.self, in: range) { Float(bitPattern: UInt32($0) << 16) }
        case .f64: return elements(Double.self, in: range) { Float($0) }
        default:
            guard let format = NarrowFloat(dtype) else {
                throw GraphError(.wrongConstant, found: "\(dtype.name)\(shape)", expected: "a floating-point constant")
            }
            return elements(UInt8.self, in: range) { format.value($0) }
        }
    }

    /// The elements of an integer or boolean constant; true is 1.
    ///
    /// - Throws: `GraphError` of kind `wrongConstant` for other element types, and for an element above 2^63 − 1.
    public func integers() throws(GraphError) -> [Int] {
        switch dtype {
        case .i8: return elements(Int8.self) { Int($0) }
        case .u8: return elements(UInt8.self) { Int($0) }
        case .bool: return elements(UInt8.self) { $0 == 0 ? 0 : 1 }
        case .i16: return elements(Int16.self) { Int($0) }
        case .u16: return elements(UInt16.self) { Int($0) }
        case .i32: return elements(Int32.self) { Int($0) }
        case .u32: return elements(UInt32.self) { Int($0) }
        case .i64: return elements(Int64.self) { Int($0) }
        case .u64:
            let values = elements(UInt64.self) { Int(exactly: $0) }
            let exact = values.compactMap { $0 }
            if exact.count == values.count { return exact }
            throw GraphError(.wrongConstant, found: "an element above 2^63 - 1", expected: "64-bit signed integers")
        case .i4, .u4, .i2, .u2: return elements(UInt8.self) { Int(NarrowInteger.value($0, dtype)) }
        case .f32, .f16, .bf16, .f64, .f8e4m3fn, .f8e4m3fnuz, .f8e5m2, .f8e5m2fnuz, .f8e8m0, .f4e2m1, .string:
            throw GraphError(.wrongConstant, found: "\(dtype.name)\(shape)", expected: "an integer constant")
        }
    }

    /// The value of a floating-point constant with one element, whatever its rank.
    public var scalarFloat: Float? {
        guard count == 1, let values = try? floats() else { return nil }
        return values.first
    }

    /// The value of an integer or boolean constant with one element, whatever its rank.
    public var scalarInteger: Int? {
        guard count == 1, !dtype.isFloat, let values = try? integers() else { return nil }
        return values.first
    }

    /// Elements of an `f32` constant, copied at once.
    private func copy(in range: Range<Int>) -> [Float] {
        let size = MemoryLayout<Float>.size
        let range = range.clamped(to: 0..<count)
        return withBytes(in: range.lowerBound * size..<range.upperBound * size) { buffer in
            [Float](unsafeUninitializedCapacity: buffer.count / size) { target, initialized in
                initialized = buffer.count / size
                UnsafeMutableRawBufferPointer(target).copyMemory(from: .init(rebasing: buffer[..<(initialized * size)]))
            }
        }
    }

    /// Reads the elements wherever they lie: mapped bytes need not be aligned.
    private func elements<Raw: BitwiseCopyable, Value>(
        _ type: Raw.Type, in range: Range<Int>? = nil, _ convert: (Raw) -> Value
    ) -> [Value] {
        let size = MemoryLayout<Raw>.size
        let range = (range ?? 0..<count).clamped(to: 0..<count)
        return withBytes(in: range.lowerBound * size..<range.upperBound * size) { buffer in
            let available = min(range.count, buffer.count / size)
            return [Value](unsafeUninitializedCapacity: available) { target, initialized in
                for index in 0..<available {
                    let raw = buffer.loadUnaligned(fromByteOffset: index * size, as: type)
                    target.initializeElement(at: index, to: convert(raw))
                }
                initialized = available
            }
        }
    }
}

extension Constant: Hashable {
    /// Compares contents.
    public static func == (left: Constant, right: Constant) -> Bool { left.hasSameContents(as: right) }

    /// Hashes a sample of the contents.
    public func hash(into hasher: inout Hasher) {
        hasher.combine(dtype)
        hasher.combine(shape)
        hasher.combine(sampleHash)
    }

    /// Whether both have the same element type, shape and bytes.
    public func hasSameContents(as other: Constant) -> Bool {
        guard dtype == other.dtype, shape == other.shape else { return false }
        return withBytes { left in
            other.withBytes { right in
                guard left.count == right.count else { return false }
                if left.baseAddress == right.baseAddress { return true }
                let words = left.count / 8
                for index in 0..<words {
                    let a = left.loadUnaligned(fromByteOffset: index * 8, as: UInt64.self)
                    if a != right.loadUnaligned(fromByteOffset: index * 8, as: UInt64.self) { return false }
                }
                return left[(words * 8)...].elementsEqual(right[(words * 8)...])
            }
        }
    }

    /// A hash of words from the start, the middle and the end, all of them in a small constant: constants for which it differs
    /// have different contents. Not stable between versions of the tool.
    package var sampleHash: UInt64 {
        var hash = UInt64(byteCount)
        forSampledWords { hash = Self.mix(hash, $0) }
        withBytes(in: byteCount & ~7..<byteCount) { rest in
            for byte in rest { hash = Self.mix(hash, UInt64(byte)) }
        }
        return hash
    }

    /// Whether the words that `sampleHash` reads are all the same: a constant of zeros, most likely.
    package var looksUniform: Bool {
        var first: UInt64?
        var isUniform = true
        forSampledWords { word in
            isUniform = isUniform && (first ?? word) == word
            first = word
        }
        return isUniform
    }

    /// Few places are read, for each may cost a page of a file.
    private func forSampledWords(_ body: (UInt64) -> Void) {
        let bytes = byteCount & ~7
        let piece = 192
        let starts = bytes <= 3 * piece ? [0] : [0, bytes / 16 * 8, bytes - piece]
        for start in starts {
            withBytes(in: start..<(starts.count == 1 ? bytes : start + piece)) { buffer in
                for offset in stride(from: 0, to: buffer.count & ~7, by: 8) {
                    body(buffer.loadUnaligned(fromByteOffset: offset, as: UInt64.self))
                }
            }
        }
    }

    private static func mix(_ hash: UInt64, _ word: UInt64) -> UInt64 {
        let product = (hash ^ word ^ 0x9E37_79B9_7F4A_7C15).multipliedFullWidth(by: 0xD6E8_FEB8_6659_FD93)
        return product.high ^ product.low
    }
}
