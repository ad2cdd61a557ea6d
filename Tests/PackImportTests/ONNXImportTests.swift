import Glibc
import PackCore
import PackFormats
import PackGraph
import PackIO
import PackImport
import PackLab
import Testing
import WireBuilding

extension ONNXImport {
    /// Imports a file from a temporary folder.
    static func read(_ bytes: [UInt8]) throws -> ONNXImport {
        let folder = try TemporaryFolder()
        let path = folder.path + "/model.onnx"
        let stream = try #require(fopen(path, "wb"))
        #expect(fwrite(bytes, 1, bytes.count, stream) == bytes.count)
        fclose(stream)
        return try ONNXImport.load(path)
    }

    /// Operators in order.
    var operators: [String] { graph.nodes.map(\.op) }
}

extension WireBuilder {
    /// A float input or output.
    mutating func port(_ field: Int, _ name: String, _ shape: [Int?], type: ONNXElementType = .float) {
        message(field) { port in
            port.text(1, name)
            port.message(2) { value in
                value.message(1) { tensor in
                    tensor.int(1, type.rawValue)
                    tensor.message(2) { list in
                        for (axis, extent) in shape.enumerated() {
                            list.message(1) { if let extent { $0.int(1, extent) } else { $0.text(2, "d\(axis)") } }
                        }
                    }
                }
            }
        }
    }

    mutating func attribute(_ name: String, int value: Int) {
        message(5) {
            $0.text(1, name)
            $0.int(3, value)
            $0.int(20, 2)
        }
    }

    mutating func attribute(_ name: String, ints values: [Int]) {
        message(5) {
            $0.text(1, name)
            $0.packed(8, values)
            $0.int(20, 7)
        }
    }

    mutating func attribute(_ name: String, float value: Float) {
        message(5) {
            $0.text(1, name)
            $0.float(2, value)
            $0.int(20, 1)
        }
    }

    /// A graph of one node between a float input x and an output y.
    static func single(
        _ op: String, opset: Int, domain: String = "", shape: [Int?] = [nil, 3, 4], inputs: [String] = ["x"],
        outputs: [String] = ["y"], attributes: (inout WireBuilder) -> Void = { _ in },
        more: (inout WireBuilder) -> Void = { _ in }
    ) -> [UInt8] {
        model(ir: 8, opset: opset) { graph in
            graph.node(op, inputs, outputs) {
                $0.text(7, domain)
                attributes(&$0)
            }
            graph.port(11, "x", shape)
            more(&graph)
            graph.message(12) { $0.text(1, "y") }
        }
    }
}

@Suite struct ONNXImportTests {
    @Test func lendsWeightsAndNamesDimensions() throws {
        let onnx = try ONNXImport.read(
            WireBuilder.single(
                "Add", opset: 20, inputs: ["x", "w"],
                more: {
                    $0.tensor(5, .float, [4], name: "w", raw: floatBytes([1, 2, 3, 4]))
                }))
        #expect(onnx.problems.isEmpty)
        #expect(onnx.graph.types["y"] == TensorType(.f32, ["d0", 3, 4]))
        let weight = try #require(onnx.graph.constants["w"])
        guard case .lent = weight.storage else {
            Issue.record("copied")
            return
        }
        #expect(try weight.floats() == [1, 2, 3, 4])
    }

    @Test func dropsInputsThatInitializersFill() throws {
        let onnx = try ONNXImport.read(
            WireBuilder.single(
                "Add", opset: 7, inputs: ["x", "w"],
                more: {
                    $0.port(11, "w", [1])
                    $0.tensor(5, .float, [1], name: "w", raw: floatBytes([1]))
                }))
        #expect(onnx.graph.inputs.map(\.name) == ["x"])
    }

    @Test func axesBecomeInputs() throws {
        let onnx = try ONNXImport.read(
            WireBuilder.single("Unsqueeze", opset: 11) { $0.attribute("axes", ints: [0, 2]) })
        #expect(onnx.graph.types["y"]?.shape == [1, "d0", 1, 3, 4])
        let node = try #require(onnx.graph.nodes.first)
        #expect(node.attributes.isEmpty && onnx.graph.constants[node.inputs[1]] != nil)
        let sum = try ONNXImport.read(WireBuilder.single("ReduceSum", opset: 12) { $0.attribute("axes", ints: [1]) })
        #expect(sum.graph.types["y"]?.shape == ["d0", 1, 4] && sum.graph.nodes[0].inputs.count == 2)
    }

