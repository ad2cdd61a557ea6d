import PackIO

/// A value as test data has it (`onnx-data.proto`): inputs and outputs of models.
public indirect enum ONNXValue: Sendable {
    /// `TensorProto`.
    case tensor(ONNXTensor)
    /// `SparseTensorProto`.
    case sparseTensor(ONNXSparseTensor)
    /// `SequenceProto`.
    case sequence([ONNXValue])
    /// `MapProto`: keys are integers or texts.
    case map(keys: [Int], texts: [[UInt8]], values: [ONNXValue])
    /// `OptionalProto`; nil for none.
    case optional(ONNXValue?)

    /// The kinds of values, which a file does not tell.
    public enum Kind: Hashable, Sendable {
        case tensor, sequence, map, optional
    }

    /// Maps a file and reads the value that it is.
    public static func read(_ path: String, as kind: Kind) throws(FormatFailure) -> ONNXValue {
        let file = try FormatFailure.reading { () throws(IOFailure) in try MappedFile(path: path) }
        switch kind {
        case .tensor: return .tensor(try ONNXFile.decode(file))
        case .sequence: return try (ONNXFile.decode(file) as Sequence).value
        case .map: return try (ONNXFile.decode(file) as Map).value
        case .optional: return try (ONNXFile.decode(file) as Optional).value
        }
    }

    private struct Sequence: WireDecodable {
        var value = ONNXValue.sequence([])

        init(_ message: inout WireMessage) throws(ONNXFailure) {
            var values: [ONNXValue] = []
            while let field = try message.next() {
                let index = values.count
                switch field {
                case 3: values.append(.tensor(try message.message("tensor_values", index)))
                case 4: values.append(.sparseTensor(try message.message("sparse_tensor_values", index)))
                case 5: values.append(try message.message("sequence_values", index, as: Sequence.self).value)
                case 6: values.append(try message.message("map_values", index, as: Map.self).value)
                case 7: values.append(try message.message("optional_values", index, as: Optional.self).value)
                default: try message.skip()
                }
            }
            value = .sequence(values)
        }
    }

    private struct Map: WireDecodable {
        var value = ONNXValue.map(keys: [], texts: [], values: [])

        init(_ message: inout WireMessage) throws(ONNXFailure) {
            var keys: [Int] = []
            var texts: [[UInt8]] = []
            var values: [ONNXValue] = []
            while let field = try message.next() {
                switch field {
                case 3: try message.int64s("keys", into: &keys)
                case 4: texts.append(try message.copy("string_keys", texts.count))
                case 5:
                    if case .sequence(let list) = try message.message("values", as: Sequence.self).value {
                        values = list
                    }
                default: try message.skip()
                }
            }
            value = .map(keys: keys, texts: texts, values: values)
        }
    }

    private struct Optional: WireDecodable {
        var value = ONNXValue.optional(nil)

        init(_ message: inout WireMessage) throws(ONNXFailure) {
            while let field = try message.next() {
                switch field {
                case 3: value = .optional(.tensor(try message.message("tensor_value")))
                case 4: value = .optional(.sparseTensor(try message.message("sparse_tensor_value")))
                case 5: value = .optional(try message.message("sequence_value", as: Sequence.self).value)
                case 6: value = .optional(try message.message("map_value", as: Map.self).value)
                case 7: value = .optional(try message.message("optional_value", as: Optional.self).value)
                default: try message.skip()
                }
            }
        }
    }
}
