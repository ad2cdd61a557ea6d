import PackCore
import PackGraph

extension ONNXRules {
    /// Layers with a state that is carried along a sequence.
    static let recurrences: [String: ONNXRule] = [
        "LinearAttention": linearAttention, "CausalConvWithState": causalConv, "TensorScatter": tensorScatter,
    ]

    /// A convolution a channel over what came before; gives the last inputs too.
    @Sendable private static func causalConv(
        _ importer: inout ONNXImporter, _ operation: ONNXOperation
    ) throws(ONNXRefusal) {
        let input = try operation.required(0)
        let weight = try operation.required(1)
        let channels = try importer.known(weight, axis: 0)
        let before = try importer.known(weight, axis: 2) - 1
        let whole: String
        if let past = operation.input(3) {
            whole = importer.helper("Concat", operation, [past, input], ["axis": .int(2)])
        } else {
            let pads = importer.integers([0, 0, before, 0, 0, 0])
            whole = importer.helper("Pad", operation, [input, pads, importer.scalar(0, like: input, operation)])
        }
        // Narrow floats are multiplied as f32, and rounded once.
        let dtype = importer.graph.types[input]?.dtype ?? .f32
        let wide = dtype == .f64 ? DType.f64 : .f32
        var operands: [String] = []
        for name in [whole, weight, operation.input(2)] {
            operands.append(name.map { importer.cast($0, to: wide, operation) } ?? "")
        }
        var result = importer.helper("Conv", operation, operands, ["group": .int(channels)])
        switch try operation.text("activation") ?? "none" {
        case "none": break
        case "silu", "swish": result = importer.silu(result, operation)
        case let other: throw ONNXRefusal(.invalid, found: "activation \(other)", expected: "none, silu or swish")
        }
        importer.give(importer.cast(result, to: dtype, operation), as: 0, of: operation)
        guard operation.output(1) != nil else { return }
        // From a position counted from the end, for the length may be free.
        let total = try importer.extent(of: whole, axis: 2, operation)
        let end = importer.helper("Reshape", operation, [total, importer.integers([1])])
        let start = importer.helper("Sub", operation, [end, importer.integers([before])])
        importer.give(
            importer.helper("Slice", operation, [whole, start, end, importer.integers([2])]), as: 1, of: operation)
    }

    /// A state `[batch, heads, keys, values]` that each step decays, corrects and reads. Steps are written out.
    @Sendable private static func linearAttention(
        _ importer: inout ONNXImporter, _ operation: ONNXOperation
    ) throws(ONNXRefusal) {
        let layer = try LinearAttentionLayer(&importer, operation)
        var state = layer.state
        var steps: [String] = []
        for number in 0..<layer.length { steps.append(try layer.step(number, &state, &importer, operation)) }
        let joined = importer.helper("Concat", operation, steps, ["axis": .int(2)])
        let rows = importer.helper("Transpose", operation, [joined], ["perm": .ints([0, 2, 1, 3])])
        let flat = importer.helper("Reshape", operation, [rows, importer.integers([0, 0, -1])])
        let dtype = importer.graph.types[try operation.required(0)]?.dtype ?? .f32
        importer.give(importer.cast(flat, to: dtype, operation), as: 0, of: operation)
        let kept = operation.input(3).flatMap { importer.graph.types[$0]?.dtype } ?? dtype
        importer.give(importer.cast(state, to: kept, operation), as: 1, of: operation)
    }

    /// Writes rows into a cache, for each of a batch from its own position on.
    @Sendable private static func tensorScatter(
        _ importer: inout ONNXImporter, _ operation: ONNXOperation
    ) throws(ONNXRefusal) {
        let (cache, update) = (try operation.required(0), try operation.required(1))
        let rank = try importer.shape(cache).count
        let given = try operation.int("axis", default: -2)
        let axis = given < 0 ? given + rank : given
        guard axis > 0, axis < rank else {
            throw ONNXRefusal(.invalid, found: "axis \(given)", expected: "an axis behind the first")
        }
        let count = try importer.extent(of: update, axis: axis, operation)
        let whole = try importer.extent(of: cache, axis: axis, operation)
        var rows = importer.positions(below: count, operation)
        if let starts = operation.input(2) {
            let column = importer.helper("Unsqueeze", operation, [starts, importer.integers([1])])
            rows = importer.helper("Add", operation, [rows, importer.cast(column, to: .i64, operation)])
        } else {
            rows = importer.helper("Unsqueeze", operation, [rows, importer.integers([0])])
        }
        if try operation.text("mode") == "circular" {
            rows = importer.helper("Mod", operation, [rows, whole])
        }
        // As an index for each element: [batch, 1, …, rows, 1, …], stretched.
        let target = (0..<rank).map { $0 == 0 ? 0 : $0 == axis ? -1 : 1 }
        if axis > 1 {
            rows = importer.helper(
                "Unsqueeze", operation, [rows, importer.integers(Array(1..<axis))])
        }
        if axis < rank - 1 {
            rows = importer.helper("Unsqueeze", operation, [rows, importer.integers(Array(axis + 1..<target.count))])
        }
        let shape = importer.helper("Shape", operation, [update])
        let indices = importer.helper("Expand", operation, [rows, shape])
        importer.emit(
            "ScatterElements", operation, [cache, indices, update], ["axis": .int(axis)],
            outputs: operation.output(0).map { [$0] })
    }
}

