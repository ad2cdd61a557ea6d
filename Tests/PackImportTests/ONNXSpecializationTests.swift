import PackCore
import PackFormats
import PackGraph
import PackImport
import Testing
import WireBuilding

@Suite struct ONNXSpecializationTests {
    /// y = relu(h), s = sigmoid(h), h = x · w + b, where x is `[d0, 3]` and b an input of `[d0, 2]`.
    private static let model = WireBuilder.model { graph in
        graph.node("MatMul", ["x", "w"], ["p"])
        graph.node("Add", ["p", "b"], ["h"])
        graph.node("Relu", ["h"], ["y"])
        graph.node("Sigmoid", ["h"], ["s"])
        graph.port(11, "x", [nil, 3])
        graph.port(11, "b", [nil, 2])
        graph.port(11, "unused", [nil], type: .int64)
        graph.tensor(5, .float, [3, 2], name: "w", raw: floatBytes([1, 2, 3, 4, 5, 6]))
        graph.message(12) { $0.text(1, "y") }
        graph.message(12) { $0.text(1, "s") }
    }

    private static func read(_ fix: (inout ONNXSpecialization) -> Void) throws -> ONNXImport {
        try ONNXImport.read(model, fix)
    }

    @Test func dimensionsBecomeNumbersEverywhere() throws {
        let onnx = try Self.read { $0.shapes["d0"] = [5] }
        #expect(onnx.problems.isEmpty)
        #expect(onnx.graph.inputs.map(\.type.shape) == [[5, 3], [5, 2], [5]])
        #expect(onnx.graph.types["h"]?.shape == [5, 2])
    }

    @Test func shapesOfInputsFixTheirDimensions() throws {
        let onnx = try Self.read { $0.shapes["x"] = [7, 3] }
        #expect(onnx.graph.types["y"]?.shape == [7, 2] && onnx.graph.inputs[1].type.shape == [7, 2])
    }

    @Test func valuesBecomeConstants() throws {
        let array = NamedArray(name: "b", dtype: .f32, shape: [1, 2], bytes: floatBytes([1, 2]))
        let onnx = try Self.read { $0.values["b"] = .array(array) }
        #expect(onnx.problems.isEmpty && onnx.graph.inputs.map(\.name) == ["x", "unused"])
        #expect(try onnx.graph.constants["b"]?.floats() == [1, 2])
        #expect(onnx.graph.inputs[0].type.shape == [1, 3], "the value tells the dimension")
        let text = try Self.read { $0.values["unused"] = .text("3,-4") }
        #expect(text.graph.inputs.map(\.name) == ["x", "b"])
    }

    @Test func textsBecomeConstants() throws {
        let bytes = WireBuilder.model { graph in
            graph.node("StringConcat", ["x", "end"], ["y"])
            graph.port(11, "x", [nil], type: .string)
            graph.port(11, "end", [], type: .string)
            graph.message(12) { $0.text(1, "y") }
        }
        let onnx = try ONNXImport.read(bytes) { $0.values["end"] = .text("a,b") }
        #expect(onnx.problems.isEmpty, "\(onnx.problems)")
        #expect(onnx.graph.inputs.map(\.name) == ["x"] && onnx.graph.constants["end"]?.dtype == .string)
        let list = NamedArray(name: "x", shape: [2], texts: [Array("p".utf8), Array("q".utf8)])
        let both = try ONNXImport.read(bytes) { ($0.values["end"], $0.values["x"]) = (.text("!"), .array(list)) }
        #expect(both.problems.isEmpty && both.graph.types["y"]?.shape == [2])
        let wrong = NamedArray(name: "x", dtype: .f32, shape: [1], bytes: floatBytes([1]))
        #expect(throws: ImportError.self) { try ONNXImport.read(bytes) { $0.values["x"] = .array(wrong) } }
        #expect(throws: ImportError.self) { try ONNXImport.read(bytes) { $0.values["end"] = .array(list) } }
    }

    @Test func outputsCutWhatTheyDoNotNeed() throws {
        let onnx = try Self.read { $0.outputs = ["p"] }
        #expect(onnx.problems.isEmpty && onnx.operators == ["MatMul"])
        #expect(onnx.graph.inputs.map(\.name) == ["x"] && onnx.graph.outputs == ["p"])
    }

    @Test func innerValuesBecomeInputs() throws {
        let onnx = try Self.read { $0.inputs = ["h"] }
        #expect(onnx.problems.isEmpty && onnx.operators == ["Relu", "Sigmoid"])
        #expect(onnx.graph.inputs.map(\.name) == ["h"])
        #expect(onnx.graph.inputs[0].type == TensorType(.f32, ["d0", 2]))
        let both = try Self.read { ($0.inputs, $0.outputs, $0.shapes["d0"]) = (["p"], ["y"], [4]) }
        #expect(both.operators == ["Add", "Relu"])
        #expect(both.graph.inputs.map(\.name) == ["p", "b"] && both.graph.types["y"]?.shape == [4, 2])
    }

    @Test func namesOfWhatIsCutAwayDoNoHarm() throws {
        let onnx = try Self.read { ($0.inputs, $0.values["unused"]) = (["h"], .text("1")) }
        #expect(onnx.problems.isEmpty)
    }

    private struct Wrong: Sendable {
        let name: String
        let found: String
        let expected: String
        let fix: @Sendable (inout ONNXSpecialization) -> Void
    }