    @Test func limitsBecomeInputs() throws {
        let onnx = try ONNXImport.read(WireBuilder.single("Clip", opset: 6) { $0.attribute("max", float: 6) })
        let node = try #require(onnx.graph.nodes.first)
        #expect(node.inputs.count == 3 && node.inputs[1].isEmpty)
        #expect(onnx.graph.constants[node.inputs[2]]?.scalarFloat == 6)
    }

    @Test func olderSoftmaxTakesAllAxesFromOneOn() throws {
        let old = try ONNXImport.read(WireBuilder.single("Softmax", opset: 11))
        #expect(old.operators == ["Flatten", "Softmax", "Shape", "Reshape"])
        #expect(old.graph.types["y"]?.shape == ["d0", 3, 4])
        let new = try ONNXImport.read(WireBuilder.single("Softmax", opset: 13))
        #expect(new.operators == ["Softmax"] && new.graph.nodes[0].attributes.isEmpty)
        let last = try ONNXImport.read(WireBuilder.single("Softmax", opset: 11) { $0.attribute("axis", int: 2) })
        #expect(last.operators == ["Softmax"])
    }

    @Test func olderBroadcastingStartsAtAnAxis() throws {
        let onnx = try ONNXImport.read(
            WireBuilder.single(
                "Mul", opset: 6, inputs: ["x", "w"],
                attributes: {
                    $0.attribute("broadcast", int: 1)
                    $0.attribute("axis", int: 1)
                }, more: { $0.tensor(5, .float, [3], name: "w", raw: floatBytes([1, 2, 3])) }))
        #expect(onnx.operators == ["Unsqueeze", "Mul"] && onnx.problems.isEmpty)
        #expect(onnx.graph.types["y"]?.shape == ["d0", 3, 4])
    }

    @Test func expandsFunctions() throws {
        var model = WireBuilder()
        model.raw(
            WireBuilder.single("Twice", opset: 20, domain: "mine") { $0.attribute("slope", float: 0.5) })
        model.message(8) {
            $0.text(1, "mine")
            $0.int(2, 1)
        }
        model.message(25) { function in
            function.text(1, "Twice")
            function.text(4, "a")
            function.text(5, "b")
            function.text(6, "slope")
            func node(_ input: String, _ output: String) {
                function.message(7) { node in
                    node.text(1, input)
                    node.text(2, output)
                    node.text(4, "LeakyRelu")
                    node.message(5) {
                        $0.text(1, "alpha")
                        $0.int(20, 1)
                        $0.text(21, "slope")
                    }
                }
            }
            node("a", "inner")
            node("inner", "b")
            function.message(9) { $0.int(2, 20) }
            function.text(10, "mine")
        }
        let onnx = try ONNXImport.read(model.bytes)
        #expect(onnx.problems.isEmpty && onnx.operators == ["LeakyRelu", "LeakyRelu"])
        #expect(onnx.graph.nodes.allSatisfy { $0.attributes["alpha"] == .float(0.5) })
        #expect(onnx.graph.nodes[0].inputs == ["x"] && onnx.graph.nodes[1].outputs == ["y"])
    }

    @Test func refusesFunctionsWithoutEnd() throws {
        var model = WireBuilder()
        model.raw(WireBuilder.single("F", opset: 20, domain: "mine"))
        model.message(25) { function in
            function.text(1, "F")
            function.text(4, "a")
            function.text(5, "b")
            function.text(10, "mine")
            for (input, output) in [("a", "m"), ("m", "b")] {
                function.message(7) {
                    $0.text(1, input)
                    $0.text(2, output)
                    $0.text(4, "F")
                    $0.text(7, "mine")
                }
            }
        }
        let onnx = try ONNXImport.read(model.bytes)
        #expect(onnx.problems.map(\.found) == ["functions that grow without end"])
    }

