import PackCore
import PackGraph

// What is known of values before running.
extension ONNXImporter {
    /// Elements of values that are followed.
    static let knownLimit = 1024
    /// Elements of values in floating point that are followed where they do not follow from what was fixed: factors of
    /// Resize, not weights.
    private static let knownFloats = 64

    /// A small value, if it is known.
    func constant(_ name: String) -> Constant? { folded[name] ?? graph.knownConstant(name) }

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
        let isSettled = !settled.isEmpty && node.inputs.contains { settled.contains($0) }
        guard isSettled || !node.outputs.contains(where: { isWeight($0) }) else { return false }
        guard let results = results(of: node) else { return false }
        if isSettled { settled.formUnion(results.keys) }
        guard isSettled, outputNames.isDisjoint(with: results.keys) else {
            folded.merge(results) { $1 }
            for (name, constant) in results where graph.contents[name] == nil {
                graph.learn(name, constant)
                if graph.contents[name] != nil { knowsMore = true }
            }
            return false
        }
        for (name, constant) in results { add(name, constant) }
        return true
    }

    private func results(of node: Node) -> ValueMap<Constant>? {
        Evaluator.small(node, graph.types, limit: Self.knownLimit) { constant($0) }
    }

    private func isWeight(_ value: String) -> Bool {
        guard let type = graph.types[value], type.dtype.isFloat else { return false }
        return (type.elementCount ?? 0) > Self.knownFloats
    }

    /// Forgets constants that follow from what was fixed and that nothing reads.
    mutating func dropSettled() {
        guard !settled.isEmpty else { return }
        var read = Set(graph.outputs)
        for node in graph.nodes { read.formUnion(node.inputs) }
        for name in settled where !read.contains(name) { graph.constants[name] = nil }
    }

    // MARK: What would make it known

    /// The operands of a node that may decide what it does: small, of whole numbers or truths, and not known.
    func deciding(_ inputs: [String]) -> [ONNXRefusal.Unknown] {
        graph.deciding(inputs).filter { folded[$0] == nil }.map { .value($0) }
    }

    /// What a user would have to fix so that all of it is known; empty where that does not help.
    func needs(_ unknown: [ONNXRefusal.Unknown]) -> [ONNXNeed] {
        guard !unknown.isEmpty else { return [] }
        var trace = ONNXTrace(graph, producers, folded: folded, needed: needed)
        return trace.follow(unknown)
    }
}
