import PackCore
import PackGraph

extension Pass {
    private static let summary = "Move Transposes to where they cancel, and merge them"

    /// Transposes move behind nodes that can do without them, where that leaves fewer.
    static let sinkTransposes = Pass("sink-transposes", summary) { (rewriter: inout Rewriter) throws(GraphError) in
        try rewriter.sinkTransposes()
    }

    /// The same; then those that move extents of 1 only become Reshapes.
    static let sinkLastTransposes = Pass("sink-transposes", summary) { (rewriter: inout Rewriter) throws(GraphError) in
        try rewriter.sinkTransposes()
        for slot in rewriter.slots.indices {
            guard let node = rewriter.slots[slot], let patch = try rewriter.reshape(node, slot) else { continue }
            guard try rewriter.apply(patch) else { return }
        }
    }
}

extension Rewriter {
    fileprivate mutating func sinkTransposes() throws(GraphError) {
        guard try mergeTransposes(), slots.count(where: { $0?.op == "Transpose" }) > 1 else { return }
        makeRoom(Self.room)
        var excluded: Set<Int> = []
        for _ in 0..<8 {
            var region = try LayoutRegion(self, without: excluded)
            let all = region.members
            region.prune(self)
            var changed = false
            for group in region.groups(self) where region.gain(group, self) > 0 {
                // An earlier group may have renamed what this one reads: then it has to wait for the next round.
                guard group.allSatisfy({ slots[$0]?.inputs == region.originals[$0]?.inputs }),
                    let patch = try patch(group, region)
                else { continue }
                guard try apply(patch) else { return }
                changed = true
            }
            if changed {
                excluded = []
                guard try mergeTransposes() else { return }
            } else {
                let pruned = all.subtracting(region.members).subtracting(excluded)
                guard !pruned.isEmpty else { return }
                excluded.formUnion(pruned)
            }
        }
    }

    /// Empty slots before each node, and as many behind.
    private static var room: Int { 4 }

    /// Joins a Transpose with the one above it; two that undo each other go.
    private mutating func mergeTransposes() throws(GraphError) -> Bool {
        for slot in slots.indices {
            while let node = slots[slot], let (value, second) = turning(node), let above = maker(value)?.node,
                let (source, first) = turning(above), first.axes.count == second.axes.count
            {
                let joined = first.then(second)
                var patch: Patch
                if joined.isIdentity {
                    guard canAlias(node.outputs[0], to: source) else { break }
                    patch = Patch(node.name, removing: slot, node.outputs[0], isNow: source)
                } else {
                    patch = Patch(node.name, slot, turn(node.name, source, node.outputs[0], joined))
                }
                guard try apply(patch) else { return false }
            }
        }
        return true
    }

    private func turn(_ name: String, _ source: String, _ output: String, _ order: Permutation) -> Node {
        Node(
            "Transpose", name: name, inputs: [source], outputs: [output], attributes: ["perm": .ints(order.axes)])
    }

    /// The Reshape that does what a Transpose does which moves extents of 1 only.
    fileprivate func reshape(_ node: Node, _ slot: Int) throws(GraphError) -> Patch? {
        guard let (source, order) = turning(node), let extents = shape(source), graph.constants[source] == nil else {
            return nil
        }
        let moved = order.axes.filter { extents[$0] != 1 }
        let target = order.axes.map { extents[$0].constant ?? -1 }
        guard !order.isIdentity, moved == moved.sorted(), target.count(where: { $0 == -1 }) <= 1, target.count <= 8,
            !target.contains(0)
        else { return nil }
        var patch = Patch(node.name)
        let name = freshValue(node.outputs[0] + ".shape")
        patch.constants[name] = try Constant(integers: target, shape: [target.count])
        patch.nodes[slot] = Node("Reshape", name: node.name, inputs: [source, name], outputs: node.outputs)
        return patch
    }

