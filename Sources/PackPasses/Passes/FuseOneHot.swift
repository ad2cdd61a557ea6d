import PackCore
import PackGraph

extension Pass {
    /// The product of one-hot rows and a matrix is a row of the matrix, or zeros for a number that has none.
    static let fuseOneHot = Pass(
        "fuse-one-hot", "Look rows up where one-hot rows are multiplied with a matrix", at: ["MatMul"]
    ) { (rewriter: borrowing Rewriter, slot: Int, node: Node) throws(GraphError) in
        guard node.inputs.count == 2, let table = rewriter.graph.constants[node.inputs[1]], table.dtype == .f32,
            table.shape.count == 2, table.byteCount <= Pass.tableBytes, rewriter.useCount(node.inputs[1]) == 1,
            let found = rewriter.oneHot(node.inputs[0], count: table.shape[0])
        else { return nil }
        let floats = try table.floats()
        // Only a finite number times zero is zero.
        guard floats.allSatisfy(\.isFinite) else { return nil }
        let (rows, width) = (table.shape[0], table.shape[1])
        let name = { (part: String) in "\(node.name).\(part)" }
        let names = ["table", "least", "most", "kept", "places"].map { rewriter.freshValue(name($0)) }
        var patch = Patch(node.name)
        // Numbers before the first and after the last are given the last row, which is -1 as well: zeros.
        patch.constants = [
            names[0]: try Constant(floats: floats + Array(repeating: 0, count: width), shape: [rows + 1, width]),
            names[1]: try Constant(Tensor(found.dtype, [], .integers([-1]))),
            names[2]: try Constant(Tensor(found.dtype, [], .integers([rows]))),
        ]
        patch.nodes = [
            found.equal: Node(
                "Clip", name: name("kept"), inputs: [found.numbers, names[1], names[2]], outputs: [names[3]]),
            found.cast: Node(
                "Cast", name: name("places"), inputs: [names[3]], outputs: [names[4]], attributes: ["to": .dtype(.i64)]),
            slot: Node("GatherND", name: node.name, inputs: [names[0], names[4]], outputs: node.outputs),
        ]
        return patch
    }

    /// Larger matrices are multiplied.
    private static let tableBytes = 64 << 20
}

private struct OneHot {
    var numbers: String
    var dtype: DType
    var equal: Int
    var cast: Int
}

extension Rewriter {
    /// The numbers [..., 1] whose one-hot rows a value has: compared with 0, 1, … and nothing else.
    fileprivate func oneHot(_ value: String, count: Int) -> OneHot? {
        guard let (cast, conversion) = maker(value, "Cast"), useCount(value) == 1, graph.types[value]?.dtype == .f32,
            let source = conversion.input(0), let (equal, comparison) = maker(source, "Equal"), useCount(source) == 1,
            let rows = shape(value)
        else { return nil }
        for (numbers, list) in orders(comparison) {
            guard let type = graph.types[numbers], [.i64, .i32].contains(type.dtype), type.shape.last?.constant == 1,
                type.shape.dropLast() == rows.dropLast(), let constant = graph.constants[list],
                constant.shape.last == count, constant.count == count,
                (try? constant.integers()) == Array(0..<count)
            else { continue }
            return OneHot(numbers: numbers, dtype: type.dtype, equal: equal, cast: cast)
        }
        return nil
    }
}
