import PackFormats

/// A message of protocol buffers' wire format in the making.
package struct WireBuilder {
    package private(set) var bytes: [UInt8] = []

    package init() {}

    package static func varint(_ value: UInt64) -> [UInt8] {
        var rest = value
        var bytes: [UInt8] = []
        while rest >= 0x80 {
            bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        return bytes + [UInt8(rest)]
    }

    package mutating func raw(_ raw: [UInt8]) { bytes += raw }

    package mutating func head(_ field: Int, type: Int) { bytes += Self.varint(UInt64(field << 3 | type)) }

    package mutating func int(_ field: Int, _ value: Int) {
        head(field, type: 0)
        bytes += Self.varint(UInt64(bitPattern: Int64(value)))
    }

    package mutating func float(_ field: Int, _ value: Float) {
        head(field, type: 5)
        withUnsafeBytes(of: value.bitPattern.littleEndian) { bytes += $0 }
    }

    package mutating func data(_ field: Int, _ data: [UInt8]) {
        head(field, type: 2)
        bytes += Self.varint(UInt64(data.count)) + data
    }

    package mutating func text(_ field: Int, _ text: String) { data(field, Array(text.utf8)) }

    package mutating func message(_ field: Int, _ build: (inout WireBuilder) -> Void) {
        var inner = WireBuilder()
        build(&inner)
        data(field, inner.bytes)
    }

    /// Integers in one field of bytes.
    package mutating func packed(_ field: Int, _ values: [Int]) {
        data(field, values.flatMap { Self.varint(UInt64(bitPattern: Int64($0))) })
    }

    // MARK: Messages of onnx.proto

    package mutating func tensor(
        _ field: Int, _ type: ONNXElementType, _ shape: [Int], name: String = "", raw: [UInt8]? = nil
    ) {
        message(field) {
            $0.packed(1, shape)
            $0.int(2, type.rawValue)
            if !name.isEmpty { $0.text(8, name) }
            if let raw { $0.data(9, raw) }
        }
    }

    package mutating func external(
        _ field: Int, _ entries: [String: String], shape: [Int] = [2], type: ONNXElementType = .float
    ) {
        message(field) { tensor in
            tensor.packed(1, shape)
            tensor.int(2, type.rawValue)
            for (key, value) in entries {
                tensor.message(13) {
                    $0.text(1, key)
                    $0.text(2, value)
                }
            }
            tensor.int(14, 1)
        }
    }

    package mutating func node(
        _ op: String, _ inputs: [String], _ outputs: [String], _ more: (inout WireBuilder) -> Void = { _ in }
    ) {
        message(1) {
            for input in inputs { $0.text(1, input) }
            for output in outputs { $0.text(2, output) }
            $0.text(4, op)
            more(&$0)
        }
    }

    /// A model of version 10 of the format and of operators 20.
    package static func model(ir: Int = 10, opset: Int = 20, _ graph: (inout WireBuilder) -> Void) -> [UInt8] {
        var model = WireBuilder()
        model.int(1, ir)
        model.text(2, "test")
        model.message(8) { $0.int(2, opset) }
        model.message(7) {
            $0.text(2, "g")
            graph(&$0)
        }
        return model.bytes
    }
}

/// Little-endian bytes of floats.
package func floatBytes(_ values: [Float]) -> [UInt8] {
    values.flatMap { value in withUnsafeBytes(of: value.bitPattern.littleEndian) { Array($0) } }
}