    /// The rewrite of a group of nodes; `nil` where there is no room for it.
    private func patch(_ group: [Int], _ region: LayoutRegion) throws(GraphError) -> Patch? {
        var patch = Patch(path(Set(group)))
        var unturned: [String: String] = [:]
        let touched = group.reduce(into: Set<String>()) { $0.formUnion(region.values(of: $1, self)) }
        for value in touched.sorted() {
            guard let order = region.orders[value] else { return nil }
            let made = maker(value)
            if let made, region.members.contains(made.slot) {
                let name = freshValue(value + ".unturned")
                unturned[value] = name
                if region.needsTurned(value, self) {
                    guard let place = emptySlot(behind: made.slot, patch) else { return nil }
                    patch.nodes[place] = turn(made.node.name + ".turned", name, value, order)
                }
            } else if let made, let (source, found) = turning(made.node), found == order {
                unturned[value] = source
            } else {
                let readers = (users[value] ?? []).filter { region.members.contains($0) }
                guard
                    let place = made.map({ emptySlot(behind: $0.slot, patch) })
                        ?? readers.min().map({ emptySlot(before: $0, patch) }), let place
                else { return nil }
                let name = freshValue(value + ".unturned")
                unturned[value] = name
                patch.nodes[place] = turn(name, value, name, order.inverse)
            }
            let isNew = made.map { region.members.contains($0.slot) } ?? false
            join(value, order, unturned[value] ?? value, canName: isNew, &patch)
        }
        for slot in group { try rewrite(slot, region, unturned, &patch) }
        return patch
    }

    /// Lets the Transposes of a value read the unturned one; those that undo its turning go. One that is an output of the
    /// graph can give its name to a value that is new.
    private func join(
        _ value: String, _ order: Permutation, _ unturned: String, canName: Bool, _ patch: inout Patch
    ) {
        var last: Patch.Alias?
        for slot in Set(users[value] ?? []).sorted() {
            guard let node = slots[slot], let (_, next) = turning(node), next.axes.count == order.axes.count else {
                continue
            }
            let joined = order.then(next)
            let alias = Patch.Alias(value: node.outputs[0], replacement: unturned)
            let isOutput = outputs.contains(node.outputs[0])
            guard joined.isIdentity, !isOutput || canName && last == nil else {
                patch.nodes[slot] = turn(node.name, unturned, node.outputs[0], joined)
                continue
            }
            patch.removed.append(slot)
            if isOutput { last = alias } else { patch.aliases.append(alias) }
        }
        if let last { patch.aliases.append(last) }
    }

    private func rewrite(
        _ slot: Int, _ region: LayoutRegion, _ unturned: [String: String], _ patch: inout Patch
    ) throws(GraphError) {
        guard let change = region.changes[slot] else { return }
        var node = change.node
        for (index, order) in change.inputs.sorted(by: { $0.key < $1.key }) {
            let value = node.inputs[index]
            if let constant = graph.constants[value] {
                let name = freshValue("\(value).turned\(slot)")
                patch.constants[name] = try constant.turned(order.inverse)
                node.inputs[index] = name
            } else {
                node.inputs[index] = unturned[value] ?? value
            }
        }
        for (index, list) in change.lists.sorted(by: { $0.key < $1.key }) {
            let name = freshValue("\(node.outputs[0]).list\(index)")
            patch.constants[name] = try Constant(integers: list, shape: [list.count])
            node.inputs[index] = name
        }
        node.outputs = node.outputs.map { unturned[$0] ?? $0 }
        patch.nodes[slot] = node
    }

    private func emptySlot(behind slot: Int, _ patch: Patch) -> Int? {
        (slot + 1..<min(slot + Self.room + 1, slots.count)).first { slots[$0] == nil && patch.nodes[$0] == nil }
    }

    private func emptySlot(before slot: Int, _ patch: Patch) -> Int? {
        (max(slot - Self.room, 0)..<slot).first { slots[$0] == nil && patch.nodes[$0] == nil }
    }
}
