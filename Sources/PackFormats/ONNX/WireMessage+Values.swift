/// Something that is written as a message of its own.
protocol WireDecodable {
    init(_ message: inout WireMessage) throws(ONNXFailure)
}

extension WireMessage {
    /// A 64-bit integer.
    mutating func int64(_ name: StaticString, _ index: Int? = nil) throws(ONNXFailure) -> Int {
        do throws(ONNXFailure) {
            guard wireType == 0 else { throw wrongType("a varint (0)") }
            return Int(Int64(bitPattern: try rawVarint()))
        } catch { throw error.inside(name, index) }
    }

    /// A 32-bit integer; negative ones are written as 64 bits.
    mutating func int32(_ name: StaticString) throws(ONNXFailure) -> Int {
        let value = try int64(name)
        guard Int32(exactly: value) != nil else {
            throw failure(.outOfRange, found: "\(value)", expected: "a number of 32 bits").inside(name)
        }
        return value
    }

    /// A float.
    mutating func float(_ name: StaticString) throws(ONNXFailure) -> Float {
        do throws(ONNXFailure) {
            guard wireType == 5 else { throw wrongType("4 bytes (5)") }
            return float(at: try take(4))
        } catch { throw error.inside(name) }
    }

    private func float(at offset: Int) -> Float {
        Float(bitPattern: UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: UInt32.self)))
    }

    /// The place of bytes, which are not read.
    mutating func data(_ name: StaticString, _ index: Int? = nil) throws(ONNXFailure) -> Range<Int> {
        do throws(ONNXFailure) {
            guard wireType == 2 else { throw wrongType("a length and bytes (2)") }
            return try rawLength()
        } catch { throw error.inside(name, index) }
    }

    /// A copy of some bytes.
    mutating func copy(_ name: StaticString, _ index: Int? = nil) throws(ONNXFailure) -> [UInt8] {
        let range = try data(name, index)
        try count(items: 1)
        return [UInt8](bytes[range])
    }

    /// A text.
    mutating func text(_ name: StaticString, _ index: Int? = nil) throws(ONNXFailure) -> String {
        let range = try data(name, index)
        try count(items: 1)
        let part = bytes[range]
        // Nearly all are ASCII, which needs no validation.
        if part.allSatisfy({ $0 < 0x80 }) { return String(decoding: part, as: UTF8.self) }
        guard let text = String(validating: part, as: UTF8.self) else {
            throw failure(.notUTF8, at: range.lowerBound, found: "other bytes", expected: "UTF-8").inside(name, index)
        }
        return text
    }

    /// A text of a list.
    mutating func text(_ name: StaticString, into list: inout [String]) throws(ONNXFailure) {
        list.append(try text(name, list.count))
    }

    /// A message.
    mutating func message<Value: WireDecodable>(
        _ name: StaticString, _ index: Int? = nil, as type: Value.Type = Value.self
    ) throws(ONNXFailure) -> Value {
        let range = try data(name, index)
        do throws(ONNXFailure) {
            var message = try inner(range)
            return try Value(&message)
        } catch { throw error.inside(name, index) }
    }

    /// A message of a list.
    mutating func message<Value: WireDecodable>(
        _ name: StaticString, into list: inout [Value]
    ) throws(ONNXFailure) {
        list.append(try message(name, list.count))
    }

    /// A message that may stand once.
    mutating func message<Value: WireDecodable>(
        _ name: StaticString, once value: inout Value?
    ) throws(ONNXFailure) {
        guard value == nil else {
            throw failure(.repeatedField, found: "a second one", expected: "at most one").inside(name)
        }
        value = try message(name)
    }

    /// Integers of a list: one, or several in a field of bytes.
    mutating func int64s(_ name: StaticString, into list: inout [Int]) throws(ONNXFailure) {
        guard wireType == 2 else {
            list.append(try int64(name, list.count))
            return try count(items: 1)
        }
        let range = try data(name)
        do throws(ONNXFailure) {
            var values = try inner(range)
            while values.position < range.upperBound {
                list.append(Int(Int64(bitPattern: try values.rawVarint())))
                try count(items: 1)
            }
        } catch { throw error.inside(name, list.count) }
    }

    /// Floats of a list: one, or several in a field of bytes.
    mutating func floats(_ name: StaticString, into list: inout [Float]) throws(ONNXFailure) {
        guard wireType == 2 else {
            list.append(try float(name))
            return try count(items: 1)
        }
        let range = try data(name)
        guard range.count % 4 == 0 else {
            throw failure(.cutOff, found: "\(range.count) bytes", expected: "floats of 4 bytes").inside(name)
        }
        try count(items: range.count / 4)
        for offset in stride(from: range.lowerBound, to: range.upperBound, by: 4) { list.append(float(at: offset)) }
    }
}
