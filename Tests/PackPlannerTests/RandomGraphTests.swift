import PackCore
import PackGraph
import PackPasses
import PackRuntime
import Testing

/// The smallest graphs that once gave other results than onnxruntime, found by Tests/fuzz/onnx_graphs.py. Values follow from the
/// operators' definitions.
@Suite struct RandomGraphTests {
    /// The results of a node as it is and after all passes, with some operands constant.
    private func check(
        _ op: String, _ inputs: [TensorValue?], _ attributes: [String: Attribute] = [:], constants: Set<Int>,
        gives expected: TensorValue
    ) throws {
        let graph = try Graph.node(op, inputs, attributes, isFixed: true, constants: constants)
        let given = inputs.enumerated().compactMap { constants.contains($0) ? nil : $1 }
        for graph in [graph, try PassPipeline.standard.run(graph).graph] {
            let found = try Session(graph).answer(given)
            #expect(found.count == 1 && found[0].isClose(to: expected, 1e-6), "\(op): \(found), not \(expected)")
        }
    }

    /// Constant weights of one axis have the rank of the image.
    @Test func convolvesOneAxisBackwards() throws {
        let x = TensorValue(.f32, [1, 1, 2], [1, 2])
        let weights = TensorValue(.f32, [1, 2, 2], [1, 10, 100, 1000])
        let expected = TensorValue(.f32, [1, 2, 4], [1, 10, 2, 20, 100, 1000, 200, 2000])
        for constants in [[1], []] as [Set<Int>] {
            try check("ConvTranspose", [x, weights], ["strides": .ints([2])], constants: constants, gives: expected)
        }
    }

    @Test func convolvesGroupsOfOneAxisBackwards() throws {
        let x = TensorValue(.f32, [1, 2, 1], [1, 2])
        let weights = TensorValue(.f32, [2, 1, 3], [1, 2, 3, 4, 5, 6])
        let expected = TensorValue(.f32, [1, 2, 3], [1, 2, 3, 8, 10, 12])
        try check("ConvTranspose", [x, weights], ["group": .int(2)], constants: [1], gives: expected)
    }

    /// Going backwards, a start before the axis is its first element.
    @Test func slicesBackwardsFromBeforeTheAxis() throws {
        let inputs: [TensorValue] = [
            .list(.f32, 5, 6, 7), .list(.i64, -4), .list(.i64, Double(Int32.min)), .list(.i64, 0), .list(.i64, -2),
        ]
        for constants in [[1, 2, 3, 4], []] as [Set<Int>] {
            try check("Slice", inputs, constants: constants, gives: .list(.f32, 5))
        }
    }

    @Test(arguments: [(0, 0, [1.0, 3, 6]), (1, 0, [0.0, 1, 3]), (0, 1, [6.0, 5, 3]), (1, 1, [5.0, 3, 0])])
    func foldsRunningSums(exclusive: Int, reverse: Int, expected: [Double]) throws {
        var builder = GraphBuilder()
        let x = builder.input("x", .f32, [3])
        let list = builder.constant("list", try TensorValue.list(.f32, 1, 2, 3).constant)
        let axis = builder.constant("axis", try TensorValue.scalar(.i64, -1).constant)
        let attributes: [String: Attribute] = ["exclusive": .int(exclusive), "reverse": .int(reverse)]
        let sums = builder.node("CumSum", "sums", [list, axis], attributes)
        builder.output(builder.node("Add", "y", [x, sums]))
        let graph = try builder.finish()
        let folded = try PassPipeline.standard.run(graph).graph
        #expect(folded.nodes.map(\.op) == ["Add"])
        for graph in [graph, folded] {
            #expect(try Session(graph).answer([.list(.f32, 0, 0, 0)]) == [TensorValue(.f32, [3], expected)])
        }
    }

    /// The only element of an axis lies at the start of the original.
    @Test func resizesToOneElement() throws {
        let attributes: [String: Attribute] = [
            "mode": .string("cubic"), "coordinate_transformation_mode": .string("pytorch_half_pixel"),
        ]
        let x = TensorValue(.f32, [1, 1, 2, 2], [3, 3, 8, 8])
        try check(
            "Resize", [x, nil, nil, .list(.i64, 1, 1, 1, 2)], attributes, constants: [3],
            gives: TensorValue(.f32, [1, 1, 1, 2], [3, 3]))
    }

    /// Weights say how many features there are.
    @Test func recursOverFeaturesOfAFreeNumber() throws {
        var builder = GraphBuilder()
        let x = builder.input("x", .f32, ["length", "batch", "features"])
        let weights = builder.constant("w", try TensorValue(.f32, [1, 1, 2], [1, 1]).constant)
        let recurrence = builder.constant("r", try TensorValue(.f32, [1, 1, 1], [1]).constant)
        let attributes: [String: Attribute] = ["hidden_size": .int(1), "activations": .strings(["Relu"])]
        builder.output(builder.node("RNN", "y", [x, weights, recurrence], attributes, outputs: 2)[0])
        let session = try Session(builder.finish())
        let found = try session.answer([TensorValue(.f32, [2, 1, 2], [1, 2, 3, 4])])
        #expect(found == [TensorValue(.f32, [2, 1, 1, 1], [3, 10])])
        #expect(throws: RuntimeError.self) { try session.answer([TensorValue(.f32, [2, 1, 3], [1, 2, 3, 4, 5, 6])]) }
    }
}
