/// An attribute of a node (`AttributeProto`).
public struct ONNXAttribute: Sendable {
    /// Its name.
    public let name: String
    /// Its value.
    public let value: Value

    /// The kinds of values, as `AttributeProto.type` numbers them.
    public enum Kind: Int, Hashable, Sendable {
        case float = 1
        case int, string, tensor, graph, floats, ints, strings, tensors, graphs, sparseTensor, sparseTensors, type
        case types
    }

    /// A value.
    public indirect enum Value: Sendable {
        case float(Float)
        case int(Int)
        /// Texts need not be UTF-8.
        case string([UInt8])
        case tensor(ONNXTensor)
        case graph(ONNXGraph)
        case sparseTensor(ONNXSparseTensor)
        case type(ONNXType)
        case floats([Float])
        case ints([Int])
        case strings([[UInt8]])
        case tensors([ONNXTensor])
        case graphs([ONNXGraph])
        case sparseTensors([ONNXSparseTensor])
        case types([ONNXType])
        /// In a function: the value of the call's attribute of that name, if the call has one.
        case reference(String)
    }
}

/// The fields of an attribute's message.
private struct ONNXAttributeFields {
    var name = ""
    var reference: String?
    var kind: Int?
    var float: Float?
    var int: Int?
    var string: [UInt8]?
    var tensor: ONNXTensor?
    var graph: ONNXGraph?
    var sparse: ONNXSparseTensor?
    var type: ONNXType?
    var floats: [Float] = []
    var ints: [Int] = []
    var strings: [[UInt8]] = []
    var tensors: [ONNXTensor] = []
    var graphs: [ONNXGraph] = []
    var sparses: [ONNXSparseTensor] = []
    var types: [ONNXType] = []
}

extension ONNXAttribute: WireDecodable {
    init(_ message: inout WireMessage) throws(ONNXFailure) {
        var fields = ONNXAttributeFields()
        while let field = try message.next() {
            if try !Self.readOne(field, &message, into: &fields) {
                try Self.readList(field, &message, into: &fields)
            }
        }
        name = fields.name
        if let reference = fields.reference, !reference.isEmpty {
            value = .reference(reference)
        } else {
            value = try Self.value(fields, message)
        }
    }

    /// Reads what stands at most once. Answers whether it did.
    private static func readOne(
        _ field: Int, _ message: inout WireMessage, into fields: inout ONNXAttributeFields
    ) throws(ONNXFailure) -> Bool {
        switch field {
        case 1: fields.name = try message.text("name")
        case 2: fields.float = try message.float("f")
        case 3: fields.int = try message.int64("i")
        case 4: fields.string = try message.copy("s")
        case 5: try message.message("t", once: &fields.tensor)
        case 6: try message.message("g", once: &fields.graph)
        case 14: try message.message("tp", once: &fields.type)
        case 20: fields.kind = try message.int32("type")
        case 21: fields.reference = try message.text("ref_attr_name")
        case 22: try message.message("sparse_tensor", once: &fields.sparse)
        default: return false
        }
        return true
    }

    private static func readList(
        _ field: Int, _ message: inout WireMessage, into fields: inout ONNXAttributeFields
    ) throws(ONNXFailure) {
        switch field {
        case 7: try message.floats("floats", into: &fields.floats)
        case 8: try message.int64s("ints", into: &fields.ints)
        case 9: fields.strings.append(try message.copy("strings", fields.strings.count))
        case 10: try message.message("tensors", into: &fields.tensors)
        case 11: try message.message("graphs", into: &fields.graphs)
        case 15: try message.message("type_protos", into: &fields.types)
        case 23: try message.message("sparse_tensors", into: &fields.sparses)
        default: try message.skip()
        }
    }

    private static func value(
        _ fields: ONNXAttributeFields, _ message: WireMessage
    ) throws(ONNXFailure) -> Value {
        func needed<Part>(_ part: Part?, _ name: StaticString) throws(ONNXFailure) -> Part {
            guard let part else {
                throw message.failure(
                    .missingField, at: message.range.lowerBound, found: "no \(name)", expected: "\(name)")
            }
            return part
        }
        switch try kind(fields, message) {
        case .float: return .float(fields.float ?? 0)
        case .int: return .int(fields.int ?? 0)
        case .string: return .string(fields.string ?? [])
        case .tensor: return .tensor(try needed(fields.tensor, "t"))
        case .graph: return .graph(try needed(fields.graph, "g"))
        case .sparseTensor: return .sparseTensor(try needed(fields.sparse, "sparse_tensor"))
        case .type: return .type(try needed(fields.type, "tp"))
        case .floats: return .floats(fields.floats)
        case .ints: return .ints(fields.ints)
        case .strings: return .strings(fields.strings)
        case .tensors: return .tensors(fields.tensors)
        case .graphs: return .graphs(fields.graphs)
        case .sparseTensors: return .sparseTensors(fields.sparses)
        case .types: return .types(fields.types)
        }
    }

    /// The kind that the message states; files of the first version state none, there it is the field that is there.
    private static func kind(
        _ fields: ONNXAttributeFields, _ message: WireMessage
    ) throws(ONNXFailure) -> Kind {
        if let stated = fields.kind, stated != 0 {
            guard let kind = Kind(rawValue: stated) else {
                throw message.failure(
                    .unknownKind, at: message.range.lowerBound, found: "\(stated)", expected: "1 to 14"
                ).inside("type")
            }
            return kind
        }
        if fields.float != nil { return .float }
        if fields.int != nil { return .int }
        if fields.string != nil { return .string }
        if fields.tensor != nil { return .tensor }
        if fields.graph != nil { return .graph }
        if fields.sparse != nil { return .sparseTensor }
        if fields.type != nil { return .type }
        if !fields.floats.isEmpty { return .floats }
        if !fields.strings.isEmpty { return .strings }
        if !fields.tensors.isEmpty { return .tensors }
        if !fields.graphs.isEmpty { return .graphs }
        if !fields.sparses.isEmpty { return .sparseTensors }
        if !fields.types.isEmpty { return .types }
        return .ints
    }
}
