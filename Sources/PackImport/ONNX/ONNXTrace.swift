import PackCore
import PackGraph

/// A walk back from values to the inputs that they depend on.
struct ONNXTrace {
    private let graph: Graph
    private let producers: ValueMap<Int>
    private let folded: ValueMap<Constant>
    private let needed: [String: [ONNXRefusal.Unknown]]
    private let ports: [String: TensorType]
    private let symbols: Set<String>
    private var needs: [ONNXNeed] = []
    private var open: [ONNXRefusal.Unknown] = []
    private var seen: Set<ONNXRefusal.Unknown> = []

    /// Steps back from a value that are taken at most.
    private static let limit = 4096

    /// - Parameters:
    ///   - producers: The nodes that make values.
    ///   - folded: Small results that are known, of nodes that are in the graph.
    ///   - needed: What would have to be fixed of inputs that could not be taken.
    init(
        _ graph: Graph, _ producers: ValueMap<Int>, folded: ValueMap<Constant> = [:],
        needed: [String: [ONNXRefusal.Unknown]] = [:]
    ) {
        (self.graph, self.producers, self.folded, self.needed) = (graph, producers, folded, needed)
        ports = Dictionary(graph.inputs.map { ($0.name, $0.type) }) { first, _ in first }
        symbols = Set(graph.inputs.flatMap { $0.type.shape.flatMap(\.symbols) })
    }

    /// What would have to be fixed for all of it to be known; empty where that does not help.
    mutating func follow(_ parts: [ONNXRefusal.Unknown]) -> [ONNXNeed] {
        parts.allSatisfy { follow($0) } ? needs : []
    }

    /// Whether everything that the value depends on is known or can be fixed.
    private mutating func follow(_ part: ONNXRefusal.Unknown) -> Bool {
        push(part)
        var steps = 0
        while let part = open.popLast() {
            steps += 1
            guard steps <= Self.limit, step(part) else { return false }
        }
        return true
    }

    private func constant(_ name: String) -> Constant? { folded[name] ?? graph.knownConstant(name) }

    private mutating func push(_ part: ONNXRefusal.Unknown) {
        if seen.insert(part).inserted { open.append(part) }
    }

    private mutating func step(_ part: ONNXRefusal.Unknown) -> Bool {
        switch part {
        case .need(let need): return add(need)
        case .shape(let name): return shape(name)
        case .value(let name): return value(name)
        }
    }

    private mutating func add(_ need: ONNXNeed) -> Bool {
        if !needs.contains(need) { needs.append(need) }
        return true
    }

    private mutating func shape(_ name: String) -> Bool {
        if let refused = needed[name] { return push(all: refused) }
        guard let type = graph.types[name] else {
            guard let index = producers[name] else { return false }
            let inputs = graph.nodes[index].inputs.filter { !$0.isEmpty }
            // A node that lacks the type of an operand knows nothing of its results.
            let lacking = inputs.filter { graph.types[$0] == nil && constant($0) == nil }
            if !lacking.isEmpty { return push(all: lacking.map { .shape($0) }) }
            return push(all: graph.deciding(inputs).filter { constant($0) == nil }.map { .value($0) })
        }
        return push(symbols: type.shape.flatMap(\.symbols))
    }

    private mutating func push(all parts: [ONNXRefusal.Unknown]) -> Bool {
        for part in parts { push(part) }
        return !parts.isEmpty
    }

    private mutating func push(symbols names: [String]) -> Bool {
        names.allSatisfy { origin(of: $0) }
    }

    /// A symbol is a dimension of an input, or what only running a node tells: `value.axis`.
    private mutating func origin(of symbol: String) -> Bool {
        if symbols.contains(symbol) { return add(.dimension(symbol)) }
        guard let dot = symbol.lastIndex(of: "."), let index = producers[String(symbol[..<dot])] else {
            return false
        }
        let inputs = graph.nodes[index].inputs.filter { !$0.isEmpty && constant($0) == nil }
        let small = inputs.filter { isSmall(graph.types[$0]) }
        for input in small { push(.value(input)) }
        return !small.isEmpty
    }

    private func isSmall(_ type: TensorType?) -> Bool {
        guard let type else { return false }
        return type.shape.isEmpty || type.elementCount.map { $0 <= ONNXImporter.knownLimit } ?? (type.shape.count == 1)
    }

    private mutating func value(_ name: String) -> Bool {
        if constant(name) != nil { return true }
        if let refused = needed[name] { return push(all: refused) }
        if let type = ports[name] { return isSmall(type) && add(.value(name)) }
        if let content = graph.contents[name] { return push(symbols: content.flatMap(\.symbols)) }
        guard let index = producers[name] else { return false }
        let node = graph.nodes[index]
        if node.op == "Shape" || node.op == "Size" {
            push(.shape(node.input(0) ?? ""))
            return true
        }
        guard Evaluator.operators.contains(node.op) else { return false }
        for input in node.inputs where !input.isEmpty { push(.value(input)) }
        return true
    }
}

extension Graph {
    /// A constant, or a small value of whole numbers that inference has found.
    func knownConstant(_ name: String) -> Constant? {
        if let constant = constants[name] { return constant }
        guard let type = types[name], let shape = type.constantShape, let content = contents[name] else { return nil }
        let values = content.compactMap(\.constant)
        guard values.count == content.count, [.i64, .i32, .bool].contains(type.dtype) else { return nil }
        return try? Constant(Tensor(type.dtype, shape, .integers(values)))
    }

    /// Those operands of a node that may decide what it does: small, of whole numbers or truths, and not known.
    func deciding(_ inputs: [String]) -> [String] {
        inputs.dropFirst(inputs.count > 1 ? 1 : 0).filter { name in
            guard !name.isEmpty, let type = types[name], !type.dtype.isFloat, knownConstant(name) == nil else {
                return false
            }
            return type.elementCount.map { $0 <= 64 } ?? (type.shape.count == 1)
        }
    }

    /// What would have to be fixed of the graph's inputs so that all that may decide what a node does is known: its small
    /// operands and, where they are known, the extents of all.
    public func needs(of node: Node) -> [ONNXNeed] {
        var trace = ONNXTrace(self, producers())
        let values = deciding(node.inputs)
        if !values.isEmpty { return trace.follow(values.map { .value($0) }) }
        return trace.follow(node.inputs.filter { !$0.isEmpty }.map { .shape($0) })
    }
}

extension TensorType {
    /// The extents, where all are known.
    var constantShape: [Int]? {
        let extents = shape.compactMap(\.constant)
        return extents.count == shape.count ? extents : nil
    }
}