    @Test func takesTheBranchOfAFixedCondition() throws {
        func branch(_ name: String, _ op: String) -> (inout WireBuilder) -> Void {
            {
                $0.message(5) {
                    $0.text(1, name)
                    $0.int(20, 5)
                    $0.message(6) {
                        $0.node(op, ["x"], ["r"])
                        $0.message(12) { $0.text(1, "r") }
                    }
                }
            }
        }
        let onnx = try ONNXImport.read(
            WireBuilder.single(
                "If", opset: 19, inputs: ["c"],
                attributes: {
                    branch("then_branch", "Exp")(&$0)
                    branch("else_branch", "Tanh")(&$0)
                },
                more: { $0.tensor(5, .bool, [], name: "c", raw: [0]) }))
        #expect(onnx.problems.isEmpty && onnx.operators == ["Tanh", "Identity"])
    }

    /// The body of a loop: what it is given, what it gives, and one node.
    private static func body(
        _ inputs: [String], _ outputs: [String], _ node: @escaping (inout WireBuilder) -> Void
    ) -> (inout WireBuilder) -> Void {
        {
            $0.message(5) {
                $0.text(1, "body")
                $0.int(20, 5)
                $0.message(6) { graph in
                    node(&graph)
                    for input in inputs { graph.message(11) { $0.text(1, input) } }
                    for output in outputs { graph.message(12) { $0.text(1, output) } }
                }
            }
        }
    }

    @Test(arguments: [0, 1, 3]) func writesOutLoopsOfKnownLength(turns: Int) throws {
        let onnx = try ONNXImport.read(
            WireBuilder.single(
                "Loop", opset: 19, inputs: ["n", "", "x"],
                attributes: Self.body(["i", "c", "v"], ["c", "w"]) { $0.node("Exp", ["v"], ["w"]) },
                more: { graph in
                    graph.tensor(5, .int64, [], name: "n", raw: [UInt8(turns)] + Array(repeating: 0, count: 7))
                }))
        #expect(onnx.problems.isEmpty, "\(onnx.problems)")
        #expect(onnx.operators == Array(repeating: "Exp", count: turns) + ["Identity"])
        #expect(onnx.graph.types["y"]?.shape == ["d0", 3, 4])
    }

    @Test func refusesLoopsWithoutEnd() throws {
        let onnx = try ONNXImport.read(
            WireBuilder.single(
                "Loop", opset: 19, inputs: ["", "", "x"],
                attributes: Self.body(["i", "c", "v"], ["c", "w"]) { $0.node("Exp", ["v"], ["w"]) }))
        #expect(onnx.problems.map(\.kind) == [.unsupportedOperator])
    }

    @Test func writesOutScans() throws {
        let onnx = try ONNXImport.read(
            WireBuilder.single(
                "Scan", opset: 19, shape: [2, 3], inputs: ["s", "x"], outputs: ["last", "y"],
                attributes: {
                    Self.body(["state", "row"], ["sum", "sum"]) { $0.node("Add", ["state", "row"], ["sum"]) }(&$0)
                    $0.attribute("num_scan_inputs", int: 1)
                }, more: { $0.tensor(5, .float, [3], name: "s", raw: floatBytes([0, 0, 0])) }))
        #expect(onnx.problems.isEmpty, "\(onnx.problems)")
        #expect(onnx.operators.filter { $0 == "Add" }.count == 2)
        #expect(onnx.graph.types["y"]?.shape == [2, 3])
    }

    @Test func takesListsApart() throws {
        let onnx = try ONNXImport.read(
            WireBuilder.model { graph in
                graph.node("SplitToSequence", ["x"], ["list"]) { $0.attribute("axis", int: 0) }
                graph.node("SequenceInsert", ["list", "x"], ["longer"])
                graph.node("ConcatFromSequence", ["longer"], ["y"]) { $0.attribute("axis", int: 0) }
                graph.node("SequenceLength", ["longer"], ["count"])
                graph.port(11, "x", [2, 3])
                graph.message(12) { $0.text(1, "y") }
                graph.message(12) { $0.text(1, "count") }
            })
        #expect(onnx.problems.isEmpty, "\(onnx.problems)")
        #expect(onnx.graph.types["y"]?.shape == [4, 3])
        #expect(onnx.graph.contents["count"] == [3])
    }

