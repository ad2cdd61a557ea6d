import PackCore
import PackFormats
import PackGraph
import PackImport
import Testing
import WireBuilding

/// What hostile or unlucky values make of loops, branches and lists.
@Suite struct ONNXStructureTests {
    @Test(arguments: [1 << 60, 1025, Int.max]) func refusesLongLoops(turns: Int) throws {
        let onnx = try ONNXImport.read(WireBuilder.loop()) { $0.values["n"] = .text("\(turns)") }
        #expect(onnx.problems.map(\.kind) == [.unsupportedOperator] && onnx.needs.isEmpty)
    }

    @Test(arguments: [0, -1, Int.min]) func loopsMayNotTurnAtAll(turns: Int) throws {
        let onnx = try ONNXImport.read(WireBuilder.loop()) { $0.values["n"] = .text("\(turns)") }
        #expect(onnx.problems.isEmpty && onnx.operators == ["Identity"])
    }

    @Test func loopsWhoseTurnsAreNotKnownRun() throws {
        func read(_ more: @escaping (inout WireBuilder) -> Void, _ outputs: [String]) throws -> ONNXImport {
            try ONNXImport.read(
                WireBuilder.model(opset: 19) { graph in
                    graph.node("Loop", ["n", "", "x"], ["y", "all"]) {
                        $0.attribute("body") { body in
                            body.node("Exp", ["v"], ["w"])
                            more(&body)
                            body.edges(["i", "c", "v"], outputs)
                        }
                    }
                    graph.port(11, "x", [nil, 3])
                    graph.port(11, "n", [], type: .int64)
                    graph.message(12) { $0.text(1, "y") }
                })
        }
        let counted = try read({ _ in }, ["c", "w"])
        #expect(counted.problems.isEmpty, "\(counted.problems)")
        #expect(counted.operators == ["LoopBegin", "Exp", "LoopEnd"])
        #expect(counted.graph.types["y"]?.shape == ["d0", 3])
        // A condition that data tell ends a loop of a known number of turns too.
        let ended = try read(
            {
                $0.node("ReduceSum", ["w"], ["s"]) { $0.attribute("keepdims", int: 0) }
                $0.node("IsNaN", ["s"], ["on"])
            }, ["on", "w"])
        #expect(ended.problems.isEmpty && ended.operators == ["LoopBegin", "Exp", "ReduceSum", "IsNaN", "LoopEnd"])
        // Values of each turn would make as many entries.
        let stacked = try read({ _ in }, ["c", "w", "w"])
        #expect(stacked.needs == [.value("n")])
    }

    @Test func takesNoEndsOfLoopsFromFiles() throws {
        let onnx = try ONNXImport.read(
            WireBuilder.model { graph in
                graph.node("LoopBegin", ["", "", "x"], ["i", "c", "y"])
                graph.port(11, "x", [1])
                graph.message(12) { $0.text(1, "y") }
            })
        #expect(onnx.problems.map(\.kind) == [.unsupportedOperator])
    }

    /// A loop in a loop in a loop, each of 1,000 turns.
    @Test func nestedLoopsEnd() throws {
        func nest(_ depth: Int, _ graph: inout WireBuilder) {
            graph.node("Loop", ["n", "", "v"], ["w"]) {
                $0.attribute("body") { body in
                    if depth == 0 { body.node("Exp", ["v"], ["w"]) } else { nest(depth - 1, &body) }
                    body.edges(["i", "c", "v"], ["c", "w"])
                }
            }
        }
        let onnx = try ONNXImport.read(
            WireBuilder.model(opset: 19) { graph in
                nest(2, &graph)
                graph.port(11, "v", [1])
                graph.tensor(5, .int64, [], name: "n", raw: longBytes([1000]))
                graph.message(12) { $0.text(1, "w") }
            })
        #expect(onnx.problems.contains { $0.found.contains("without end") })
    }

    @Test func deepBranchesAreRefused() throws {
        func nest(_ depth: Int, _ graph: inout WireBuilder) {
            graph.node("If", ["c"], ["w"]) {
                for name in ["then_branch", "else_branch"] {
                    $0.attribute(name) { branch in
                        if depth == 0 || name == "else_branch" {
                            branch.node("Exp", ["x"], ["w"])
                        } else {
                            nest(depth - 1, &branch)
                        }
                        branch.edges([], ["w"])
                    }
                }
            }
        }
        func read(_ depth: Int) throws -> ONNXImport {
            try ONNXImport.read(
                WireBuilder.model(opset: 19) { graph in
                    nest(depth, &graph)
                    graph.port(11, "x", [1])
                    graph.tensor(5, .bool, [], name: "c", raw: [1])
                    graph.message(12) { $0.text(1, "w") }
                })
        }
        #expect(try read(8).problems.isEmpty)
        #expect(throws: ImportError.self) { try read(200) }
    }

    /// An If whose condition is an input of the model.
    private static func branching(
        _ yes: @escaping (inout WireBuilder) -> Void, _ no: @escaping (inout WireBuilder) -> Void
    ) -> [UInt8] {
        WireBuilder.model(opset: 19) { graph in
            graph.node("If", ["c"], ["y"]) {
                $0.attribute("then_branch") {
                    yes(&$0)
                    $0.edges([], ["r"])
                }
                $0.attribute("else_branch") {
                    no(&$0)
                    $0.edges([], ["r"])
                }
            }
            graph.port(11, "x", [nil, 3])
            graph.port(11, "i", [1], type: .int64)
            graph.port(11, "c", [1], type: .bool)
            graph.message(12) { $0.text(1, "y") }
        }
    }

