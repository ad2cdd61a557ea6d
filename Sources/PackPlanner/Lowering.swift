import CPackKernels
import PackCore
import PackGraph

/// The state of lowering one graph: the tables so far and which plan value each graph value has become.
struct Lowering {
    var graph: Graph
    private(set) var storage: WeightStorage
    /// The node that makes each value.
    let producers: ValueMap<Int>
    var tables: PlanTables
    var chunks: [WeightChunk] = []
    var weights: [PlannedWeight] = []
    var dataBytes = 0
    var indices: ValueMap<UInt32> = [:]
    /// Symbols that an input or a step so far defines.
    var defined: Set<String> = []
    /// The node that defines each symbol which no input defines.
    let definers: [String: Int]
    /// The steps that begin loops, by the loops' numbers.
    var loopBegins: [Int: Int] = [:]
    private var weightIndices: ValueMap<[UInt32]> = [:]
    /// For each node, whether its results are computed at run time.
    private var needed: [Bool] = []

    /// Finds what all plans of the graph share, however they store weights.
    init(graph: Graph, symbolMaxima: [String: Int]) {
        self.graph = graph
        storage = WeightStorage(.f32)
        tables = PlanTables(symbolMaxima: symbolMaxima)
        producers = graph.producers()
        definers = Lowering.definers(graph)
        needed = neededNodes()
    }

    /// Lowers the graph, weights stored so.
    mutating func run(_ storage: WeightStorage) throws(PlannerError) {
        self.storage = storage
        for input in graph.inputs {
            let index = try tables.add(input.name, input.type, PACK_PLAN_INPUT)
            indices[input.name] = index
            tables.inputs.append(index)
            defined.formUnion(input.type.shape.compactMap(\.name))
        }
        for (index, node) in graph.nodes.enumerated() where needed[index] { try lower(node) }
        for output in graph.outputs { tables.outputs.append(try value(output, of: nil)) }
        settleLoops()
    }

    private func neededNodes() -> [Bool] {
        var needed = Array(repeating: false, count: graph.nodes.count)
        var waiting = graph.outputs.compactMap { producers[$0] }
        while let index = waiting.popLast() {
            if needed[index] { continue }
            needed[index] = true
            let node = graph.nodes[index]
            for input in dataInputs(node) where knownIntegers(input) == nil {
                if let producer = producers[input] { waiting.append(producer) }
            }
            // What defines the extents of its operands and results must run too.
            for value in node.inputs + node.outputs {
                for dimension in graph.types[value]?.shape ?? [] where dimension.constant == nil {
                    waiting += dimension.symbols.compactMap { definers[$0] }.filter { $0 <= index }
                }
            }
        }
        return needed
    }

    // MARK: Values

    func type(_ name: String, of node: Node?) throws(PlannerError) -> TensorType {
        guard let type = graph.types[name] ?? graph.constants[name].map(Lowering.type) else {
            throw PlannerError(
                node: node?.name ?? name, op: node?.op ?? "", found: "no type for value '\(name)'",
                expected: "types known from shape inference")
        }
        return type
    }

    private static func type(_ constant: Constant) -> TensorType {
        TensorType(constant.dtype, constant.shape.map { .constant($0) })
    }

    /// The plan value of a graph value that a step reads: made before, or a constant stored as it is.
    mutating func value(_ name: String, of node: Node?) throws(PlannerError) -> UInt32 {
        if name.isEmpty { return PACK_PLAN_ABSENT }
        if let known = indices[name] { return known }
        guard let constant = graph.constants[name] ?? knownIntegers(name) else {
            throw PlannerError(
                node: node?.name ?? name, op: node?.op ?? "", found: "value '\(name)' that no lowered node makes",
                expected: "a value computed at run time")
        }
        let index = try plain(name, constant)
        indices[name] = index
        return index
    }

    /// A constant as it is.
    mutating func plain(_ name: String, _ constant: Constant) throws(PlannerError) -> UInt32 {
        let dtype = constant.dtype
        let bytes = constant.byteCount
        let offset = reserve(bytes)
        chunks.append(
            WeightChunk(name: name, constant: constant, form: .plain, offsets: (offset, 0, 0), end: offset + bytes))
        weights.append(PlannedWeight(name: name, kind: nil, bytes: bytes))
        return try tables.add(
            name, TensorType(dtype, constant.shape.map { .constant($0) }), PACK_PLAN_WEIGHT, offset: offset,
            bytes: bytes)
    }

