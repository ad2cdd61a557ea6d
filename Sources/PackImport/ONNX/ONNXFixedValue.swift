import PackCore
import PackFormats
import PackGraph

/// An input that gets a fixed value.
struct ONNXFixedValue {
    let name: String
    let type: TensorType
    let file: String

    /// The value as a constant of the input's type.
    ///
    /// - Throws: `ImportError` for what is no such value.
    func constant(_ value: ONNXSpecialization.Value) throws(ImportError) -> Constant {
        switch value {
        case .text(let text): return try constant(text)
        case .array(let array): return try constant(array)
        }
    }

    /// The value as texts, with their shape: what is written is one text.
    ///
    /// - Throws: `ImportError` for what is no such value.
    func texts(_ value: ONNXSpecialization.Value) throws(ImportError) -> ([[UInt8]], [Int]) {
        var (texts, shape): ([[UInt8]], [Int]) = ([], [])
        switch value {
        case .text(let text): (texts, shape) = ([Array(text.utf8)], type.shape.map { $0.constant ?? 1 })
        case .array(let array):
            guard array.dtype == .string else { throw refuse("elements of \(array.dtype.name)") }
            (texts, shape) = (array.texts, array.shape)
        }
        let fixed = TensorType(.string, shape.map(Dimension.constant))
        guard suits(shape), fixed.elementCount == texts.count else {
            throw refuse("\(texts.count) texts, shape \(shape)")
        }
        return (texts, shape)
    }

    private func suits(_ shape: [Int]) -> Bool {
        shape.count == type.shape.count && zip(shape, type.shape).allSatisfy { ($1.constant ?? $0) == $0 }
    }

    private func constant(_ array: NamedArray) throws(ImportError) -> Constant {
        guard array.dtype == type.dtype.numpyType else { throw refuse("elements of \(array.dtype.name)") }
        return try constant(array.shape, array.bytes)
    }

    private func constant(_ text: String) throws(ImportError) -> Constant {
        let words = text.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
        var shape = type.shape.map { $0.constant ?? 1 }
        if let free = type.shape.indices.first(where: { type.shape[$0].constant == nil }), type.shape.count == 1 {
            shape[free] = words.count
        }
        var count: Int? = 1
        for extent in shape {
            guard let (product, overflow) = count?.multipliedReportingOverflow(by: extent), !overflow else {
                throw refuse("'\(text)'")
            }
            count = product
        }
        guard count == words.count else { throw refuse("\(words.count) number\(words.count == 1 ? "" : "s")") }
        var bytes: [UInt8] = []
        for word in words {
            guard let element = element(word) else { throw refuse("'\(word)'") }
            bytes += element
        }
        return try constant(shape, bytes)
    }

    private func constant(_ shape: [Int], _ bytes: [UInt8]) throws(ImportError) -> Constant {
        guard suits(shape), let constant = try? Constant(type.dtype, shape, bytes: bytes) else {
            throw refuse("shape \(shape)")
        }
        return constant
    }

    private func refuse(_ found: String) -> ImportError {
        .contradiction("--value \(name): \(found)", "a value of type \(type)", file: file)
    }

    /// The bytes of one number.
    private func element(_ word: String) -> [UInt8]? {
        switch type.dtype {
        case .bool:
            return switch word {
            case "true", "1": [1]
            case "false", "0": [0]
            default: nil
            }
        case .f32: return Float(word).map { bytes($0) }
        case .f64: return Double(word).map { bytes($0) }
        case .f16: return Float(word).map { bytes(Float16($0).bitPattern) }
        case .bf16: return Float(word).map { bytes(Self.bfloat($0)) }
        case .i64: return Int64(word).map { bytes($0) }
        case .i32: return Int32(word).map { bytes($0) }
        case .i16: return Int16(word).map { bytes($0) }
        case .i8: return Int8(word).map { bytes($0) }
        case .u64: return UInt64(word).map { bytes($0) }
        case .u32: return UInt32(word).map { bytes($0) }
        case .u16: return UInt16(word).map { bytes($0) }
        case .u8: return UInt8(word).map { [$0] }
        default: return nil
        }
    }

    private func bytes<Number: BitwiseCopyable>(_ number: Number) -> [UInt8] {
        withUnsafeBytes(of: number) { Array($0) }
    }

    /// The nearest number of 16 bits, to even.
    private static func bfloat(_ value: Float) -> UInt16 {
        guard !value.isNaN else { return 0x7FC0 }
        let bits = value.bitPattern
        let rounded = bits.addingReportingOverflow(0x7FFF + (bits >> 16 & 1))
        return UInt16(truncatingIfNeeded: (rounded.overflow ? bits : rounded.partialValue) >> 16)
    }
}
