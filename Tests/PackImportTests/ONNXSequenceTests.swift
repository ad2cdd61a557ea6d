import PackCore
import PackFormats
import PackGraph
import PackImport
import Testing
import WireBuilding

/// Lists and optional values as inputs and outputs, and the loops that carry them.
@Suite struct ONNXSequenceTests {
    /// A graph that gives a list: what `op` makes of the input list.
    private static func listing(
        _ op: String, _ inputs: [String] = ["list", "x"], depth: Int = 1, isOptional: Bool = false,
        more: (inout WireBuilder) -> Void = { _ in }
    ) -> [UInt8] {
        WireBuilder.model { graph in
            graph.node(op, inputs, ["y"])
            graph.list("list", isOptional: isOptional, depth: depth)
            graph.port(11, "x", [nil])
            more(&graph)
            graph.message(12) { $0.text(1, "y") }
        }
    }

    @Test func listsBecomeInputsAndOutputs() throws {
        let onnx = try ONNXImport.read(Self.listing("SequenceInsert")) { $0.lengths["list"] = 2 }
        #expect(onnx.problems.isEmpty, "\(onnx.problems)")
        #expect(onnx.graph.inputs.map(\.name) == ["list.0", "list.1", "x"])
        #expect(
            onnx.graph.inputs.map(\.type.shape) == [["list.0.0"], ["list.1.0"], ["d0"]], "entries need not be alike")
        #expect(onnx.graph.outputs == ["y.0", "y.1", "y.2"])
        #expect(onnx.outputs == [.list("y", ["y.0", "y.1", "y.2"])])
        let shaped = try ONNXImport.read(Self.listing("SequenceInsert")) {
            ($0.lengths["list"], $0.shapes["n"]) = (1, [4])
        }
        #expect(shaped.graph.inputs[0].type.shape == [4])
    }

    @Test func unknownLengthsNameTheOption() throws {
        let onnx = try ONNXImport.read(Self.listing("SequenceInsert"))
        #expect(onnx.needs == [.length("list")])
        #expect(onnx.problems.allSatisfy { $0.hint == "give --length list=NUMBER" })
    }

    @Test(arguments: [1 << 40, 1025]) func refusesEndlessLists(length: Int) throws {
        #expect { try ONNXImport.read(Self.listing("SequenceInsert")) { $0.lengths["list"] = length } } throws: {
            error in
            (error as? ImportError)?.kind == .specialization
        }
    }

    @Test func refusesListsOfLists() throws {
        let input = try ONNXImport.read(Self.listing("SequenceInsert", depth: 2)) { _ in }
        #expect(input.problems.first?.kind == .unsupportedType && input.needs.isEmpty)
        let made = try ONNXImport.read(Self.listing("SequenceConstruct", ["list", "list"])) { $0.lengths["list"] = 1 }
        #expect(made.problems.map(\.kind) == [.unsupportedUse])
    }

    @Test func rankAndNamesMustBeKnown() throws {
        let bytes = WireBuilder.model { graph in
            graph.node("SequenceAt", ["list", "zero"], ["y"])
            graph.list("list", shape: false)
            graph.tensor(5, .int64, [], name: "zero", raw: longBytes([0]))
            graph.message(12) { $0.text(1, "y") }
        }
        let open = try ONNXImport.read(bytes) { $0.lengths["list"] = 1 }
        #expect(open.needs == [.shape("list.0")])
        let fixed = try ONNXImport.read(bytes) { ($0.lengths["list"], $0.shapes["list.0"]) = (1, [2, 2]) }
        #expect(fixed.problems.isEmpty && fixed.graph.types["y"]?.shape == [2, 2])
    }

    @Test func optionalInputsMayBeAbsent() throws {
        func read(_ op: String, _ fix: (inout ONNXSpecialization) -> Void) throws -> ONNXImport {
            try ONNXImport.read(Self.listing(op, ["list"], isOptional: true), fix)
        }
        let absent = try read("OptionalHasElement") { $0.absent = ["list"] }
        #expect(absent.problems.isEmpty && absent.graph.inputs.map(\.name) == ["x"])
        #expect(absent.graph.contents["y"] == [0])
        #expect(try read("OptionalHasElement") { $0.lengths["list"] = 1 }.graph.contents["y"] == [1])
        #expect(try read("OptionalGetElement") { $0.absent = ["list"] }.problems.map(\.kind) == [.invalid])
        #expect(try read("Identity") { $0.absent = ["list"] }.outputs == [.absent("y")])
        #expect(try read("OptionalGetElement") { $0.lengths["list"] = 2 }.graph.outputs == ["y.0", "y.1"])
    }

    @Test func mapsBodiesOverEntries() throws {
        let bytes = WireBuilder.model { graph in
            graph.node("SequenceMap", ["list", "x"], ["y"]) {
                $0.attribute("body") { body in
                    body.node("Add", ["a", "b"], ["c"])
                    body.edges(["a", "b"], ["c"])
                }
            }
            graph.list("list")
            graph.port(11, "x", [1])
            graph.message(12) { $0.text(1, "y") }
        }
        let onnx = try ONNXImport.read(bytes) { $0.lengths["list"] = 3 }
        #expect(onnx.problems.isEmpty && onnx.operators.filter { $0 == "Add" }.count == 3)
        #expect(onnx.graph.outputs == ["y.0", "y.1", "y.2"])
        let none = try ONNXImport.read(bytes) { $0.lengths["list"] = 0 }
        #expect(none.problems.isEmpty && none.outputs == [.list("y", [])])
    }

    @Test func loopsCarryListsAndEndByTheirCondition() throws {
        // The list grows until it has as many entries as the turn's limit says.
        let onnx = try ONNXImport.read(
            WireBuilder.model(opset: 19) { graph in
                graph.node("SequenceEmpty", [], ["start"])
                graph.node("Loop", ["", "go", "start"], ["y"]) {
                    $0.attribute("body") { body in
                        body.node("SequenceInsert", ["l", "x"], ["m"])
                        body.node("SequenceLength", ["m"], ["count"])
                        body.node("Less", ["count", "limit"], ["on"])
                        body.edges(["i", "c", "l"], ["on", "m"])
                    }
                }
                graph.port(11, "x", [2])
                graph.tensor(5, .int64, [], name: "limit", raw: longBytes([4]))
                graph.tensor(5, .bool, [], name: "go", raw: [1])
                graph.message(12) { $0.text(1, "y") }
            })
        #expect(onnx.problems.isEmpty, "\(onnx.problems)")
        #expect(onnx.graph.outputs == ["y.0", "y.1", "y.2", "y.3"])
        #expect(onnx.operators == ["Identity", "Identity", "Identity", "Identity"], "only the outputs' names are left")
    }

    @Test func refusesPositionsAndNamesThatClash() throws {
        func read(_ position: Int) throws -> ONNXImport {
            try ONNXImport.read(
                Self.listing("SequenceInsert", ["list", "x", "at"]) {
                    $0.tensor(5, .int64, [], name: "at", raw: longBytes([position]))
                }
            ) { $0.lengths["list"] = 2 }
        }
        #expect(try read(-2).problems.isEmpty && read(2).problems.isEmpty)
        for position in [3, -3, Int.min, Int.max] { #expect(try read(position).problems.map(\.kind) == [.invalid]) }
        let clash = try ONNXImport.read(
            WireBuilder.model { graph in
                graph.node("SequenceConstruct", ["x", "y.0"], ["y"])
                graph.port(11, "x", [2])
                graph.port(11, "y.0", [2])
                graph.message(12) { $0.text(1, "y") }
            })
        #expect(clash.problems.map(\.kind) == [.invalid])
    }
}
