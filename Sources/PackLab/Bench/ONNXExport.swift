import PackCore
public import PackGraph

/// Writes a graph of ONNX operators as an ONNX file, for peers to run.
///
/// Wire format: `ModelProto` of onnx.proto3 (IR version 9, operator set 20), weights as `raw_data`. Only what `Graph` can hold.
public enum ONNXExport {
    /// The file's bytes. A constant that nodes do not read is left out.
    public static func bytes(of graph: Graph) -> [UInt8] {
        var body = ProtobufWriter()
        for node in graph.nodes { body.message(1) { write(node, &$0) } }
        body.string(2, "main")
        let read = Set(graph.nodes.flatMap(\.inputs))
        for (name, constant) in graph.constants.sorted(by: { $0.key < $1.key }) where read.contains(name) {
            body.message(5) { write(name, constant, &$0) }
        }
        for input in graph.inputs { body.message(11) { write(input.name, input.type, &$0) } }
        for output in graph.outputs {
            let type = graph.types[output] ?? TensorType(.f32, [])
            body.message(12) { write(output, type, &$0) }
        }
        var model = ProtobufWriter()
        model.integer(1, 9)
        model.string(2, "pack")
        model.bytes(7, body.bytes)
        model.message(8) { $0.integer(2, 20) }
        return model.bytes
    }

    private static func write(_ node: Node, _ writer: inout ProtobufWriter) {
        for input in node.inputs { writer.string(1, input) }
        for output in node.outputs { writer.string(2, output) }
        writer.string(3, node.name)
        writer.string(4, node.op)
        for (name, attribute) in node.attributes.sorted(by: { $0.key < $1.key }) {
            writer.message(5) { writer in
                writer.string(1, name)
                switch attribute {
                case .float(let value):
                    writer.float(2, value)
                    writer.integer(20, 1)
                case .int(let value):
                    writer.integer(3, value)
                    writer.integer(20, 2)
                case .string(let value):
                    writer.string(4, value)
                    writer.integer(20, 3)
                case .floats(let values):
                    for value in values { writer.float(7, value) }
                    writer.integer(20, 6)
                case .ints(let values):
                    for value in values { writer.integer(8, value) }
                    writer.integer(20, 7)
                case .strings(let values):
                    for value in values { writer.string(9, value) }
                    writer.integer(20, 8)
                case .tensor(let constant):
                    writer.message(5) { write("", constant, &$0) }
                    writer.integer(20, 4)
                }
            }
        }
    }

    private static func write(_ name: String, _ constant: Constant, _ writer: inout ProtobufWriter) {
        for extent in constant.shape { writer.integer(1, extent) }
        writer.integer(2, constant.dtype.onnxCode)
        writer.string(8, name)
        constant.withBytes { writer.bytes(9, $0) }
    }

    private static func write(_ name: String, _ type: TensorType, _ writer: inout ProtobufWriter) {
        writer.string(1, name)
        writer.message(2) { writer in
            writer.message(1) { writer in
                writer.integer(1, type.dtype.onnxCode)
                writer.message(2) { writer in
                    for dimension in type.shape {
                        writer.message(1) { writer in
                            if let count = dimension.constant {
                                writer.integer(1, count)
                            } else {
                                writer.string(2, "\(dimension)")
                            }
                        }
                    }
                }
            }
        }
    }
}

/// Appends fields in protobuf's wire format.
private struct ProtobufWriter {
    private(set) var bytes: [UInt8] = []

    private mutating func varint(_ value: UInt64) {
        var rest = value
        while rest >= 0x80 {
            bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        bytes.append(UInt8(rest))
    }

    private mutating func key(_ field: Int, _ wireType: UInt64) { varint(UInt64(field) << 3 | wireType) }

    mutating func integer(_ field: Int, _ value: Int) {
        key(field, 0)
        varint(UInt64(bitPattern: Int64(value)))
    }

    mutating func float(_ field: Int, _ value: Float) {
        key(field, 5)
        withUnsafeBytes(of: value.bitPattern.littleEndian) { bytes += $0 }
    }

    mutating func string(_ field: Int, _ value: String) { self.bytes(field, Array(value.utf8)) }

    mutating func bytes(_ field: Int, _ value: some Collection<UInt8>) {
        key(field, 2)
        varint(UInt64(value.count))
        bytes += value
    }

    mutating func message(_ field: Int, _ body: (inout ProtobufWriter) -> Void) {
        var inner = ProtobufWriter()
        body(&inner)
        bytes(field, inner.bytes)
    }
}
