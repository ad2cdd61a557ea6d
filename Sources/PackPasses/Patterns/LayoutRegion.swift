import PackGraph

/// The nodes that are to compute from unturned values, and what that costs in Transposes.
struct LayoutRegion {
    /// The changes of all nodes that could take part, by slot.
    private(set) var changes: [Int: LayoutChange] = [:]
    /// Those nodes as they were found.
    private(set) var originals: [Int: Node] = [:]
    /// In which order the values are turned that have to do with the region.
    private(set) var orders: [String: Permutation] = [:]
    /// The slots of the nodes that take part.
    private(set) var members: Set<Int> = []

    /// All nodes below Transposes that could take part, but the given ones.
    init(_ rewriter: borrowing Rewriter, without excluded: Set<Int>) throws(GraphError) {
        for slot in rewriter.slots.indices {
            guard let node = rewriter.slots[slot] else { continue }
            if let (source, order) = rewriter.turning(node) {
                // One that turns what may be unturned itself is no beginning.
                if orders[source] == nil { orders[node.outputs[0]] = order }
                continue
            }
            guard !excluded.contains(slot), node.inputs.contains(where: { orders[$0] != nil }),
                let change = try rewriter.layoutChange(node, { orders[$0] })
            else { continue }
            let isSound = change.inputs.allSatisfy { index, order in
                let value = node.inputs[index]
                if rewriter.graph.constants[value] != nil { return rewriter.canTurn(value, for: slot) }
                return orders[value] == nil || orders[value] == order
            }
            guard isSound, node.outputs.allSatisfy({ !$0.isEmpty }) else { continue }
            for (index, order) in change.inputs where rewriter.graph.constants[node.inputs[index]] == nil {
                orders[node.inputs[index]] = order
            }
            for output in node.outputs { orders[output] = change.outputs }
            changes[slot] = change
            originals[slot] = node
        }
        members = Set(changes.keys)
    }

    /// Takes out nodes whose part saves nothing, from the ends of the region.
    mutating func prune(_ rewriter: borrowing Rewriter) {
        let slots = members.sorted()
        for order in [Array(slots.reversed()), slots, Array(slots.reversed())] {
            for slot in order where members.contains(slot) {
                let values = values(of: slot, rewriter)
                let before = cost(values, rewriter)
                members.remove(slot)
                if cost(values, rewriter) > before { members.insert(slot) }
            }
        }
    }

    /// The values of a node that are turned.
    func values(of slot: Int, _ rewriter: borrowing Rewriter) -> Set<String> {
        guard let change = changes[slot], let node = rewriter.slots[slot] else { return [] }
        let inputs = change.inputs.keys.map { node.inputs[$0] }.filter { rewriter.graph.constants[$0] == nil }
        return Set(inputs + node.outputs)
    }

    /// How many Transposes the given values need.
    func cost(_ values: some Sequence<String>, _ rewriter: borrowing Rewriter) -> Int {
        var sum = 0
        for value in values where orders[value] != nil {
            sum +=
                isUnturned(value, rewriter)
                ? (needsTurned(value, rewriter) ? 1 : 0) : (needsUnturned(value, rewriter) ? 1 : 0)
        }
        return sum
    }

    /// Whether a value is there before it is turned.
    func isUnturned(_ value: String, _ rewriter: borrowing Rewriter) -> Bool {
        guard let (slot, node) = rewriter.maker(value) else { return false }
        return members.contains(slot) || rewriter.turning(node)?.order == orders[value]
    }

    /// Whether something reads a value as it is.
    func needsTurned(_ value: String, _ rewriter: borrowing Rewriter) -> Bool {
        if rewriter.outputs.contains(value) { return true }
        return (rewriter.users[value] ?? []).contains { slot in
            guard let node = rewriter.slots[slot] else { return false }
            if members.contains(slot) { return readsTurned(value, slot, node) }
            // Transposes take what is unturned in another order.
            return rewriter.turning(node) == nil
        }
    }

    private func readsTurned(_ value: String, _ slot: Int, _ node: Node) -> Bool {
        node.inputs.indices.contains { node.inputs[$0] == value && changes[slot]?.inputs[$0] == nil }
    }

    private func needsUnturned(_ value: String, _ rewriter: borrowing Rewriter) -> Bool {
        (rewriter.users[value] ?? []).contains { slot in
            guard let node = rewriter.slots[slot] else { return false }
            if members.contains(slot) {
                return node.inputs.indices.contains { node.inputs[$0] == value && changes[slot]?.inputs[$0] != nil }
            }
            return rewriter.turning(node)?.order == orders[value]?.inverse
        }
    }

    /// The members in groups that share no value.
    func groups(_ rewriter: borrowing Rewriter) -> [[Int]] {
        var slotsOf: ValueMap<[Int]> = [:]
        for slot in members.sorted() {
            for value in values(of: slot, rewriter) { slotsOf[value, default: []].append(slot) }
        }
        var seen: Set<Int> = []
        var groups: [[Int]] = []
        for first in members.sorted() where seen.insert(first).inserted {
            var group = [first]
            var next = 0
            while next < group.count {
                for value in values(of: group[next], rewriter) {
                    for slot in slotsOf.removeValue(forKey: value) ?? [] where seen.insert(slot).inserted {
                        group.append(slot)
                    }
                }
                next += 1
            }
            groups.append(group.sorted())
        }
        return groups
    }

    /// How many Transposes a group saves.
    func gain(_ group: [Int], _ rewriter: borrowing Rewriter) -> Int {
        let touched = group.reduce(into: Set<String>()) { $0.formUnion(values(of: $1, rewriter)) }
        var without = self
        without.members.subtract(group)
        return without.cost(touched, rewriter) - cost(touched, rewriter)
    }
}

extension Rewriter {
    /// What a Transpose turns, and how.
    func turning(_ node: Node) -> (source: String, order: Permutation)? {
        guard node.op == "Transpose", let source = node.input(0), let rank = shape(source)?.count else { return nil }
        let axes = (try? node.ints("perm")) ?? nil
        guard let order = Permutation(axes ?? Array((0..<rank).reversed())), order.axes.count == rank else {
            return nil
        }
        return (source, order)
    }

    /// Whether a constant can be turned for one reader and leave the model no larger.
    func canTurn(_ name: String, for slot: Int) -> Bool {
        guard let constant = graph.constants[name] else { return false }
        return constant.count <= 16 || !outputs.contains(name) && (users[name] ?? []).allSatisfy { $0 == slot }
    }
}
