import PackCore
import PackGraph

/// Decision trees on their way from a file into the runtime's tables (`TreeNode`).
struct ONNXTrees {
    /// A node as files have it: a test with two places to go, or a leaf.
    struct Entry {
        var test = TreeTest.leaf
        var feature = 0
        var value = 0.0
        var yes = 0
        var no = 0
        var missingIsTrue = false
        var members: [Double] = []
        var weights: [(target: Int, value: Double)] = []
    }

    var entries: [Entry] = []
    var roots: [Int] = []
    /// Scores a row.
    var targets = 1

    /// Whether every test is "less or equal" and no missing value counts as true.
    var isUniform: Bool {
        entries.allSatisfy { $0.test == .leaf || $0.test == .lessOrEqual && !$0.missingIsTrue }
    }

    static let fieldLimit = 1 << 24

    /// The tables: nodes, first nodes, weights.
    ///
    /// - Throws: `ONNXRefusal` for trees that are none: places that are not there, or nodes with two parents.
    func tables(_ dtype: DType) throws(ONNXRefusal) -> (nodes: Constant, roots: Constant, weights: Constant) {
        var writer = ONNXTreeWriter(trees: self, isWide: dtype == .f64)
        for root in roots { try writer.write(root) }
        do throws(GraphError) {
            let (columns, weightColumns) = dtype == .f64 ? (4, 4) : (3, 2)
            return (
                try Self.table(writer.nodes, columns),
                try Constant(.u32, [writer.roots.count], bytes: bytes(writer.roots)),
                try Self.table(writer.weights, weightColumns)
            )
        } catch { throw ONNXRefusal(.invalid, found: error.found, expected: error.expected) }
    }

    private static func table(_ words: [UInt32], _ columns: Int) throws(GraphError) -> Constant {
        try Constant(.u32, [words.count / columns, columns], bytes: bytes(words))
    }
}

private func bytes(_ words: [UInt32]) -> [UInt8] { words.withUnsafeBytes { Array($0) } }

/// Lays trees out one after another, each from the top down with children side by side.
private struct ONNXTreeWriter {
    let trees: ONNXTrees
    let isWide: Bool
    var nodes: [UInt32] = []
    var roots: [UInt32] = []
    var weights: [UInt32] = []
    private var isWritten: [Bool]

    init(trees: ONNXTrees, isWide: Bool) {
        (self.trees, self.isWide) = (trees, isWide)
        isWritten = Array(repeating: false, count: trees.entries.count)
    }

    private var columns: Int { isWide ? 4 : 3 }

    mutating func write(_ root: Int) throws(ONNXRefusal) {
        // Pairs of entry and place; every branch is written once, so that the queue ends.
        var queue = [(entry: root, place: nodes.count / columns)]
        roots.append(UInt32(nodes.count / columns))
        nodes += Array(repeating: 0, count: columns)
        var next = 0
        while next < queue.count {
            let (index, place) = queue[next]
            next += 1
            guard trees.entries.indices.contains(index) else {
                throw ONNXRefusal(.invalid, found: "a node \(index) that is not there", expected: "nodes of the tree")
            }
            let entry = trees.entries[index]
            guard entry.test != .leaf else {
                try put(leaf: entry, place)
                continue
            }
            guard !isWritten[index] else {
                throw ONNXRefusal(.invalid, found: "a node with two parents", expected: "trees")
            }
            isWritten[index] = true
            let child = nodes.count / columns
            guard child < 1 << 30 else { throw .use("more than \(1 << 30) nodes", "fewer") }
            try put(branch: entry, child, place)
            nodes += Array(repeating: 0, count: 2 * columns)
            queue += [(entry.yes, child), (entry.no, child + 1)]
        }
    }

    private mutating func put(branch: ONNXTrees.Entry, _ child: Int, _ place: Int) throws(ONNXRefusal) {
        guard (0..<ONNXTrees.fieldLimit).contains(branch.feature) else {
            throw ONNXRefusal(
                .invalid, found: "feature \(branch.feature)", expected: "0 to \(ONNXTrees.fieldLimit - 1)")
        }
        var value = branch.value
        if branch.test == .member {
            value = Double(weights.count / (isWide ? 4 : 2))
            guard value < Double(ONNXTrees.fieldLimit) else { throw .use("sets that are too large", "smaller ones") }
            // A set has at least one entry, which says how many values there are.
            let members = branch.members.isEmpty ? [Double.nan] : branch.members
            for (index, member) in members.enumerated() {
                append(weight: index == 0 ? members.count : 0, member)
            }
        }
        let flags = branch.test.rawValue << 24 | (branch.missingIsTrue ? 1 << 28 : 0)
        put(place, UInt32(branch.feature) | flags, UInt32(child), value)
    }

    private mutating func put(leaf: ONNXTrees.Entry, _ place: Int) throws(ONNXRefusal) {
        for (target, _) in leaf.weights where target < 0 || target >= trees.targets {
            throw ONNXRefusal(
                .invalid, found: "target \(target)", expected: "0 to \(trees.targets - 1)")
        }
        if let only = leaf.weights.first, leaf.weights.count == 1 {
            return put(place, 1, UInt32(only.target), only.value)
        }
        let first = weights.count / (isWide ? 4 : 2)
        guard leaf.weights.count < ONNXTrees.fieldLimit, first < 1 << 30 else {
            throw .use("too many weights", "fewer")
        }
        put(place, UInt32(leaf.weights.count), UInt32(first), 0)
        for weight in leaf.weights { append(weight: weight.target, weight.value) }
    }

    private mutating func put(_ place: Int, _ split: UInt32, _ child: UInt32, _ value: Double) {
        let words = [split, child] + self.words(value)
        for (index, word) in words.enumerated() { nodes[place * columns + index] = word }
    }

    private mutating func append(weight target: Int, _ value: Double) {
        weights.append(UInt32(target))
        if isWide { weights.append(0) }
        weights += words(value)
    }

    private func words(_ value: Double) -> [UInt32] {
        guard isWide else { return [Float(value).bitPattern] }
        return [UInt32(truncatingIfNeeded: value.bitPattern), UInt32(truncatingIfNeeded: value.bitPattern >> 32)]
    }
}