    private static let wrong: [Wrong] = [
        .init(name: "no such dimension", found: "--shape batch", expected: "d0, x, b, unused") {
            $0.shapes["batch"] = [1]
        },
        .init(name: "fixed extent", found: "--shape x=1x4", expected: "[d0, 3]") { $0.shapes["x"] = [1, 4] },
        .init(name: "rank", found: "--shape x=1x3x1", expected: "2 extents for [d0, 3]") {
            $0.shapes["x"] = [1, 3, 1]
        },
        .init(name: "two facts", found: "--shape x=2x3", expected: "[d0, 3] with d0=1") {
            ($0.shapes["d0"], $0.shapes["x"]) = ([1], [2, 3])
        },
        .init(name: "no such value", found: "--value q", expected: "x, b, unused") { $0.values["q"] = .text("1") },
        .init(name: "no number", found: "--value unused: 'one'", expected: "a value of type i64[d0]") {
            $0.values["unused"] = .text("one")
        },
        .init(name: "too large", found: "--value unused: '9223372036854775808'", expected: "a value of type i64[d0]") {
            $0.values["unused"] = .text("9223372036854775808")
        },
        .init(name: "too few numbers", found: "--value x: 1 number", expected: "a value of type f32[d0, 3]") {
            $0.values["x"] = .text("1")
        },
        .init(name: "type of array", found: "--value x: elements of i64", expected: "a value of type f32[1, 3]") {
            $0.values["x"] = .array(
                NamedArray(name: "x", dtype: .i64, shape: [1, 3], bytes: [UInt8](repeating: 0, count: 24)))
        },
        .init(name: "no list", found: "--length x", expected: "no --length: there is nothing to name") {
            $0.lengths["x"] = 2
        },
        .init(name: "not optional", found: "--absent x", expected: "no --absent: there is nothing to name") {
            $0.absent = ["x"]
        },
        .init(name: "no such output", found: "--outputs z", expected: "y, s, p, h, x, b, unused") {
            $0.outputs = ["z"]
        },
        .init(name: "no such cut", found: "--inputs z", expected: "y, s, p, h, x, b, unused") { $0.inputs = ["z"] },
        .init(name: "nothing needs it", found: "--inputs unused", expected: "a value that y, s depends on") {
            $0.inputs = ["unused"]
        },
        .init(
            name: "output beside the cut", found: "output 'y', which depends on none of s",
            expected: "outputs that depend on the given inputs"
        ) { $0.inputs = ["s"] },
    ]

    @Test(arguments: wrong.indices) func refusesWhatDoesNotSuit(index: Int) throws {
        let wrong = Self.wrong[index]
        #expect("\(wrong.name)") { try Self.read(wrong.fix) } throws: { error in
            guard let error = error as? ImportError, error.kind == .specialization else { return false }
            return error.facts.found == wrong.found && error.facts.expected == wrong.expected
        }
    }

    @Test func valuesDecideTheTurnsOfLoops() throws {
        let open = try ONNXImport.read(WireBuilder.loop())
        #expect(open.problems.map(\.needs) == [[.value("n")]])
        #expect(open.problems[0].hint == "give --value n=VALUE")
        let fixed = try ONNXImport.read(WireBuilder.loop()) { $0.values["n"] = .text("3") }
        #expect(fixed.problems.isEmpty && fixed.operators == ["Concat", "Concat", "Concat", "Identity"])
        #expect(fixed.graph.inputs.map(\.name) == ["x"])
        #expect(
            fixed.graph.constants.keys.allSatisfy { name in fixed.graph.nodes.contains { $0.inputs.contains(name) } })
    }

    @Test func findsTheInputsBehindWhatIsComputed() throws {
        // turns = cast(ceil(limit / size of x's first axis)), so both a value and a dimension decide.
        let nodes = WireBuilder.model(opset: 19) { graph in
            graph.node("Shape", ["x"], ["shape"])
            graph.node("Gather", ["shape", "zero"], ["size"])
            graph.node("Cast", ["size"], ["sizef"]) { $0.attribute("to", int: 1) }
            graph.node("Div", ["limit", "sizef"], ["ratio"])
            graph.node("Ceil", ["ratio"], ["whole"])
            graph.node("Cast", ["whole"], ["turns"]) { $0.attribute("to", int: 7) }
            graph.node("Loop", ["turns", "", "x"], ["y"]) {
                $0.attribute("body") { body in
                    body.node("Concat", ["v", "v"], ["w"]) { $0.attribute("axis", int: 0) }
                    body.edges(["i", "c", "v"], ["c", "w"])
                }
            }
            graph.port(11, "x", [nil, 3])
            graph.port(11, "limit", [])
            graph.tensor(5, .int64, [], name: "zero", raw: longBytes([0]))
            graph.message(12) { $0.text(1, "y") }
        }
        let open = try ONNXImport.read(nodes)
        #expect(open.needs == [.value("limit"), .dimension("d0")])
        let fixed = try ONNXImport.read(nodes) { ($0.values["limit"], $0.shapes["d0"]) = (.text("5"), [2]) }
        #expect(fixed.problems.isEmpty && fixed.operators.filter { $0 == "Concat" }.count == 3)
    }

    @Test func saysNothingWhereNothingHelps() throws {
        // The number of turns is computed from weights times a large input.
        let onnx = try ONNXImport.read(
            WireBuilder.model(opset: 19) { graph in
                graph.node("ReduceSum", ["x"], ["sum"]) { $0.attribute("keepdims", int: 0) }
                graph.node("Cast", ["sum"], ["turns"]) { $0.attribute("to", int: 7) }
                graph.node("Loop", ["turns", "", "x"], ["y"]) {
                    $0.attribute("body") { body in
                        body.node("Concat", ["v", "v"], ["w"]) { $0.attribute("axis", int: 0) }
                        body.edges(["i", "c", "v"], ["c", "w"])
                    }
                }
                graph.port(11, "x", [nil, 4096])
                graph.message(12) { $0.text(1, "y") }
            })
        #expect(onnx.needs.isEmpty && onnx.problems.first?.op == "Loop")
    }
}
