import PackCore
import PackFormats
import PackGraph

extension ONNXRules {
    /// Fixed values, casts, and what inference does not do.
    static let values: [String: ONNXRule] = [
        "Constant": constant, "ConstantOfShape": filled, "Cast": cast, "CastLike": castLike,
        "Dropout": dropout,
    ]

    @Sendable private static func constant(
        _ importer: inout ONNXImporter, _ operation: ONNXOperation
    ) throws(ONNXRefusal) {
        guard let name = operation.output(0) else { return }
        guard operation.attributes.count == 1, let value = operation.attributes.first?.value else {
            throw ONNXRefusal(
                .invalid, found: "\(operation.attributes.count) attributes", expected: "one that is the value")
        }
        do throws(GraphError) {
            switch value {
            case .tensor(let tensor): importer.add(name, try literal(importer, tensor))
            case .sparseTensor(let tensor): importer.add(name, try literal(importer, tensor))
            case .int(let value): importer.add(name, try Constant(integers: [value], shape: []))
            case .ints(let values): importer.add(name, try Constant(integers: values, shape: [values.count]))
            case .float(let value): importer.add(name, try Constant(floats: [value], shape: []))
            case .floats(let values): importer.add(name, try Constant(floats: values, shape: [values.count]))
            case .string(let bytes): importer.add(name, try literal(importer, [bytes], shape: []))
            case .strings(let list): importer.add(name, try literal(importer, list, shape: [list.count]))
            default:
                throw GraphError(.unsupported, found: "a value that is no tensor", expected: "numbers or texts")
            }
        } catch {
            throw ONNXRefusal(
                error.kind == .unsupported ? .unsupportedType : .invalid, found: error.found, expected: error.expected)
        }
    }

    private static func literal(_ importer: ONNXImporter, _ tensor: ONNXTensor) throws(GraphError) -> Constant {
        do throws(ONNXRefusal) { return try importer.constant(tensor) } catch {
            throw GraphError(.unsupported, found: error.found, expected: error.expected)
        }
    }

    private static func literal(
        _ importer: ONNXImporter, _ texts: [[UInt8]], shape: [Int]
    ) throws(GraphError) -> Constant {
        do throws(ONNXRefusal) { return try importer.texts(texts, shape: shape) } catch {
            throw GraphError(.wrongConstant, found: error.found, expected: error.expected)
        }
    }

    private static func literal(_ importer: ONNXImporter, _ tensor: ONNXSparseTensor) throws(GraphError) -> Constant {
        do throws(ONNXRefusal) { return try importer.dense(tensor) } catch {
            throw GraphError(.unsupported, found: error.found, expected: error.expected)
        }
    }

    /// ConstantOfShape fills with integers (i64) or floats (f32); other types are casts of these.
    @Sendable private static func filled(
        _ importer: inout ONNXImporter, _ operation: ONNXOperation
    ) throws(ONNXRefusal) {
        let shape = try operation.required(0)
        guard let output = operation.output(0) else { return }
        var dtype = DType.f32
        var value = Attribute.float(0)
        switch operation.attributes["value"] {
        case nil: break
        case .int(let number)?: (dtype, value) = (.i64, .int(number))
        case .float(let number)?: value = .float(number)
        case .tensor(let tensor)?:
            let constant = try importer.constant(tensor)
            dtype = constant.dtype
            if dtype == .string, constant.count == 1 {
                return importer.emit(
                    "ConstantOfShape", operation, [shape], ["value": .tensor(constant)], outputs: [output])
            }
            guard
                let number: Attribute = constant.scalarInteger.map(Attribute.int)
                    ?? constant.scalarFloat.map(Attribute.float)
            else { throw ONNXRefusal(.invalid, found: "a value of shape \(constant.shape)", expected: "one element") }
            value = number
        default: throw ONNXRefusal(.invalid, found: "a value that is no tensor", expected: "one element")
        }
        guard dtype != .f32, dtype != .i64 else {
            return importer.emit("ConstantOfShape", operation, [shape], ["value": value], outputs: [output])
        }
        let wide = importer.helper("ConstantOfShape", operation, [shape], ["value": value])
        importer.emit("Cast", operation, [wide], ["to": .dtype(dtype)], outputs: [output])
    }

    /// Before version 6 the type is a text.
    @Sendable private static func cast(
        _ importer: inout ONNXImporter, _ operation: ONNXOperation
    ) throws(ONNXRefusal) {
        var attributes = importer.plain(operation)
        if case .string(let text)? = operation.attributes["to"] {
            let name = String(decoding: text, as: UTF8.self).lowercased()
            guard let type = ONNXElementType.allCases.first(where: { $0.name == name }) else {
                throw ONNXRefusal(.invalid, found: "to = \(name)", expected: "an element type")
            }
            attributes["to"] = .int(type.rawValue)
        }
        if case .int(let code)? = attributes["to"], let type = ONNXElementType(rawValue: code), type.dtype == nil {
            throw ONNXRefusal(.unsupportedType, found: "a cast to \(type.name)", expected: "a type of whole bytes")
        }
        if case .int(let code)? = attributes["to"], let dtype = DType(onnxCode: code),
            try castTexts(&importer, operation, dtype)
        {
            return
        }
        importer.emit("Cast", operation, operation.inputs, attributes)
    }

    @Sendable private static func castLike(
        _ importer: inout ONNXImporter, _ operation: ONNXOperation
    ) throws(ONNXRefusal) {
        if let dtype = importer.graph.types[try operation.required(1)]?.dtype {
            if try castTexts(&importer, operation, dtype) { return }
        }
        try same(&importer, operation)
    }
}
