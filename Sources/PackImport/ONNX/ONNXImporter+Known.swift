import PackCore
import PackGraph

// What is known of values before running.
extension ONNXImporter {
    /// Elements of values that are followed.
    static let knownLimit = 1024
    /// Steps back from a value that are taken to find what it depends on.
    private static let traceLimit = 4096

    /// A small value, if it is known.
    func constant(_ name: String) -> Constant? {
        if let constant = graph.constants[name] ?? folded[name] { return constant }
        guard let type = graph.types[name], let shape = type.constantShape, let content = graph.contents[name] else {
            return nil
        }
        let values = content.compactMap(\.constant)
        guard values.count == content.count, [.i64, .i32, .bool].contains(type.dtype) else { return nil }
        return try? Constant(Tensor(type.dtype, shape, .integers(values)))
    }

    /// A whole number or truth that is known before running.
    func number(_ value: String) -> Int? { constant(value)?.scalarInteger }

    /// Whole numbers that are known before running.
    func numbers(_ value: String) -> [Int]? {
        guard let constant = constant(value), constant.count <= Self.knownLimit else { return nil }
        return try? constant.integers()
    }

    /// Computes a node whose operands are known and small.
    ///
    /// - Returns: Whether the node is not needed: its results follow from what was fixed, and are constants now.
    mutating func settle(_ node: Node) -> Bool {
        let isSmall = node.inputs.allSatisfy { input in
            input.isEmpty || (graph.types[input]?.elementCount).map { $0 <= Self.knownLimit } ?? false
        }
        guard isSmall, !node.inputs.isEmpty else { return false }
        guard let results = Evaluator.small(node, graph.types, limit: Self.knownLimit, { constant($0) }) else {
            return false
        }
        let isSettled = node.inputs.contains { settled.contains($0) }
        if isSettled { settled.formUnion(results.keys) }
        guard isSettled, outputNames.isDisjoint(with: results.keys) else {
            folded.merge(results) { $1 }
            return false
        }
        for (name, constant) in results { add(name, constant) }
        return true
    }

    // MARK: What would make it known

    /// The operands of a node that may decide what it does: small, of whole numbers or truths, and not known.
    func deciding(_ inputs: [String]) -> [ONNXRefusal.Unknown] {
        inputs.dropFirst().filter { name in
            guard !name.isEmpty, let type = graph.types[name], !type.dtype.isFloat, constant(name) == nil else {
                return false
            }
            return type.elementCount.map { $0 <= 64 } ?? false
        }.map { .value($0) }
    }

    /// What a user would have to fix so that all of it is known; empty where that does not help.
    func needs(_ unknown: [ONNXRefusal.Unknown]) -> [ONNXNeed] {
        var trace = KnownTrace(self)
        for part in unknown {
            guard trace.follow(part, limit: Self.traceLimit) else { return [] }
        }
        return trace.needs
    }
}

/// A walk back from values to the inputs that they depend on.
private struct KnownTrace {
    private let importer: ONNXImporter
    private let ports: [String: TensorType]
    private let symbols: Set<String>
    private(set) var needs: [ONNXNeed] = []
    private var open: [ONNXRefusal.Unknown] = []
    private var seen: Set<ONNXRefusal.Unknown> = []

    init(_ importer: ONNXImporter) {
        self.importer = importer
        ports = Dictionary(importer.graph.inputs.map { ($0.name, $0.type) }) { first, _ in first }
        symbols = Set(importer.graph.inputs.flatMap { $0.type.shape.flatMap(\.symbols) })
    }

    /// Whether everything that the value depends on is known or can be fixed.
    mutating func follow(_ part: ONNXRefusal.Unknown, limit: Int) -> Bool {
        push(part)
        var steps = 0
        while let part = open.popLast() {
            steps += 1
            guard steps <= limit, step(part) else { return false }
        }
        return true
    }

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
        if let refused = importer.needed[name] { return push(all: refused) }
        guard let type = importer.graph.types[name] else {
            guard let index = importer.producers[name] else { return false }
            let inputs = importer.graph.nodes[index].inputs.filter { !$0.isEmpty }
            // A node that lacks the type of an operand knows nothing of its results.
            let lacking = inputs.filter { importer.graph.types[$0] == nil }
            for input in lacking { push(.shape(input)) }
            return !lacking.isEmpty
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
        guard let dot = symbol.lastIndex(of: "."), let index = importer.producers[String(symbol[..<dot])] else {
            return false
        }
        let inputs = importer.graph.nodes[index].inputs.filter { !$0.isEmpty && importer.constant($0) == nil }
        let small = inputs.filter { isSmall(importer.graph.types[$0]) }
        for input in small { push(.value(input)) }
        return !small.isEmpty
    }

    private func isSmall(_ type: TensorType?) -> Bool {
        guard let type else { return false }
        return type.shape.isEmpty || type.elementCount.map { $0 <= ONNXImporter.knownLimit } ?? (type.shape.count == 1)
    }

    private mutating func value(_ name: String) -> Bool {
        if importer.constant(name) != nil { return true }
        if let refused = importer.needed[name] { return push(all: refused) }
        if let type = ports[name] { return isSmall(type) && add(.value(name)) }
        if let content = importer.graph.contents[name] { return push(symbols: content.flatMap(\.symbols)) }
        guard let index = importer.producers[name] else { return false }
        let node = importer.graph.nodes[index]
        if node.op == "Shape" || node.op == "Size" {
            push(.shape(node.input(0) ?? ""))
            return true
        }
        guard Evaluator.operators.contains(node.op) else { return false }
        for input in node.inputs where !input.isEmpty { push(.value(input)) }
        return true
    }
}

extension TensorType {
    /// The extents, where all are known.
    var constantShape: [Int]? {
        let extents = shape.compactMap(\.constant)
        return extents.count == shape.count ? extents : nil
    }
}
