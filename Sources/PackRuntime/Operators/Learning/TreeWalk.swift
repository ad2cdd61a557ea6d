import PackCore

/// Walks of rows down trees: blocks of rows, in a block tree after tree, so that a tree stays in the cache.
struct TreeWalk<Value: BinaryFloatingPoint> {
    private let x: UnsafeMutableBufferPointer<Value>
    private let out: UnsafeMutableBufferPointer<Value>
    private let nodes: UnsafeBufferPointer<TreeNode<Value>>
    private let roots: UnsafeMutableBufferPointer<UInt32>
    private let weights: UnsafeBufferPointer<TreeWeight<Value>>
    private let base: UnsafeMutableBufferPointer<Value>?
    private let aggregate: TreeAggregate
    private let isUniform: Bool
    private let rows: Int
    private let width: Int
    private let targets: Int
    private let failed: UnsafeMutablePointer<UInt8>
    private let blockRows = 64

    /// Blocks of rows.
    var blocks: Int { (rows + blockRows - 1) / blockRows }

    init(_ step: Step, _ failed: UnsafeMutablePointer<UInt8>) throws(OperatorError) {
        let input = try step.input(0)
        x = input.elements(Value.self)
        out = try step.output().elements(Value.self)
        nodes = TreeWalk.table(try step.input(1))
        roots = try step.input(2).elements(UInt32.self)
        weights = TreeWalk.table(try step.input(3))
        base = step.optional(4)?.elements(Value.self)
        guard let aggregate = TreeAggregate(rawValue: try step.attribute(0)) else { throw .attribute }
        self.aggregate = aggregate
        isUniform = try step.attribute(1) != 0
        rows = input.extent(0)
        width = input.extent(1)
        targets = try step.output().extent(1)
        self.failed = failed
    }

    private static func table<Record>(_ tensor: Tensor) -> UnsafeBufferPointer<Record> {
        guard let data = tensor.raw else { return UnsafeBufferPointer(start: nil, count: 0) }
        return UnsafeBufferPointer(
            start: UnsafePointer(data.assumingMemoryBound(to: Record.self)), count: tensor.extent(0))
    }

    /// Scores of a block of rows.
    func compute(_ block: Int) {
        let first = block * blockRows
        let range = first..<Swift.min(first + blockRows, rows)
        let start: Value = aggregate == .minimum ? .infinity : aggregate == .maximum ? -.infinity : 0
        for index in range.lowerBound * targets..<range.upperBound * targets { out[index] = start }
        for root in roots {
            for row in range {
                let leaf = isUniform ? descend(Int(root), row) : descendAny(Int(root), row)
                guard leaf >= 0, add(leaf, row * targets) else {
                    failed.pointee = 1
                    return
                }
            }
        }
        finish(range)
    }

    /// The leaf that a row comes to; negative where the tables lead astray.
    @inline(__always)
    private func descend(_ root: Int, _ row: Int) -> Int {
        let (start, last) = (row * width, nodes.count - 1)
        var index = root
        guard index <= last else { return -1 }
        while true {
            let node = nodes[index]
            if node.test == 0 { return index }
            let child = Int(node.child)
            guard node.feature < width, child > index, child < last else { return -1 }
            index = child + (x[start + node.feature] <= node.value ? 0 : 1)
        }
    }

    private func descendAny(_ root: Int, _ row: Int) -> Int {
        let (start, last) = (row * width, nodes.count - 1)
        var index = root
        guard index <= last else { return -1 }
        while true {
            let node = nodes[index]
            if node.test == 0 { return index }
            let child = Int(node.child)
            guard node.feature < width, child > index, child < last,
                let isTrue = passes(node, x[start + node.feature])
            else { return -1 }
            index = child + (isTrue ? 0 : 1)
        }
    }

    private func passes(_ node: TreeNode<Value>, _ x: Value) -> Bool? {
        if node.missingIsTrue, x.isNaN { return true }
        switch TreeTest(rawValue: node.test) {
        case .lessOrEqual: return x <= node.value
        case .less: return x < node.value
        case .greaterOrEqual: return x >= node.value
        case .greater: return x > node.value
        case .equal: return x == node.value
        case .notEqual: return x != node.value
        case .member: return isMember(node.value, x)
        default: return nil
        }
    }

    private func isMember(_ place: Value, _ x: Value) -> Bool? {
        guard place >= 0, place < 16_777_216, Int(place) < weights.count else { return nil }
        let first = Int(place)
        let count = Int(weights[first].target)
        guard count <= weights.count - first else { return nil }
        for entry in first..<first + count where weights[entry].value == x { return true }
        return false
    }

    /// Adds a leaf's weights; false for targets or weights that are not there.
    @inline(__always)
    private func add(_ leaf: Int, _ to: Int) -> Bool {
        let node = nodes[leaf]
        let (count, first) = (node.feature, Int(node.child))
        if count == 1 {
            guard first < targets else { return false }
            merge(to + first, node.value)
            return true
        }
        guard count <= weights.count, first <= weights.count - count else { return count == 0 }
        for weight in weights[first..<first + count] {
            guard weight.target < targets else { return false }
            merge(to + Int(weight.target), weight.value)
        }
        return true
    }

    @inline(__always)
    private func merge(_ at: Int, _ value: Value) {
        switch aggregate {
        case .sum, .average: out[at] += value
        case .minimum: out[at] = Swift.min(out[at], value)
        case .maximum: out[at] = Swift.max(out[at], value)
        }
    }

    private func finish(_ range: Range<Int>) {
        for row in range {
            for target in 0..<targets {
                var score = out[row * targets + target]
                switch aggregate {
                case .sum: break
                case .average: score = roots.isEmpty ? 0 : score / Value(roots.count)
                case .minimum, .maximum: if score.isInfinite { score = 0 }
                }
                out[row * targets + target] = score + (base?[target] ?? 0)
            }
        }
    }
}
