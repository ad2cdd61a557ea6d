import PackCore
import PackFormats
import PackGraph
import PackIO
import PackPlanner
import PackRuntime

/// One application of an operator with the outputs that another implementation gave, read from `NAME.json` and
/// `NAME.safetensors` (Tests/reference/operator_cases.py).
struct OperatorCase: Sendable, CustomStringConvertible {
    let name: String
    let op: String
    let attributes: [String: Attribute]
    /// Names of tensors; empty where an operand is absent.
    let inputs: [String]
    let outputs: [String]
    /// Operands that the graph holds as constants.
    let constants: Set<String>
    /// Axes of inputs that the graph leaves free: "input:axis" by name of the dimension.
    let free: [String: String]
    /// What results may differ by, relative and absolute.
    let tolerance: (relative: Float, absolute: Float)
    let tensors: Checkpoint

    var description: String { name }

    /// The cases of a file, or nil if it is no such file.
    static func load(_ path: String) -> [OperatorCase]? {
        guard let bytes = try? MappedFile(path: path + ".json").withBytes({ Array($0) }),
            let document = try? JSONDocument(bytes), let tensors = try? Checkpoint(file: path + ".safetensors")
        else { return nil }
        return document.root.elements.map { OperatorCase($0, tensors) }
    }

    private init(_ value: JSONValue, _ tensors: Checkpoint) {
        func strings(_ key: String) -> [String] { value[key]?.elements.compactMap(\.string) ?? [] }
        name = value["name"]?.string ?? ""
        op = value["op"]?.string ?? ""
        inputs = strings("inputs")
        outputs = strings("outputs")
        constants = Set(strings("constants"))
        var free: [String: String] = [:]
        for (key, dimension) in value["free"]?.members ?? [] { free[key] = dimension.string }
        self.free = free
        let numbers = value["tolerance"]?.elements.compactMap(\.double) ?? []
        tolerance = (Float(numbers.first ?? 1e-5), Float(numbers.last ?? 1e-6))
        var attributes: [String: Attribute] = [:]
        for (key, tagged) in value["attributes"]?.members ?? [] {
            guard let (kind, content) = tagged.members.first.map({ ($0.key, $0.value) }) else { continue }
            switch kind {
            case "int": attributes[key] = .int(content.int ?? 0)
            case "float": attributes[key] = .float(Float(content.double ?? 0))
            case "string": attributes[key] = .string(content.string ?? "")
            case "ints": attributes[key] = .ints(content.elements.compactMap(\.int))
            case "floats": attributes[key] = .floats(content.elements.compactMap(\.double).map { Float($0) })
            default: attributes[key] = .strings(content.elements.compactMap(\.string))
            }
        }
        self.attributes = attributes
        self.tensors = tensors
    }

    func tensor(_ name: String) throws -> TensorView {
        guard let tensor = tensors.tensor(named: name) else { throw Missing(name: name) }
        return tensor
    }

    struct Missing: Error { let name: String }

    /// The graph of the one node; with `computed`, no operand is a constant.
    func graph(computed: Bool = false) throws -> Graph {
        var graph = Graph()
        for name in Set(inputs) where !name.isEmpty {
            let tensor = try tensor(name)
            let dtype = tensor.record.type.dtype ?? .u8
            if !computed, constants.contains(name) {
                graph.constants[name] = try Constant(dtype, tensor.record.shape, bytes: tensor.withBytes { Array($0) })
                continue
            }
            let shape = tensor.record.shape.enumerated().map { axis, extent -> Dimension in
                free["\(inputs.firstIndex(of: name) ?? 0):\(axis)"].map { .symbol($0) } ?? .constant(extent)
            }
            graph.inputs.append(Port(name, TensorType(dtype, shape)))
        }
        graph.nodes = [Node(op, name: name, inputs: inputs, outputs: outputs, attributes: attributes)]
        graph.outputs = outputs.filter { !$0.isEmpty }
        try graph.inferTypes()
        return graph
    }

    /// Runs the case and says what is wrong with the results; empty if nothing is.
    func differences(threads: Int, isa: String? = nil, computed: Bool = false) throws -> String {
        let metadata = PlanMetadata(task: .tensors)
        let image = try Planner.draft(graph(computed: computed), storage: WeightStorage(.f32), metadata: metadata)
            .makeImage()
        let session = try Session(plan: image.bytes, threads: threads, instructionSet: isa, keeping: image)
        for input in 0..<session.inputCount {
            try session.setInputShape(input, tensor(session.name(ofInput: input)).record.shape)
        }
        try session.prepare()
        for input in 0..<session.inputCount {
            try tensor(session.name(ofInput: input)).withBytes { session.inputBytes(input).copyMemory(from: $0) }
        }
        try session.run()
        var found = ""
        for output in 0..<session.outputCount {
            let expected = try tensor(String(decoding: session.outputName(output), as: UTF8.self))
            found += difference(session, output, expected)
        }
        return found
    }

    private func difference(_ session: Session, _ output: Int, _ expected: TensorView) -> String {
        let name = expected.record.name
        let shape = (0..<session.outputRank(output)).map { session.outputDimension(output, $0) }
        guard shape == expected.record.shape, session.outputDType(output) == expected.record.type.dtype else {
            return "\(name): \(session.outputDType(output).name)\(shape), not \(expected.record.shape); "
        }
        return expected.withBytes { bytes in
            guard let dtype = expected.record.type.dtype, dtype == .f32 || dtype == .f16 else {
                return bytes.elementsEqual(session.outputBytes(output)) ? "" : "\(name): bytes differ; "
            }
            func float(_ bytes: UnsafeRawBufferPointer, _ index: Int) -> Float {
                dtype == .f32
                    ? bytes.loadUnaligned(fromByteOffset: index * 4, as: Float.self)
                    : Float(Float16(bitPattern: bytes.loadUnaligned(fromByteOffset: index * 2, as: UInt16.self)))
            }
            for index in 0..<bytes.count / dtype.size {
                let (found, wanted) = (float(session.outputBytes(output), index), float(bytes, index))
                if found == wanted || (found.isNaN && wanted.isNaN) { continue }
                if !(abs(found - wanted) <= tolerance.absolute + tolerance.relative * abs(wanted)) {
                    return "\(name)[\(index)] is \(found), not \(wanted); "
                }
            }
            return ""
        }
    }
}
