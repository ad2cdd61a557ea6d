import PackGraph

extension Pass {
    /// Rows of the word, position and type tables, added and normalized.
    static let fuseEmbed = Pass("fuse-embed", "Recognize embeddings", at: ["LayerNormalization"]) {
        (rewriter: borrowing Rewriter, slot: Int, node: Node) throws(GraphError) in
        guard node.inputs.count == 3, node.outputs.count == 1, rewriter.graph.types[node.outputs[0]]?.dtype == .f32,
            rewriter.axis(node, default: -1) == 2,
            let found = rewriter.embeddings(node.inputs[0]), rewriter.isClosed(found.slots, anchor: slot),
            rewriter.shape(node.outputs[0]) == rewriter.shape(found.ids).map({ $0 + [.constant(found.width)] }),
            rewriter.vector(node.inputs[1], count: found.width) != nil,
            rewriter.vector(node.inputs[2], count: found.width) != nil
        else { return nil }
        let path = commonPath([found.path, node.name])
        let inputs = [found.ids, found.types, found.words, found.places, found.typeTable] + node.inputs[1...]
        var patch = Patch(
            path, slot,
            Node(
                "Embed", name: path, inputs: inputs, outputs: node.outputs,
                attributes: [
                    "epsilon": .float(try node.float("epsilon", default: 1e-5)), "padding": .int(found.padding),
                ]))
        patch.constants = found.constants
        return patch
    }
}

private struct EmbedMatch {
    var ids = ""
    var types = ""
    var words = ""
    var places = ""
    var typeTable = ""
    var padding = -1
    var width = 0
    var path = ""
    var constants: [String: Constant] = [:]
    var slots: Set<Int> = []
}

/// A Gather of rows of a constant table.
private struct Lookup {
    var table: String
    var width: Int
    var rows: String
    var slots: Set<Int>
}

extension Rewriter {
    fileprivate func embeddings(_ sum: String) -> EmbedMatch? {
        var match = EmbedMatch()
        var leaves: [String] = []
        addends(sum, into: &leaves, &match.slots)
        guard leaves.count == 2 || leaves.count == 3, takeWords(&leaves, &match), takePlaces(&leaves, &match),
            leaves.isEmpty || takeTypes(&leaves, &match)
        else { return nil }
        match.path = path(match.slots)
        return leaves.isEmpty ? match : nil
    }

    private func addends(_ value: String, into leaves: inout [String], _ slots: inout Set<Int>, depth: Int = 0) {
        guard depth < 3, depth == 0 || useCount(value) == 1, let (slot, node) = maker(value, "Add"),
            node.inputs.count == 2
        else {
            leaves.append(value)
            return
        }
        slots.insert(slot)
        for input in node.inputs { addends(input, into: &leaves, &slots, depth: depth + 1) }
    }

    private func lookup(_ value: String) -> Lookup? {
        guard let (slot, node) = maker(value, "Gather"), axis(node, default: 0) == 0, let data = node.input(0),
            let (table, constant) = weight(data), constant.shape.count == 2, let rows = node.input(1)
        else { return nil }
        return Lookup(table: table, width: constant.shape[1], rows: rows, slots: [slot])
    }

    /// Rows by token: the ids are an input, or made of one.
    private func takeWords(_ leaves: inout [String], _ match: inout EmbedMatch) -> Bool {
        for (index, leaf) in leaves.enumerated() {
            guard let found = lookup(leaf), inputs.contains(found.rows), isTokens(found.rows),
                leaves.indices.contains(where: { $0 != index && isPlaces(leaves[$0], ids: found.rows) != nil })
            else { continue }
            // With two inputs that could be the ids, the larger table is the vocabulary.
            let isLargest = leaves.allSatisfy { other in
                guard let rival = lookup(other), inputs.contains(rival.rows) else { return true }
                return rowCount(rival.table) <= rowCount(found.table)
            }
            guard isLargest else { continue }
            (match.ids, match.words, match.width) = (found.rows, found.table, found.width)
            match.slots.formUnion(found.slots)
            leaves.remove(at: index)
            return true
        }
        return false
    }

    private func rowCount(_ table: String) -> Int { graph.constants[table]?.shape.first ?? 0 }

    private func isTokens(_ value: String) -> Bool {
        guard let type = graph.types[value] else { return false }
        return type.dtype == .i64 && type.shape.count == 2
    }

    private func takePlaces(_ leaves: inout [String], _ match: inout EmbedMatch) -> Bool {
        for (index, leaf) in leaves.enumerated() {
            guard let (table, padding, slots) = isPlaces(leaf, ids: match.ids),
                graph.types[table]?.shape[1] == .constant(match.width)
            else { continue }
            (match.places, match.padding) = (table, padding)
            match.slots.formUnion(slots)
            leaves.remove(at: index)
            return true
        }
        return false
    }

    /// Whether a value is rows of a constant table by position, and how positions are counted.
    private func isPlaces(_ value: String, ids: String) -> (table: String, padding: Int, slots: Set<Int>)? {
        guard let length = shape(ids)?.last else { return nil }
        if let found = lookup(value) {
            if isCounting(found.rows, to: length) { return (found.table, -1, found.slots) }
            if let padding = countedTokens(found.rows, ids: ids) { return (found.table, padding, found.slots) }
            return nil
        }
        guard let (slot, node) = maker(value, "Slice"), let data = node.input(0), let (table, constant) = weight(data),
            constant.shape.count == 2, isPrefix(node, axis: 0, of: length)
        else { return nil }
        return (table, -1, [slot])
    }

    /// Rows by token type, or row 0 for all.
    private func takeTypes(_ leaves: inout [String], _ match: inout EmbedMatch) -> Bool {
        guard let leaf = leaves.first else { return false }
        if let found = lookup(leaf), found.width == match.width {
            if inputs.contains(found.rows), isTokens(found.rows), shape(found.rows) == shape(match.ids) {
                match.types = found.rows
            } else if !isZero(found.rows) {
                return false
            }
            match.typeTable = found.table
            match.slots.formUnion(found.slots)
        } else if let (name, constant) = weight(leaf), constant.count == match.width,
            constant.shape.last == match.width,
            let table = try? Constant(constant.dtype, [1, match.width], constant.storage)
        {
            match.typeTable = freshValue(name + ".table")
            match.constants[match.typeTable] = table
        } else {
            return false
        }
        leaves.removeFirst()
        return true
    }
}
