import PackGraph
import PackPasses
import Testing

@Suite struct OptionsTests {
    @Test func everyPrefixOfTheRewritesKeepsTheNumbers() throws {
        let graph = try EncoderBuilder.sentenceEncoder(layers: 1)
        let all = try PassPipeline.standard.run(graph).records
        for limit in 0...all.count {
            let (result, records) = try PassPipeline.standard.run(graph, PassOptions(limit: limit))
            #expect(records == Array(all.prefix(limit)))
            try result.validate()
            #expect(
                try difference(graph, result) <= 1e-5,
                "after \(limit) rewrites, the last \(all.prefix(limit).last as Any)")
        }
    }

    @Test(arguments: PassPipeline.standard.list.map(\.name))
    func everyPassCanBeSkipped(_ name: String) throws {
        let graph = try EncoderBuilder.sentenceEncoder(layers: 1)
        let (result, records) = try PassPipeline.standard.run(graph, PassOptions(skipped: [name]))
        #expect(!records.contains { $0.pass == name })
        #expect(try difference(graph, result) <= 1e-5)
    }

    @Test func passesAreListedOnce() {
        let names = PassPipeline.standard.list.map(\.name)
        #expect(Set(names).count == names.count)
        #expect(PassPipeline.standard.list.allSatisfy { !$0.summary.isEmpty })
    }

    @Test func recordsFollowEachOther() throws {
        let graph = try EncoderBuilder.sentenceEncoder(layers: 2, .roberta)
        let (result, records) = try PassPipeline.standard.run(graph)
        for (earlier, later) in zip(records, records.dropFirst()) {
            #expect(earlier.nodesAfter == later.nodesBefore)
            #expect(earlier.constantBytesAfter == later.constantBytesBefore)
        }
        #expect(records.last?.nodesAfter == result.nodes.count)
    }

    @Test func runningTwiceChangesNothing() throws {
        let once = try PassPipeline.standard.run(try EncoderBuilder.sentenceEncoder(layers: 1)).graph
        let (twice, records) = try PassPipeline.standard.run(once)
        #expect(records.isEmpty)
        #expect(twice.operators == once.operators)
    }

    /// Behind an operator without a rule nothing is typed, and no rule has looked at the nodes.
    @Test func untypedNodesAreLeftAlone() throws {
        var s = Sketch()
        var value = s("Mystery", s.x)
        for order in [[9, 9, 9, 9], [0, 2, 1, 3], [7], []] {
            value = s("Transpose", value, attributes: ["perm": .ints(order)])
        }
        for op in [
            "Add", "MatMul", "Div", "ReduceMax", "Reshape", "Where", "Gemm", "LayerNormalization", "Attention",
        ] {
            value = s.graph.node(op, "part", [value])
        }
        for op in ["Softmax", "Split", "Slice", "Expand", "Gather"] {
            value = s.graph.node(op, "part", [value, "", ""], ["axis": .string("none"), "axes": .int(.min)])
        }
        let mixed = s("MatMul", s("Softmax", s("MatMul", value, value)), value)
        let joined = s("Transpose", mixed, attributes: ["perm": .ints([0, 2, 1, 3])])
        let graph = try s.finish(s("Reshape", joined, try s.list(0, 0, 8)))
        #expect(try PassPipeline.standard.run(graph).graph.nodes.count == graph.nodes.count)
    }
}
