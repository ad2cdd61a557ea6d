extension ONNXTensor {
    /// The elements without gaps, row-major and little-endian, copied out of a list of numbers.
    ///
    /// - Parameters:
    ///   - field: The list.
    ///   - message: The tensor's message.
    ///   - bytes: The file.
    /// - Returns: As many bytes as the shape asks for.
    func elements(field: Int, message: Range<Int>, in bytes: UnsafeRawBufferPointer) -> [UInt8] {
        let width = ONNXNumberField(rawValue: field)?.width
        let size = byteCount
        var result: [UInt8] = []
        result.reserveCapacity(size)
        let bits = type.bits ?? 8
        // Numbers of lists that are not varints are stored as they are; others are cut to the element's size.
        let stored = width ?? (bits < 8 ? 1 : bits / 8)
        Self.forNumbers(field, message, bytes, width: width) { number in
            for byte in 0..<stored where result.count < size || bits == 6 {
                result.append(UInt8(truncatingIfNeeded: number >> UInt64(byte * 8)))
            }
        }
        if bits == 6 { result = Self.packed6(result) }
        // The file may have been changed since it was checked.
        result += [UInt8](repeating: 0, count: max(0, size - result.count))
        return Array(result.prefix(size))
    }

    /// Four elements of 6 bits in three bytes, the first in the lowest bits.
    private static func packed6(_ codes: [UInt8]) -> [UInt8] {
        var result: [UInt8] = []
        var buffer: UInt32 = 0
        var bits: UInt32 = 0
        for code in codes {
            buffer |= UInt32(code & 63) << bits
            bits += 6
            while bits >= 8 {
                result.append(UInt8(truncatingIfNeeded: buffer))
                buffer >>= 8
                bits -= 8
            }
        }
        if bits > 0 { result.append(UInt8(truncatingIfNeeded: buffer)) }
        return result
    }

    private static func forNumbers(
        _ wanted: Int, _ range: Range<Int>, _ bytes: UnsafeRawBufferPointer, width: Int?, _ body: (UInt64) -> Void
    ) {
        var message = WireMessage(bytes, again: range)
        while let field = try? message.next() {
            guard field == wanted else {
                guard (try? message.skip()) != nil else { return }
                continue
            }
            if message.wireType == 2 {
                guard let data = try? message.rawLength() else { return }
                var values = WireMessage(bytes, again: data)
                while values.position < data.upperBound, let number = values.number(width) { body(number) }
            } else {
                guard let number = message.number(width) else { return }
                body(number)
            }
        }
    }

    /// The texts of a tensor of strings, as bytes.
    func texts(message range: Range<Int>, in bytes: UnsafeRawBufferPointer) -> [[UInt8]] {
        var message = WireMessage(bytes, again: range)
        var result: [[UInt8]] = []
        while let field = try? message.next() {
            if field == 6, let data = try? message.data("string_data") {
                result.append([UInt8](bytes[data]))
            } else if (try? message.skip()) == nil {
                break
            }
        }
        return result
    }
}

extension WireMessage {
    /// A number as its bits: a varint, or so many bytes.
    fileprivate mutating func number(_ width: Int?) -> UInt64? {
        guard let width else { return try? rawVarint() }
        guard let offset = try? take(width) else { return nil }
        return width == 4
            ? UInt64(UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: UInt32.self)))
            : UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self))
    }
}
