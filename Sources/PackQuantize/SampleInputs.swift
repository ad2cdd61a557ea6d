import PackCore
import PackRuntime

/// Made-up inputs for a model that takes tensors: the same for the same seed.
public struct SampleInputs: Sendable {
    /// One input.
    public struct Array: Sendable {
        /// Its extents.
        public let shape: [Int]
        /// Its elements, row-major.
        public let bytes: [UInt8]
    }

    /// In the order of the model's inputs.
    public let arrays: [Array]

    /// What free axes other than the first may be; the first one that a model takes is used.
    public static let extents = [16, 32, 64, 128, 224, 256, 1]

    /// Bytes that an input may have.
    private static let limit = 1 << 28

    /// Inputs of the shapes that a session takes.
    ///
    /// Free first axes are 1, for one request. Floats are between −1 and 1, integers 0 or 1 (they may be indices into
    /// anything), bytes anything, texts empty. Bytes that the model decodes are an image file.
    ///
    /// - Parameters:
    ///   - session: The model.
    ///   - seed: What they are made from.
    ///   - extent: Of free axes other than the first.
    /// - Returns: nil for shapes of more than 256 MB.
    public init?(for session: Session, seed: UInt64, extent: Int) {
        guard let shapes = Self.shapes(for: session, extent: extent) else { return nil }
        var state = seed &* 0x9E37_79B9_7F4A_7C15 &+ 1
        arrays = shapes.enumerated().map { input, shape in
            var bytes = Self.elements(session.inputDType(input), shape.reduce(1, *), &state)
            if SampleImage.isWanted(session, input: input) { SampleImage.begin(&bytes, side: extent) }
            return Array(shape: shape, bytes: bytes)
        }
    }

    /// The shapes alone, one for each input; the parameters and the result are those of the initializer.
    public static func shapes(for session: Session, extent: Int) -> [[Int]]? {
        var shapes: [[Int]] = []
        for input in 0..<session.inputCount {
            let first = SampleImage.isWanted(session, input: input) ? SampleImage.count(side: extent) : 1
            let shape = (0..<session.inputRank(input)).map { axis in
                session.inputDimension(input, axis) ?? (axis == 0 ? first : extent)
            }
            var count = 1
            for extent in shape {
                let (product, overflow) = count.multipliedReportingOverflow(by: extent)
                guard !overflow, product <= limit / session.inputDType(input).size else { return nil }
                count = product
            }
            shapes.append(shape)
        }
        return shapes
    }

    private static func elements(_ dtype: DType, _ count: Int, _ state: inout UInt64) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(count * dtype.size)
        for _ in 0..<count {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            let word = state >> 33
            let unit = Float(word) / Float(1 << 30) - 1
            switch dtype {
            case .f32: append(unit.bitPattern, to: &bytes)
            case .f64: append(Double(unit).bitPattern, to: &bytes)
            case .bf16: append(UInt16(truncatingIfNeeded: unit.bitPattern >> 16), to: &bytes)
            case .f16: append(half(unit), to: &bytes)
            case .u8: bytes.append(UInt8(truncatingIfNeeded: word >> 8))
            case .f8e4m3fn, .f8e4m3fnuz, .f8e5m2, .f8e5m2fnuz, .f8e8m0, .f4e2m1:
                bytes.append(NarrowFloat(dtype)?.code(Double(unit), saturates: true) ?? 0)
            case .i8, .bool, .i4, .u4, .i2, .u2: bytes.append(UInt8(word >> 30 & 1))
            case .i16, .u16: append(UInt16(word >> 30 & 1), to: &bytes)
            case .i32, .u32: append(UInt32(word >> 30 & 1), to: &bytes)
            case .i64, .u64: append(UInt64(word >> 30 & 1), to: &bytes)
            // The empty text.
            case .string: append(UInt64(0), to: &bytes)
            }
        }
        return bytes
    }

    private static func half(_ value: Float) -> UInt16 { Float16(value).bitPattern }

    private static func append<Word: FixedWidthInteger>(_ word: Word, to bytes: inout [UInt8]) {
        withUnsafeBytes(of: word.littleEndian) { bytes += $0 }
    }
}

extension Session {
    /// Computes all outputs for made-up inputs.
    ///
    /// - Throws: `RuntimeError` if the model does not take them.
    public func run(_ inputs: SampleInputs) throws(RuntimeError) {
        for (input, array) in inputs.arrays.enumerated() { try setInputShape(input, array.shape) }
        try prepare()
        for (input, array) in inputs.arrays.enumerated() { inputBytes(input).copyBytes(from: array.bytes) }
        try run()
    }

    /// An output's elements as floats; integers are converted.
    public func outputFloats(_ output: Int) -> [Float] {
        let bytes = outputBytes(output)
        func all<Element: BitwiseCopyable>(_ type: Element.Type, _ convert: (Element) -> Float) -> [Float] {
            let size = MemoryLayout<Element>.size
            return (0..<bytes.count / size).map { convert(bytes.loadUnaligned(fromByteOffset: $0 * size, as: type)) }
        }
        switch outputDType(output) {
        case .f32: return all(Float.self) { $0 }
        case .f64: return all(Double.self) { Float($0) }
        case .f16: return all(UInt16.self) { Float(Float16(bitPattern: $0)) }
        case .bf16: return all(UInt16.self) { Float(bitPattern: UInt32($0) << 16) }
        case .string: return all(Int64.self) { Comparison.number(ofText: text($0)) }
        case .i64: return all(Int64.self) { Float($0) }
        case .u64: return all(UInt64.self) { Float($0) }
        case .i32: return all(Int32.self) { Float($0) }
        case .u32: return all(UInt32.self) { Float($0) }
        case .i16: return all(Int16.self) { Float($0) }
        case .u16: return all(UInt16.self) { Float($0) }
        case .i8: return all(Int8.self) { Float($0) }
        case .u8, .bool: return all(UInt8.self) { Float($0) }
        case .i4, .u4, .i2, .u2:
            let dtype = outputDType(output)
            return all(UInt8.self) { Float(NarrowInteger.value($0, dtype)) }
        case .f8e4m3fn, .f8e4m3fnuz, .f8e5m2, .f8e5m2fnuz, .f8e8m0, .f4e2m1:
            let format = NarrowFloat(outputDType(output))
            return all(UInt8.self) { format?.value($0) ?? 0 }
        }
    }
}