    @Test func namesAllThatCannotBeRun() throws {
        let bytes = WireBuilder.model { graph in
            graph.node("MapMany", ["x"], ["a"]) { $0.text(3, "repeat") }
            graph.node("Frobnicate", ["a"], ["b"])
            graph.node("Whatever", ["b"], ["c"]) { $0.text(7, "org.example") }
            graph.node("Adam", ["c"], ["y"]) { $0.text(7, "ai.onnx.preview.training") }
            graph.port(11, "x", [1])
            graph.port(11, "waves", [1], type: .complex64)
            graph.message(12) { $0.text(1, "y") }
        }
        let onnx = try ONNXImport.read(bytes)
        #expect(
            onnx.problems.map(\.kind) == [
                .unsupportedType, .unsupportedOperator, .unsupportedOperator, .unsupportedOperator, .training,
            ])
        #expect(onnx.problems.map(\.place).prefix(3) == ["waves", "repeat", "Frobnicate"])
        #expect(onnx.problems.allSatisfy { !$0.hint.isEmpty })
        #expect { try onnx.runnable() } throws: { error in
            guard let error = error as? ImportError, error.kind == .unsupported else { return false }
            return ["repeat", "Frobnicate", "org.example.Whatever", "Adam"].allSatisfy {
                error.facts.found?.contains($0) ?? false
            }
        }
    }

    @Test func refusesTrainingAndNewerOperators() throws {
        let training = try ONNXImport.read(
            WireBuilder.single(
                "Dropout", opset: 15, inputs: ["x", "", "t"], more: { $0.tensor(5, .bool, [], name: "t", raw: [1]) }))
        #expect(training.problems.map(\.kind) == [.training])
        #expect { try ONNXImport.read(WireBuilder.single("Relu", opset: 29)) } throws: { error in
            guard let error = error as? ImportError else { return false }
            return error.kind == .unsupported && error.facts.found == "version 29 of ai.onnx"
                && error.facts.expected == "at most 28"
        }
    }

    @Test func readsSparseTensors() throws {
        func sparse(_ indices: [Int]) throws -> ONNXImport {
            try ONNXImport.read(
                WireBuilder.single(
                    "Add", opset: 20, inputs: ["x", "w"],
                    more: { graph in
                        graph.message(15) {
                            $0.tensor(1, .float, [2], name: "w", raw: floatBytes([5, 6]))
                            $0.tensor(2, .int64, [2], raw: indices.withUnsafeBytes { Array($0) })
                            $0.packed(3, [3, 4])
                        }
                    }))
        }
        let onnx = try sparse([1, 11])
        #expect(try onnx.graph.constants["w"]?.floats() == [0, 5, 0, 0, 0, 0, 0, 0, 0, 0, 0, 6])
        for outside in [12, -1, Int.max] { #expect(try !sparse([0, outside]).problems.isEmpty) }
    }

    @Test func mapsOperatorsOfOnnxruntime() throws {
        func operators(_ op: String, _ inputs: [String]) throws -> [String] {
            let onnx = try ONNXImport.read(
                WireBuilder.single(
                    op, opset: 20, domain: "com.microsoft", inputs: inputs,
                    more: {
                        $0.tensor(5, .float, [4], name: "w", raw: floatBytes([1, 2, 3, 4]))
                    }))
            #expect(onnx.problems.isEmpty, "\(onnx.problems)")
            #expect(onnx.graph.types["y"]?.shape == ["d0", 3, 4])
            return onnx.operators
        }
        #expect(try operators("Gelu", ["x"]) == ["Gelu"])
        #expect(try operators("BiasGelu", ["x", "w"]) == ["Add", "Gelu"])
        #expect(try operators("FastGelu", ["x"]) == ["Gelu"])
        #expect(try operators("QuickGelu", ["x"]) == ["Mul", "Sigmoid", "Mul"])
        #expect(try operators("SkipLayerNormalization", ["x", "x", "w", "w"]) == ["Add", "LayerNormalization"])
    }

    /// What the tool writes for other runtimes reads back as the same graph.
    @Test func readsBackWhatIsExported() throws {
        let path = Fixture.path("bert-embedding-dense")
        let original = try ImportedModel.load(path).graph
        let back = try ONNXImport.read(ONNXExport.bytes(of: original))
        #expect(back.problems.isEmpty, "\(back.problems.prefix(3))")
        #expect(back.operators == original.nodes.map(\.op))
        #expect(back.graph.outputs == original.outputs && back.graph.inputs.map(\.type) == original.inputs.map(\.type))
        for output in original.outputs { #expect(back.graph.types[output] == original.types[output]) }
        for (name, constant) in back.graph.constants {
            if let other = original.constants[name] { #expect(constant == other) }
        }
    }
}
