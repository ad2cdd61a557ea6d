import PackCore
import PackGraph
import PackRuntime
import Testing

/// What the runtime computes for attention is what the evaluator does.
@Suite struct AttentionRunTests {
    enum Layout: CaseIterable { case packed, flat, apart, mixed }

    struct Form: Sendable {
        var heads = 4
        var shared = 4
        var queries = 5
        var keys = 5
        var isCausal = false
        /// Keys of each text that are seen; negative: at the end.
        var seen: [Int]?
        var hidden: [Float]?
        var layout = Layout.flat
    }

    private static let size = 3
    private static let batch = 3

    /// Numbers between −2 and 2 that do not repeat.
    private func numbers(_ count: Int, _ seed: Int) -> [Double] {
        (0..<count).map { Double(Float((($0 + 7 * seed) * 37 % 101) - 50) / 25) }
    }

    private func inputs(_ form: Form) -> [TensorValue?] {
        func operand(_ index: Int, _ heads: Int, _ length: Int) -> TensorValue {
            let isApart = form.layout == .apart || form.layout == .mixed && index != 1
            let shape =
                isApart ? [Self.batch, heads, length, Self.size] : [Self.batch, length, heads * Self.size]
            return TensorValue(.f32, shape, numbers(shape.reduce(1, *), index))
        }
        var list: [TensorValue?]
        if form.layout == .packed {
            list = [operand(0, 3 * form.heads, form.queries), nil, nil]
        } else {
            list = [operand(0, form.heads, form.queries)]
            list += (1...2).map { operand($0, form.shared, form.keys) }
        }
        guard let seen = form.seen else { return list }
        let mask = seen.flatMap { count in
            (0..<form.keys).map { count < 0 ? $0 >= form.keys + count : $0 < count }
        }
        return list + [TensorValue(.i64, [Self.batch, form.keys], mask.map { $0 ? 1 : 0 })]
    }

    private func check(_ form: Form) throws {
        var attributes: [String: Attribute] = ["heads": .int(form.heads), "scale": .float(0.5)]
        if form.shared != form.heads { attributes["kv_heads"] = .int(form.shared) }
        if form.isCausal { attributes["causal"] = .int(1) }
        if let hidden = form.hidden { attributes["hidden"] = .floats(hidden) }
        let inputs = inputs(form)
        let graph = try Graph.node("Attention", inputs, attributes, isFixed: true)
        var tensors: [String: PackGraph.Tensor] = [:]
        for (index, input) in inputs.enumerated() {
            guard let input else { continue }
            tensors["x\(index)"] =
                input.dtype == .f32
                ? Tensor(input.shape, floats: input.numbers.map { Float($0) })
                : Tensor(input.shape, integers: input.numbers.map { Int($0) })
        }
        let outputs = try Evaluator.run(graph, tensors)
        let expected = try #require(outputs[graph.outputs[0]])
        for threads in 1...2 {
            let found = try Session(graph, threads: threads).answer(inputs.compactMap { $0 })
            #expect(found[0].shape == [Self.batch, form.queries, form.heads * Self.size])
            let wanted = TensorValue(.f32, expected.shape, expected.floats.map { Double($0) })
            #expect(found[0].isClose(to: wanted, 1e-5), "\(form)")
        }
    }

    @Test(arguments: Layout.allCases, [false, true])
    func layouts(_ layout: Layout, _ isCausal: Bool) throws {
        for seen in [nil, [5, 3, 1], [-2, 5, -4], [0, 5, 2]] as [[Int]?] {
            try check(Form(isCausal: isCausal, seen: seen, layout: layout))
            try check(Form(isCausal: isCausal, seen: seen, hidden: [-1, -2, -4], layout: layout))
            // Where all are as low as floats go, all count the same.
            let low = -Float.greatestFiniteMagnitude
            try check(Form(isCausal: isCausal, seen: seen, hidden: [low, low, low], layout: layout))
        }
    }

    @Test(arguments: [Layout.flat, .apart, .mixed], [1, 2])
    func sharedHeads(_ layout: Layout, _ shared: Int) throws {
        for isCausal in [false, true] {
            try check(Form(shared: shared, isCausal: isCausal, seen: [5, 3, 0], layout: layout))
        }
    }

    @Test(arguments: [(5, 9), (1, 6), (7, 2), (20, 40)])
    func otherLengths(_ queries: Int, _ keys: Int) throws {
        try check(Form(queries: queries, keys: keys, seen: [keys, 1, -1]))
        guard queries <= keys else { return }
        try check(Form(queries: queries, keys: keys, isCausal: true, seen: [keys, 1, -1]))
    }

    /// More queries than keys have no place among them.
    @Test func causalNeedsKeysForAllQueries() throws {
        let inputs = inputs(Form(queries: 6, keys: 5))
        let attributes: [String: Attribute] = ["heads": .int(4), "scale": .float(1), "causal": .int(1)]
        #expect(throws: GraphError.self) { try Graph.node("Attention", inputs, attributes, isFixed: true) }
        // Where extents are known when it runs only, it is refused then.
        let graph = try Graph.node("Attention", inputs, attributes, isFixed: false)
        #expect(throws: (any Error).self) { try Session(graph).answer(inputs.compactMap { $0 }) }
    }
}