    @Test func bothBranchesRunWhereNeitherCanFail() throws {
        let onnx = try ONNXImport.read(
            Self.branching({ $0.node("Exp", ["x"], ["r"]) }, { $0.node("Add", ["x", "x"], ["r"]) }))
        #expect(onnx.problems.isEmpty, "\(onnx.problems)")
        #expect(onnx.operators == ["Exp", "Add", "Reshape", "Where", "Identity"])
        #expect(onnx.graph.types["y"]?.shape == ["d0", 3])
    }

    @Test func branchesThatCanFailNeedTheCondition() throws {
        let bytes = Self.branching(
            { $0.node("Gather", ["x", "i"], ["r"]) }, { $0.node("Gather", ["x", "i"], ["r"]) })
        let open = try ONNXImport.read(bytes)
        #expect(open.needs == [.value("c")] && open.problems[0].found.contains("Gather"))
        let fixed = try ONNXImport.read(bytes) { $0.values["c"] = .text("true") }
        #expect(fixed.problems.isEmpty && fixed.operators == ["Gather", "Identity"])
    }

    @Test func branchesOfDifferentShapesNeedTheCondition() throws {
        let bytes = Self.branching(
            { $0.node("Exp", ["x"], ["r"]) }, { $0.node("Cast", ["i"], ["r"]) { $0.attribute("to", int: 1) } })
        let open = try ONNXImport.read(bytes)
        #expect(open.needs == [.value("c")])
        for (text, op) in [("true", "Exp"), ("0", "Cast")] {
            #expect(try ONNXImport.read(bytes) { $0.values["c"] = .text(text) }.operators.first == op)
        }
        #expect(throws: ImportError.self) { try ONNXImport.read(bytes) { $0.values["c"] = .text("2") } }
    }

    @Test func splitsNeedSizesThatFit() throws {
        func read(_ sizes: String) throws -> ONNXImport {
            try ONNXImport.read(
                WireBuilder.model { graph in
                    graph.node("SplitToSequence", ["x", "sizes"], ["y"])
                    graph.port(11, "x", [6])
                    graph.port(11, "sizes", [nil], type: .int64)
                    graph.message(12) { $0.text(1, "y") }
                }
            ) { $0.values["sizes"] = .text(sizes) }
        }
        #expect(try read("2,4").graph.outputs == ["y.0", "y.1"])
        for sizes in ["2,3", "-2,8", "9223372036854775807,9223372036854775807"] {
            #expect(try read(sizes).problems.map(\.kind) == [.invalid])
        }
    }

    @Test func transformsTakeAxesThatAreFixed() throws {
        func read(_ axis: String?) throws -> ONNXImport {
            try ONNXImport.read(
                WireBuilder.model { graph in
                    graph.node("DFT", ["x", "", "axis"], ["y"])
                    graph.port(11, "x", [2, 8, 4, 1])
                    graph.port(11, "axis", [], type: .int64)
                    graph.message(12) { $0.text(1, "y") }
                }
            ) { $0.values["axis"] = axis.map { .text($0) } }
        }
        #expect(try read(nil).needs == [.value("axis")])
        #expect(try read("-3").graph.types["y"]?.shape == [2, 8, 4, 2])
        for axis in ["3", "-5", "9223372036854775807"] {
            #expect(try read(axis).problems.map(\.kind) == [.invalid])
        }
    }

    @Test func shortTransformsNeedFramesThatFit() throws {
        func read(_ step: Int, _ size: Int) throws -> ONNXImport {
            try ONNXImport.read(
                WireBuilder.model { graph in
                    graph.node("STFT", ["x", "step", "", "size"], ["y"])
                    graph.port(11, "x", [2, 64, 1])
                    graph.tensor(5, .int64, [], name: "step", raw: longBytes([step]))
                    graph.tensor(5, .int64, [], name: "size", raw: longBytes([size]))
                    graph.message(12) { $0.text(1, "y") }
                })
        }
        #expect(try read(8, 16).graph.types["y"]?.shape == [2, 7, 9, 2])
        for (step, size) in [(0, 16), (-8, 16), (8, 0), (8, -1), (8, 1 << 40), (8, Int.min)] {
            #expect(try read(step, size).problems.map(\.kind) == [.unsupportedUse])
        }
    }

    @Test func melWeightsNeedSizesThatMakeSense() throws {
        func read(_ numbers: [Int]) throws -> ONNXImport {
            try ONNXImport.read(
                WireBuilder.model { graph in
                    graph.node("MelWeightMatrix", ["a", "b", "c", "d", "e"], ["y"])
                    for (name, number) in zip(["a", "b", "c"], numbers) {
                        graph.tensor(5, .int64, [], name: name, raw: longBytes([number]))
                    }
                    graph.tensor(5, .float, [], name: "d", raw: floatBytes([0]))
                    graph.tensor(5, .float, [], name: "e", raw: floatBytes([4000]))
                    graph.message(12) { $0.text(1, "y") }
                })
        }
        #expect(try read([8, 16, 8192]).graph.types["y"]?.shape == [9, 8])
        for numbers in [[0, 16, 8192], [8, 16, 0], [1 << 40, 16, 8192], [8, Int.max, 8192], [-1, 16, 8192]] {
            #expect(try read(numbers).problems.map(\.kind) == [.unsupportedUse])
        }
    }
}
