public import CPackKernels
import PackCore

/// Counts sequences of terms in rows of terms (ONNX `TfIdfVectorizer`). Inputs: terms, i64 [C] or [B, C], numbers or codes of
/// texts; a tree of sequences; weights f32 [outputs], which may be absent. Output: f32 [outputs] or [B, outputs].
///
/// The tree: nodes i64 [N, 3], the root first: the first edge, the number of edges, and the output that the sequence up to here
/// counts for, or −1; edges i64 [E, 2]: a term, in ascending order for one node, and the node that it leads to.
///
/// Attributes: the lengths of sequences, least and most; the most terms that may be skipped between two of a sequence, always as
/// many; what is given: counts, weights where there is any, or counts times weights.
enum TermCounts: Operator {
    static func prepare(_ step: Step) throws(OperatorError) -> Int {
        let x = try step.input(0)
        let out = try step.output()
        for index in 0..<3 { try step.input(index).require(.i64) }
        try out.require(.f32)
        let nodes = try step.input(1)
        let edges = try step.input(2)
        guard nodes.rank == 2, nodes.extent(1) == 3, edges.rank == 2, edges.extent(1) == 2, nodes.count > 0,
            x.rank <= 2, out.rank == Swift.max(x.rank, 1), x.rank < 2 || out.extent(0) == x.extent(0)
        else { throw .shape }
        if let weights = step.optional(3) {
            try weights.require(.f32)
            guard weights.count == out.last else { throw .shape }
        }
        guard step.attributeCount == 4, try step.attribute(0) >= 1, try step.attribute(2) >= 0 else {
            throw .attribute
        }
        return 0
    }

    static func run(_ step: Step) throws(OperatorError) {
        let x = try step.input(0)
        let out = try step.output()
        let outputs = out.last
        let terms = x.integers
        let length = x.last
        out.clear()
        let tree = TermTree(nodes: try step.input(1).integers, edges: try step.input(2).integers)
        for row in 0..<(outputs == 0 ? 0 : out.count / outputs) {
            let counts = UnsafeMutableBufferPointer(rebasing: out.floats[row * outputs..<(row + 1) * outputs])
            let range = x.rank < 2 ? 0..<x.count : row * length..<(row + 1) * length
            try count(step, tree, UnsafeMutableBufferPointer(rebasing: terms[range]), counts)
            try weigh(step, counts)
        }
    }

    private static func count(
        _ step: Step, _ tree: TermTree, _ terms: UnsafeMutableBufferPointer<Int64>,
        _ counts: UnsafeMutableBufferPointer<Float>
    ) throws(OperatorError) {
        let most = try step.attribute(1)
        var least = try step.attribute(0)
        var distance = 1
        while distance - 1 <= (try step.attribute(2)) {
            // The shortest sequences that count are as long as the row or longer.
            let (reach, overflow) = distance.multipliedReportingOverflow(by: least - 1)
            guard !overflow, reach < terms.count, least <= most else { return }
            for start in 0..<terms.count - reach {
                var node = 0
                var size = 1
                var at = start
                while size <= most, at < terms.count, let next = try tree.child(node, terms[at]) {
                    node = next
                    if size >= least, let output = try tree.output(node, counts.count) { counts[output] += 1 }
                    size += 1
                    at += distance
                }
            }
            // Single terms have nothing between them.
            if least == 1 { least = 2 }
            distance += 1
        }
    }

    private static func weigh(_ step: Step, _ counts: UnsafeMutableBufferPointer<Float>) throws(OperatorError) {
        let mode = try step.attribute(3)
        let weights = step.optional(3)?.floats
        guard mode != 0 else { return }
        for index in 0..<counts.count {
            let weight = weights?[index] ?? 1
            counts[index] = mode == 1 ? (counts[index] > 0 ? weight : 0) : counts[index] * weight
        }
    }
}

/// Sequences that start alike share the nodes of their start.
private struct TermTree {
    let nodes: UnsafeMutableBufferPointer<Int64>
    let edges: UnsafeMutableBufferPointer<Int64>

    /// The node that a term leads to.
    func child(_ node: Int, _ term: Int64) throws(OperatorError) -> Int? {
        let (start, count, all) = (nodes[node * 3], nodes[node * 3 + 1], Int64(edges.count / 2))
        guard start >= 0, count >= 0, start <= all, count <= all - start else { throw .attribute }
        var (first, end) = (Int(start), Int(start + count))
        while first < end {
            let middle = (first + end) / 2
            if edges[middle * 2] < term { first = middle + 1 } else { end = middle }
        }
        guard first < Int(start + count), edges[first * 2] == term else { return nil }
        let child = edges[first * 2 + 1]
        guard child > 0, child < Int64(nodes.count / 3) else { throw .attribute }
        return Int(child)
    }

    /// The output that a node counts for.
    func output(_ node: Int, _ outputs: Int) throws(OperatorError) -> Int? {
        let output = nodes[node * 3 + 2]
        guard output < Int64(outputs) else { throw .attribute }
        return output < 0 ? nil : Int(output)
    }
}

/// C entry of `TermCounts`.
@c(pack_op_TermCounts) public func packOperatorTermCounts(
    _ step: UnsafePointer<pack_step>?, _ running: Int32
) -> Int64 { perform(TermCounts.self, step, running) }
