import PackGraph

/// A graph under rewriting: nodes in numbered slots, with who makes and who uses each value kept up to date.
struct Rewriter {
    /// All but the nodes.
    private(set) var graph: Graph
    /// The nodes in topological order; empty where one has gone.
    private(set) var slots: [Node?]
    /// Slot of the node that makes a value.
    private(set) var makers: ValueMap<Int> = [:]
    /// Slots of the nodes that read a value, one entry a use.
    private(set) var users: ValueMap<[Int]> = [:]
    let inputs: ValueMap<Void>
    let outputs: ValueMap<Void>
    let options: PassOptions
    /// Name of the pass that runs.
    var pass = ""
    private(set) var records: [RewriteRecord] = []
    /// Operators of all nodes that are there or have been.
    private(set) var operators: Set<String> = []
    private var nodeNames: ValueMap<Void> = [:]
    private var nodeCount: Int
    private var constantBytes: Int

    init(_ graph: Graph, _ options: PassOptions, isInferred: Bool) throws(GraphError) {
        var graph = graph
        if !isInferred {
            try graph.sortTopologically()
            try graph.inferSortedTypes()
        }
        slots = graph.nodes
        inputs = ValueMap(graph.inputs.lazy.map(\.name))
        outputs = ValueMap(graph.outputs)
        nodeCount = graph.nodes.count
        constantBytes = graph.constantBytes
        self.options = options
        self.graph = graph
        self.graph.nodes = []
        makers.reserveCapacity(slots.count)
        users.reserveCapacity(slots.count + graph.constants.count)
        nodeNames.reserveCapacity(slots.count)
        for (slot, node) in graph.nodes.enumerated() { register(node, slot) }
    }

    /// Whether as many rewrites as were allowed have been applied.
    var isStopped: Bool { options.limit.map { records.count >= $0 } ?? false }

    /// The rewritten graph.
    func finish() throws(GraphError) -> Graph {
        var result = graph
        result.nodes = slots.compactMap { $0 }
        try result.sortTopologically()
        let live = result.valueNames
        result.types = result.types.filter { live.contains($0.key) }
        try result.inferSortedTypes()
        return result
    }

    /// Moves the nodes apart, so that there are so many empty slots before and behind each.
    mutating func makeRoom(_ room: Int) {
        let step = 2 * room + 1
        var spread = [Node?](repeating: nil, count: slots.count { $0 != nil } * step)
        var places = Array(repeating: 0, count: slots.count)
        var next = room
        for (slot, node) in slots.enumerated() where node != nil {
            places[slot] = next
            spread[next] = node
            next += step
        }
        slots = spread
        makers.updateValues { $0 = places[$0] }
        users.updateValues { slots in for use in slots.indices { slots[use] = places[slots[use]] } }
    }

    private mutating func register(_ node: Node, _ slot: Int) {
        for output in node.outputs where !output.isEmpty { makers[output] = slot }
        for input in node.inputs where !input.isEmpty { users[input, default: []].append(slot) }
        nodeNames.insert(node.name)
        operators.insert(node.op)
    }

    /// Takes a node out of its slot and answers what it read.
    private mutating func detach(_ slot: Int) -> [String] {
        guard let node = slots[slot] else { return [] }
        for output in node.outputs { makers.removeValue(forKey: output) }
        for input in node.inputs where !input.isEmpty { removeUse(of: input, by: slot) }
        nodeNames.removeValue(forKey: node.name)
        slots[slot] = nil
        return node.inputs.filter { !$0.isEmpty }
    }

    private mutating func removeUse(of value: String, by slot: Int) {
        guard let place = users[value]?.firstIndex(of: slot) else { return }
        users[value, default: []].remove(at: place)
    }

    /// Applies a patch, drops what nothing needs any more, and records the rewrite.
    ///
    /// - Returns: whether it was applied: not when as many rewrites as allowed have been.
    mutating func apply(_ patch: Patch) throws(GraphError) -> Bool {
        guard !isStopped else { return false }
        let before = (nodeCount, constantBytes)
        for (name, constant) in patch.constants.sorted(by: { $0.key < $1.key }) { add(name, constant) }
        var orphans: [String] = []
        let replaced = patch.nodes.keys.sorted()
        for slot in replaced + patch.removed {
            if slots[slot] != nil { nodeCount -= 1 }
            orphans += detach(slot)
        }
        for slot in replaced {
            guard var node = patch.nodes[slot] else { continue }
            node.name = unique(node.name, among: nodeNames)
            slots[slot] = node
            nodeCount += 1
            register(node, slot)
        }
        for slot in replaced {
            if let node = slots[slot] { try graph.infer(node) }
        }
        for alias in patch.aliases { replace(alias.value, with: alias.replacement) }
        sweep(orphans + patch.constants.keys + patch.unused)
        records.append(
            RewriteRecord(
                pass: pass, label: patch.label, nodesBefore: before.0, nodesAfter: nodeCount,
                constantBytesBefore: before.1, constantBytesAfter: constantBytes))
        return true
    }

    private mutating func add(_ name: String, _ constant: Constant) {
        graph.constants[name] = constant
        graph.learn(name, constant)
        constantBytes += constant.byteCount
    }

    /// Drops nodes and constants that nothing needs, beginning with the given values.
    private mutating func sweep(_ values: [String]) {
        var values = values
        while let value = values.popLast() {
            guard useCount(value) == 0 else { continue }
            if let constant = graph.constants.removeValue(forKey: value) {
                constantBytes -= constant.byteCount
            } else if let slot = makers[value], let node = slots[slot], isUnused(node) {
                values += detach(slot)
                nodeCount -= 1
            }
        }
    }

    /// Lets everything that reads `value` read `replacement`; an output of the graph gives its name to the replacement.
    private mutating func replace(_ value: String, with replacement: String) {
        guard outputs.contains(value) else {
            rename(value, to: replacement, in: users.removeValue(forKey: value) ?? [])
            return
        }
        guard let slot = makers.removeValue(forKey: replacement), var node = slots[slot] else { return }
        node.outputs = node.outputs.map { $0 == replacement ? value : $0 }
        slots[slot] = node
        makers[value] = slot
        graph.types[value] = graph.types[replacement]
        graph.contents[value] = graph.contents[replacement]
        rename(replacement, to: value, in: users.removeValue(forKey: replacement) ?? [])
    }

    private mutating func rename(_ value: String, to name: String, in readers: [Int]) {
        for slot in Set(readers) {
            guard var node = slots[slot] else { continue }
            node.inputs = node.inputs.map { $0 == value ? name : $0 }
            slots[slot] = node
        }
        users[name, default: []] += readers
    }
}
