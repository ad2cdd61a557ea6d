import PackCore
import PackGraph

extension Pass {
    /// Constants with the same element type, shape and bytes.
    static let deduplicateConstants = Pass("deduplicate-constants", "Keep one of constants with the same contents") {
        (rewriter: inout Rewriter) throws(GraphError) in
        for group in rewriter.constantsOfOneForm() {
            for (name, first) in rewriter.duplicates(group) {
                var patch = Patch(name)
                patch.aliases = [Patch.Alias(value: name, replacement: first)]
                patch.unused = [name]
                guard try rewriter.apply(patch) else { return }
            }
        }
    }

    /// Nodes that compute the same from the same, and extents that are computed in several ways.
    static let mergeDuplicates = Pass("merge-duplicates", "Compute common subexpressions once") {
        (rewriter: inout Rewriter) throws(GraphError) in
        var seen: [Expression: Int] = [:]
        var extents: [Extents: String] = [:]
        for slot in rewriter.slots.indices {
            guard let node = rewriter.slots[slot], !random.contains(node.op) else { continue }
            if let found = rewriter.extents(node) {
                var first = node.outputs[0]
                if let known = extents[found], rewriter.makers.contains(known) { first = known }
                extents[found] = first
                if first != node.outputs[0], rewriter.canAlias(node.outputs[0], to: first) {
                    let patch = Patch(node.name, removing: slot, node.outputs[0], isNow: first)
                    guard try rewriter.apply(patch) else { return }
                    continue
                }
            }
            guard rewriter.sharesInputs(node) else { continue }
            let expression = Expression(node)
            guard let first = seen[expression], let original = rewriter.slots[first] else {
                seen[expression] = slot
                continue
            }
            guard rewriter.canAlias(node.outputs, to: original.outputs) else { continue }
            var patch = Patch(node.name)
            patch.removed = [slot]
            patch.aliases = zip(node.outputs, original.outputs).map { Patch.Alias(value: $0, replacement: $1) }
            guard try rewriter.apply(patch) else { return }
        }
    }

    /// Operators whose results differ from one node to the next.
    private static let random: Set<String> = [
        "RandomNormal", "RandomNormalLike", "RandomUniform", "RandomUniformLike", "Multinomial", "Bernoulli", "Dropout",
        "If", "Loop", "Scan",
    ]
}

/// What a node computes, whatever it is called.
private struct Expression: Hashable {
    let op: String
    let inputs: [String]
    let attributes: [String: Attribute]
    let present: [Bool]

    init(_ node: Node) {
        op = node.op
        inputs = node.inputs
        attributes = node.attributes
        present = node.outputs.map { !$0.isEmpty }
    }
}

/// Integers that follow from the shapes of the inputs.
private struct Extents: Hashable {
    let type: TensorType
    let contents: [Dimension]
}

/// What constants must share before it is worth reading them.
private struct Form: Hashable {
    let dtype: DType
    let shape: [Int]
    let sample: UInt64

    /// Differs in the sample alone in nearly all cases.
    func hash(into hasher: inout Hasher) { hasher.combine(sample) }
}

private typealias Member = (name: String, constant: Constant)

extension Rewriter {
    /// What a node computes, if that is known before any input is: some of it is not a number, or it would be a constant.
    fileprivate func extents(_ node: Node) -> Extents? {
        guard node.outputs.count == 1, let output = node.outputs.first, let type = graph.types[output],
            type.dtype == .i64 || type.dtype == .i32, let contents = graph.contents[output],
            contents.contains(where: { $0.constant == nil })
        else { return nil }
        return Extents(type: type, contents: contents)
    }

    /// Whether all that a node reads is read more than once, as it is where another node computes the same.
    fileprivate func sharesInputs(_ node: Node) -> Bool {
        node.inputs.allSatisfy { $0.isEmpty || (users[$0]?.count ?? 0) > 1 }
    }

    /// Whether values can be used in others' places.
    fileprivate func canAlias(_ values: [String], to replacements: [String]) -> Bool {
        zip(values, replacements).allSatisfy { canAlias($0, to: $1) }
    }

    /// Groups of constants of the same element type, shape and sample of their contents, by name, where there are several.
    fileprivate func constantsOfOneForm() -> [[Member]] {
        var groups: [Form: [Member]] = [:]
        for (name, constant) in graph.constants where !outputs.contains(name) {
            // Large ones of one value are not weights that anybody trained: they are not worth the reading.
            if constant.byteCount > 1 << 20, constant.looksUniform { continue }
            let form = Form(dtype: constant.dtype, shape: constant.shape, sample: constant.sampleHash)
            groups[form, default: []].append((name, constant))
        }
        return groups.values.filter { $0.count > 1 }.map { $0.sorted { $0.name < $1.name } }
            .sorted { $0[0].name < $1[0].name }
    }

    /// Each constant of a group whose contents an earlier one has, with that one.
    fileprivate func duplicates(_ group: [Member]) -> [(String, String)] {
        var firsts: [Member] = []
        var found: [(String, String)] = []
        for member in group {
            if let same = firsts.first(where: { $0.constant.hasSameContents(as: member.constant) }) {
                found.append((member.name, same.name))
            } else {
                firsts.append(member)
            }
        }
        return found
    }
}