/// The parts of a layer of linear attention, each `[batch, heads, sequence, size]` in f32.
private struct LinearAttentionLayer {
    let state: String
    let length: Int
    private let query: String
    private let key: String
    private let value: String
    private let decay: String?
    private let beta: String?
    private let group: Int
    private let scale: Float

    init(_ importer: inout ONNXImporter, _ operation: ONNXOperation) throws(ONNXRefusal) {
        let heads = try operation.int("q_num_heads", default: 0)
        let shared = try operation.int("kv_num_heads", default: 0)
        guard shared > 0, heads > 0, heads % shared == 0 else {
            throw ONNXRefusal(.invalid, found: "\(heads) and \(shared) heads", expected: "a multiple")
        }
        func apart(_ name: String, _ heads: Int, _ importer: inout ONNXImporter) -> String {
            let wide = importer.cast(name, to: .f32, operation)
            let rows = importer.helper("Reshape", operation, [wide, importer.integers([0, 0, heads, -1])])
            return importer.helper("Transpose", operation, [rows], ["perm": .ints([0, 2, 1, 3])])
        }
        group = heads / shared
        query = apart(try operation.required(0), heads, &importer)
        key = apart(try operation.required(1), shared, &importer)
        value = apart(try operation.required(2), shared, &importer)
        let rule = try operation.text("update_rule") ?? "gated_delta"
        guard ["linear", "gated", "delta", "gated_delta"].contains(rule) else {
            throw ONNXRefusal(
                .invalid, found: "update_rule \(rule)", expected: "linear, gated, delta or gated_delta")
        }
        decay = rule.hasPrefix("gated") ? apart(try operation.required(4), shared, &importer) : nil
        if rule.hasSuffix("delta") {
            let name = try operation.required(5)
            beta = apart(name, try importer.known(name, axis: 2) == 1 ? 1 : shared, &importer)
        } else {
            beta = nil
        }
        length = try importer.known(query, axis: 2)
        guard (1...256).contains(length) else { throw .use("\(length) steps", "1 to 256") }
        let keys = try importer.known(key, axis: 3)
        let given = try operation.float("scale") ?? 0
        scale = given == 0 ? 1 / Float(keys).squareRoot() : given
        if let past = operation.input(3) {
            state = importer.cast(past, to: .f32, operation)
        } else {
            let batch = try importer.extent(of: key, axis: 0, operation)
            let first = importer.helper("Reshape", operation, [batch, importer.integers([1])])
            let values = try importer.known(value, axis: 3)
            let shape = importer.helper(
                "Concat", operation, [first, importer.integers([shared, keys, values])], ["axis": .int(0)])
            state = importer.helper("ConstantOfShape", operation, [shape])
        }
    }

    /// One step: changes the state and gives the answer `[batch, heads, 1, values]`.
    func step(
        _ number: Int, _ state: inout String, _ importer: inout ONNXImporter, _ operation: ONNXOperation
    ) throws(ONNXRefusal) -> String {
        func row(_ value: String, _ importer: inout ONNXImporter) -> String {
            let bounds = [importer.integers([number]), importer.integers([number + 1]), importer.integers([2])]
            return importer.helper("Slice", operation, [value] + bounds)
        }
        func turned(_ value: String, _ importer: inout ONNXImporter) -> String {
            importer.helper("Transpose", operation, [value], ["perm": .ints([0, 1, 3, 2])])
        }
        let key = row(self.key, &importer)
        var value = row(self.value, &importer)
        if let decay {
            let factor = importer.helper("Exp", operation, [turned(row(decay, &importer), &importer)])
            state = importer.helper("Mul", operation, [state, factor])
        }
        if let beta {
            let known = importer.helper("MatMul", operation, [key, state])
            let error = importer.helper("Sub", operation, [value, known])
            value = importer.helper("Mul", operation, [row(beta, &importer), error])
        }
        let change = importer.helper("Mul", operation, [turned(key, &importer), value])
        state = importer.helper("Add", operation, [state, change])
        let read = try importer.repeated(state, axis: 1, times: group, operation)
        let answer = importer.helper("MatMul", operation, [row(query, &importer), read])
        return importer.helper("Mul", operation, [answer, importer.scalar(scale, like: answer, operation)])
    }
}
