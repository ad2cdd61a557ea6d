import PackCore
import PackQuantize
import PackRuntime

/// Made-up inputs as a request.
enum SampleRequest {
    /// `{"inputs": {"NAME": [[…]], …}}`.
    static func json(_ inputs: SampleInputs, _ session: Session) -> String {
        json(
            inputs.arrays.enumerated().map { input, array in
                let name = String(decoding: session.inputName(input), as: UTF8.self)
                return (name, array.shape, session.inputDType(input), array.bytes)
            })
    }

    /// The same of inputs by name; texts are taken to be empty.
    static func json(_ inputs: [(name: String, shape: [Int], dtype: DType, bytes: [UInt8])]) -> String {
        let parts = inputs.map { name, shape, dtype, bytes in
            var offset = 0
            return "\(quoted(name)): " + bytes.withUnsafeBytes { list(shape[...], dtype, $0, &offset) }
        }
        return "{\"inputs\": {" + parts.joined(separator: ", ") + "}}"
    }

    private static func list(
        _ shape: ArraySlice<Int>, _ dtype: DType, _ bytes: UnsafeRawBufferPointer, _ offset: inout Int
    ) -> String {
        guard let extent = shape.first else {
            defer { offset += dtype.size }
            return number(dtype, bytes, offset)
        }
        var parts: [String] = []
        for _ in 0..<extent { parts.append(list(shape.dropFirst(), dtype, bytes, &offset)) }
        return "[" + parts.joined(separator: ",") + "]"
    }

    private static func number(_ dtype: DType, _ bytes: UnsafeRawBufferPointer, _ offset: Int) -> String {
        switch dtype {
        case .f32: "\(bytes.loadUnaligned(fromByteOffset: offset, as: Float.self))"
        case .f64: "\(bytes.loadUnaligned(fromByteOffset: offset, as: Double.self))"
        case .f16: "\(Float(Float16(bitPattern: bytes.loadUnaligned(fromByteOffset: offset, as: UInt16.self))))"
        case .bf16: "\(Float(bitPattern: UInt32(bytes.loadUnaligned(fromByteOffset: offset, as: UInt16.self)) << 16))"
        case .bool: bytes[offset] == 0 ? "false" : "true"
        case .i8: "\(Int8(bitPattern: bytes[offset]))"
        case .i4, .u4, .i2, .u2: "\(NarrowInteger.value(bytes[offset], dtype))"
        case .f8e4m3fn, .f8e4m3fnuz, .f8e5m2, .f8e5m2fnuz, .f8e8m0, .f4e2m1:
            "\(NarrowFloat(dtype)?.value(bytes[offset]) ?? 0)"
        case .u8: "\(bytes[offset])"
        case .i16, .u16: "\(bytes.loadUnaligned(fromByteOffset: offset, as: UInt16.self))"
        case .i32, .u32: "\(bytes.loadUnaligned(fromByteOffset: offset, as: UInt32.self))"
        case .i64, .u64: "\(bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self))"
        // The empty text is the only one that is made up.
        case .string: "\"\""
        }
    }

    private static func quoted(_ name: String) -> String {
        var text = "\""
        for scalar in name.unicodeScalars {
            switch scalar {
            case "\"", "\\": text += "\\\(scalar)"
            case _ where scalar.value < 0x20:
                let digits = String(scalar.value, radix: 16)
                text += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            default: text.unicodeScalars.append(scalar)
            }
        }
        return text + "\""
    }
}
