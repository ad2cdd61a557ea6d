import PackCore
import PackGraph

/// Questions that patterns ask.
extension Rewriter {
    /// The node that makes a value, and its slot.
    func maker(_ value: String) -> (slot: Int, node: Node)? {
        guard let slot = makers[value], let node = slots[slot] else { return nil }
        return (slot, node)
    }

    /// The node that makes a value, if it applies the operator.
    func maker(_ value: String, _ op: String) -> (slot: Int, node: Node)? {
        guard let made = maker(value), made.node.op == op else { return nil }
        return made
    }

    /// How often a value is read, by nodes and as an output.
    func useCount(_ value: String) -> Int {
        (users[value]?.count ?? 0) + (outputs.contains(value) ? 1 : 0)
    }

    /// Whether nothing needs what a node makes.
    func isUnused(_ node: Node) -> Bool { node.outputs.allSatisfy { useCount($0) == 0 } }

    /// The one node that reads a value, if there is just one use and the value is no output.
    func onlyReader(_ value: String) -> (slot: Int, node: Node)? {
        guard let readers = users[value], readers.count == 1, !outputs.contains(value), let node = slots[readers[0]]
        else { return nil }
        return (readers[0], node)
    }

    /// Whether the values made in the given slots are read in them and by the anchor only, and are no outputs.
    func isClosed(_ inner: Set<Int>, anchor: Int) -> Bool {
        for slot in inner where slot != anchor {
            for output in slots[slot]?.outputs ?? [] where !output.isEmpty {
                if outputs.contains(output) { return false }
                for user in users[output] ?? [] where user != anchor && !inner.contains(user) { return false }
            }
        }
        return true
    }

    /// Whether a value can be used in another's place: an output of the graph can give its name only to a value that a
    /// node makes and that is no output itself.
    func canAlias(_ value: String, to replacement: String) -> Bool {
        !outputs.contains(value) || makers[replacement] != nil && !outputs.contains(replacement)
    }

    /// The shape of a value, if it is known.
    func shape(_ value: String) -> [Dimension]? { graph.types[value]?.shape }

    /// The value of a floating-point constant with one element.
    func scalar(_ value: String) -> Float? { graph.constants[value]?.scalarFloat }

    /// The numbers in a small integer value, constant or known otherwise.
    func numbers(_ value: String?) -> [Int]? {
        guard let value, let contents = graph.contents[value] else { return nil }
        let numbers = contents.compactMap(\.constant)
        return numbers.count == contents.count ? numbers : nil
    }

    /// The floating-point constant that a value is, or is a conversion of; fused operators read it as it is stored.
    func weight(_ value: String) -> (name: String, constant: Constant)? {
        if let constant = graph.constants[value] { return constant.dtype.isFloat ? (value, constant) : nil }
        guard let (_, node) = maker(value, "Cast"), graph.types[value]?.dtype == .f32, let source = node.input(0),
            let constant = graph.constants[source], constant.dtype.isFloat, constant.dtype != .f64
        else { return nil }
        return (source, constant)
    }

    /// The floating-point constant that a value is, if it is a list of that many.
    func vector(_ value: String, count: Int) -> String? {
        guard let (name, constant) = weight(value), constant.shape == [count] else { return nil }
        return name
    }

    /// The axes that a reduction folds, counted from the front, and whether it keeps them; `nil` if that is not known.
    func reduction(_ node: Node) -> (input: String, axes: [Int], keeps: Bool)? {
        guard let input = node.input(0), let rank = shape(input)?.count else { return nil }
        let given = node.input(1) != nil ? numbers(node.input(1)) : (try? node.ints("axes")) ?? nil
        guard let given, !given.isEmpty, let keeps = try? node.int("keepdims", default: 1) else { return nil }
        return (input, given.map { $0 < 0 ? $0 + rank : $0 }.sorted(), keeps != 0)
    }

    /// An axis attribute, counted from the front.
    func axis(_ node: Node, default standard: Int) -> Int? {
        guard let input = node.input(0), let rank = shape(input)?.count,
            let axis = try? node.int("axis", default: standard)
        else { return nil }
        return axis < 0 ? axis + rank : axis
    }

    /// Both operands of a node, in both orders.
    func orders(_ node: Node) -> [(String, String)] {
        guard node.inputs.count == 2 else { return [] }
        return [(node.inputs[0], node.inputs[1]), (node.inputs[1], node.inputs[0])]
    }

    /// The convolution that makes a value with no other use, and whose results are not pooled.
    func openConvolution(_ value: String) -> (slot: Int, node: Node)? {
        guard let (slot, node) = maker(value, "Conv") ?? maker(value, "ConvTranspose"), useCount(value) == 1,
            !outputs.contains(value), node.attributes["pool_kernel"] == nil
        else { return nil }
        return (slot, node)
    }

    /// The Linear without residual that makes a value with no other use.
    func openLinear(_ value: String) -> (slot: Int, node: Node)? {
        guard let (slot, node) = maker(value, "Linear"), useCount(value) == 1, !outputs.contains(value),
            node.inputs.count == 4, node.input(3) == nil
        else { return nil }
        return (slot, node)
    }

    /// The constant limits of a Clip.
    func limits(_ node: Node) -> (low: Float, high: Float)? {
        var result: (Float, Float) = (-.infinity, .infinity)
        if let name = node.input(1) {
            guard let low = scalar(name) else { return nil }
            result.0 = low
        }
        if let name = node.input(2) {
            guard let high = scalar(name) else { return nil }
            result.1 = high
        }
        return result
    }

    /// The path that the names of the nodes in the given slots share.
    func path(_ slots: Set<Int>) -> String {
        commonPath(slots.sorted().compactMap { self.slots[$0]?.name })
    }

    /// A name that no value has yet.
    func freshValue(_ base: String) -> String {
        var name = base
        var number = 1
        while makers[name] != nil || graph.constants[name] != nil || inputs.contains(name) {
            name = "\(base)_\(number)"
            number += 1
        }
        return name
    }
}

/// What all names begin with, up to the end of one of their parts; the last name if they share nothing.
func commonPath(_ names: [String]) -> String {
    guard var shared = names.first?.utf8.map({ $0 }) else { return "" }
    let separators = Set("./_".utf8)
    for name in names.dropFirst() {
        shared = Array(zip(shared, name.utf8).prefix { $0 == $1 }.map(\.0))
    }
    // The prefix must end where every name ends or has a separator.
    let all = names.map { Array($0.utf8) }
    while !shared.isEmpty, !all.allSatisfy({ $0.count == shared.count || separators.contains($0[shared.count]) }) {
        shared.removeLast()
    }
    return shared.isEmpty ? names.last ?? "" : String(decoding: shared, as: UTF8.self)
}

/// Whether a constant is what a pattern expects: weights of 16 bits leave three digits.
func isNear(_ found: Float, _ expected: Float) -> Bool {
    abs(found - expected) <= 2e-4 * abs(expected)
}