    /// Takes a place in the data section.
    private mutating func reserve(_ bytes: Int) -> Int {
        let offset = dataBytes
        dataBytes = (dataBytes + bytes + 63) & ~63
        return offset
    }

    /// Makes the value that a step writes. The step defines the symbols among its dimensions that are not defined yet.
    mutating func result(_ name: String, of node: Node) throws(PlannerError) -> UInt32 {
        let type = try type(name, of: node)
        let fresh = try freshSymbols(type, of: node)
        tables.measured.formUnion(fresh)
        let index = try tables.add(name, type, PACK_PLAN_ACTIVATION, isMeasured: !fresh.isEmpty)
        indices[name] = index
        return index
    }

    /// Lets a value of the graph be one of the plan that stands already.
    mutating func name(_ name: String, _ value: UInt32) { indices[name] = value }

    /// Makes a value for an intermediate result that the graph does not name.
    mutating func temporary(_ name: String, _ type: TensorType) throws(PlannerError) -> UInt32 {
        try tables.add(name, type, PACK_PLAN_ACTIVATION)
    }

    /// Lets a value stand for the bytes of another, in its own shape.
    mutating func alias(_ name: String, to source: String, of node: Node) throws(PlannerError) {
        let base = try value(source, of: node)
        let record = tables.values[Int(base)]
        let root = UInt32(record.kind) == PACK_PLAN_ALIAS.rawValue ? UInt32(record.data_offset) : base
        let type = try type(name, of: node)
        if let symbol = try freshSymbols(type, of: node).first {
            throw refuse(node, "dimension \(symbol) that only data tell", "dimensions known from shapes")
        }
        indices[name] = try tables.add(name, type, PACK_PLAN_ALIAS, offset: Int(root))
    }

    /// A step that makes the node's first output from values.
    mutating func step(
        _ op: pack_operator_id, _ node: Node, _ inputs: [UInt32], _ attributes: [Int64] = []
    ) throws(PlannerError) {
        guard let output = node.outputs.first else { throw refuse(node, "no output", "one output") }
        let result = try result(output, of: node)
        try add(op, node, inputs, [result], attributes)
    }

    /// A step that makes values.
    mutating func add(
        _ op: pack_operator_id, _ node: Node, _ inputs: [UInt32], _ outputs: [UInt32], _ attributes: [Int64] = []
    ) throws(PlannerError) {
        if !Lowering.measuring.contains(op.rawValue), outputs.contains(where: { tables.values[Int($0)].flags != 0 }) {
            throw refuse(node, "an extent that only running tells", "extents known from shapes")
        }
        tables.addStep(op, name: node.name, inputs: inputs, outputs: outputs, attributes: attributes)
    }

    // MARK: Packed weights

    /// How a matrix or a table is stored: as it is asked for, but floats of 16 bits stay so where f32 would say no more.
    private func kind(of name: String) -> WeightKind {
        let kind = storage.kind(of: name)
        guard kind == .f32 else { return kind }
        switch graph.constants[name]?.narrow {
        case .f16: return .f16
        case .bf16: return .bf16
        default: return .f32
        }
    }

    /// The values of a packed matrix: panels, and for int8 and int4 the scales and sums.
    mutating func panels(
        _ name: String, k: Int, n: Int, transposed: Bool, as fixed: WeightKind? = nil
    ) throws(PlannerError) -> (panels: UInt32, scales: UInt32, sums: UInt32) {
        var kind = fixed ?? kind(of: name)
        if kind == .int4, k > PACK_MAX_K_S4 { kind = .int8 }
        let bytes = kind.panelsBytes(k, n)
        let values = try packed(
            name, kind, .panels(kind, k: k, n: n, transposed: transposed), bytes: bytes, shape: nil, scales: n,
            suffix: transposed ? "panels" : "panels.untransposed", hasSums: true)
        return (values[0], values[1], values[2])
    }

    /// The values of an embedding table: rows, and for int8 and int4 their scales.
    mutating func table(_ name: String, of node: Node) throws(PlannerError) -> [UInt32] {
        guard !name.isEmpty else { return [PACK_PLAN_ABSENT, PACK_PLAN_ABSENT] }
        guard let constant = graph.constants[name], constant.shape.count == 2, constant.dtype.isFloat else {
            throw refuse(node, "table '\(name)' that is no constant matrix", "a constant matrix of floats")
        }
        return try rowTable(name, kind(of: name), rows: constant.shape[0], columns: constant.shape[1])
    }

    /// A constant as rows that are stored in a way of the user's choice, and for int8 and int4 the rows' scales.
    mutating func rowTable(
        _ name: String, _ kind: WeightKind, rows: Int, columns: Int
    ) throws(PlannerError) -> [UInt32] {
        let values = try packed(
            name, kind, .table(kind, rows: rows, columns: columns), bytes: rows * kind.rowBytes(columns),
            shape: [rows, kind.rowBytes(columns) / kind.dtype.size], scales: rows, suffix: "table", hasSums: false)
        return [values[0], values[1]]
    }

    private mutating func packed(
        _ name: String, _ kind: WeightKind, _ form: WeightChunk.Form, bytes: Int, shape: [Int]?, scales: Int,
        suffix: String, hasSums: Bool
    ) throws(PlannerError) -> [UInt32] {
        let key = name + "#" + suffix
        if let known = weightIndices[key] { return known }
        guard let constant = graph.constants[name] else {
            throw PlannerError(node: name, op: "", found: "no constant", expected: "a constant")
        }
        let dtype = kind.dtype
        let elements = reserve(bytes)
        let type = TensorType(dtype, (shape ?? [bytes / dtype.size]).map { .constant($0) })
        var result = [try tables.add(name, type, PACK_PLAN_WEIGHT, offset: elements, bytes: bytes)]
        var offsets = (elements: elements, scales: 0, sums: 0)
        var total = bytes
        var end = elements + bytes
        if kind.hasScales {
            offsets.scales = reserve(scales * 4)
            result.append(
                try tables.add(
                    name + ".scale", TensorType(.f32, [.constant(scales)]), PACK_PLAN_WEIGHT, offset: offsets.scales,
                    bytes: scales * 4))
            total += scales * 4
            end = offsets.scales + scales * 4
            if hasSums {
                offsets.sums = reserve(scales * 4)
                result.append(
                    try tables.add(
                        name + ".sum", TensorType(.i32, [.constant(scales)]), PACK_PLAN_WEIGHT, offset: offsets.sums,
                        bytes: scales * 4))
                total += scales * 4
                end = offsets.sums + scales * 4
            }
        }
        while result.count < 3 { result.append(PACK_PLAN_ABSENT) }
        chunks.append(WeightChunk(name: name, constant: constant, form: form, offsets: offsets, end: end))
        weights.append(PlannedWeight(name: name, kind: kind, bytes: total))
        weightIndices[key] = result
        return result
    }

    // MARK: Facts about nodes

    func refuse(_ node: Node, _ found: String, _ expected: String) -> PlannerError {
        PlannerError(node: node.name, op: node.op, found: found, expected: expected)
    }

    /// Runs a reader of attributes, whose error becomes a refusal.
    func read<Value>(_ node: Node, _ body: (Node) throws(GraphError) -> Value) throws(PlannerError) -> Value {
        do throws(GraphError) { return try body(node) } catch { throw refuse(node, error.found, error.expected) }
    }

    /// The integers of a constant input, or nil if the input is absent.
    func integers(_ node: Node, input index: Int) throws(PlannerError) -> [Int]? {
        guard let name = node.input(index) else { return nil }
        guard let constant = graph.constants[name], let values = try? constant.integers() else {
            throw refuse(node, "'\(name)' computed at run time", "constant integers")
        }
        return values
    }

    /// An axis counted from the front.
    func axis(_ axis: Int, rank: Int, _ node: Node) throws(PlannerError) -> Int {
        let result = axis < 0 ? axis + rank : axis
        guard result >= 0, result < Swift.max(rank, 1) else {
            throw refuse(node, "axis \(axis)", "an axis of a tensor with \(rank)")
        }
        return result
    }
}

/// The bits of a float as an attribute word.
func bits(_ value: Float) -> Int64 { Int64(value.bitPattern) }
