import Foundation
import PackCore
import PackFormats
import Testing
import WireBuilding

/// A loop that adds x as often as the input n says, and gives the sum, a list of all sums, and whether the optional input is
/// there.
private enum LoopingONNX {
    static let model = WireBuilder.model(opset: 19) { graph in
        graph.node("SequenceEmpty", [], ["none"])
        graph.node("Loop", ["n", "", "x", "none"], ["y", "sums"]) { loop in
            loop.message(5) { attribute in
                attribute.text(1, "body")
                attribute.int(20, 5)
                attribute.message(6) { body in
                    body.node("Add", ["v", "x"], ["w"])
                    body.node("SequenceInsert", ["l", "w"], ["m"])
                    for name in ["i", "c", "v", "l"] { body.message(11) { $0.text(1, name) } }
                    for name in ["c", "w", "m"] { body.message(12) { $0.text(1, name) } }
                }
            }
        }
        graph.node("OptionalHasElement", ["extra"], ["isThere"])
        graph.node("Identity", ["extra"], ["same"])
        graph.message(11) { port in
            port.text(1, "x")
            port.message(2) { $0.message(1) { tensor(&$0, 1, "batch") } }
        }
        graph.message(11) { port in
            port.text(1, "n")
            port.message(2) { $0.message(1) { tensor(&$0, 7, nil) } }
        }
        graph.message(11) { port in
            port.text(1, "extra")
            // An optional list of floats of unknown shape.
            port.message(2) { $0.message(9) { $0.message(1) { $0.message(4) { $0.message(1) { $0.message(1) { $0.int(1, 1) } } } } } }
        }
        for name in ["y", "sums", "isThere", "same"] { graph.message(12) { $0.text(1, name) } }
    }

    private static func tensor(_ tensor: inout WireBuilder, _ type: Int, _ dimension: String?) {
        tensor.int(1, type)
        tensor.message(2) { shape in
            if let dimension { shape.message(1) { $0.text(2, dimension) } }
        }
    }

    /// A folder with the model and its inputs.
    static func scratch() throws -> Scratch {
        let scratch = try Scratch()
        try scratch.write("loop.onnx", model)
        try NPY.write(
            NamedArray(name: "x", dtype: .f32, shape: [2], bytes: floatBytes([1, 2])), to: scratch.path + "/x.npy")
        try NPY.write(
            NamedArray(name: "n", dtype: .i64, shape: [], bytes: [2, 0, 0, 0, 0, 0, 0, 0]),
            to: scratch.path + "/n.npy")
        let list = [
            NamedArray(name: "first", dtype: .f32, shape: [1], bytes: floatBytes([5])),
            NamedArray(name: "second", dtype: .f32, shape: [1, 2], bytes: floatBytes([6, 7])),
        ]
        try NPZ.write(list, to: scratch.path + "/list.npz")
        return scratch
    }
}

@Suite struct SpecializationTests {
    private static let inputs = ["run", "loop.onnx", "--input", "x=x.npy", "--output-folder", "out"]

    private func object(_ text: String) throws -> [String: Any] {
        try #require(try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any])
    }

    @Test func takesValuesThatDecideFromTheInputs() throws {
        let scratch = try LoopingONNX.scratch()
        let run = try Command.run(Self.inputs + ["--input", "n=n.npy", "--explain"], in: scratch.path)
        #expect(run.status == 0, "\(run.error)")
        #expect(run.error.contains("the value of n is taken as fixed"))
        let answer = try object(run.output)
        #expect(answer["sequences"] as? [String: [String]] == ["sums": ["sums.0", "sums.1"]])
        #expect(answer["absent"] as? [String] == ["same"])
        #expect(try NPY.read(scratch.path + "/out/y.npy", name: "y").bytes == floatBytes([3, 6]))
        #expect(try NPY.read(scratch.path + "/out/sums_0.npy", name: "y").bytes == floatBytes([2, 4]))
        #expect(try NPY.read(scratch.path + "/out/isThere.npy", name: "y").bytes == [0])
    }

    @Test func takesListsFromArchives() throws {
        let scratch = try LoopingONNX.scratch()
        let run = try Command.run(
            Self.inputs + ["--value", "n=1", "--input", "extra=list.npz"], in: scratch.path)
        #expect(run.status == 0, "\(run.error)")
        let answer = try object(run.output)
        #expect((answer["sequences"] as? [String: [String]])?["same"] == ["same.0", "same.1"])
        #expect(try NPY.read(scratch.path + "/out/same_1.npy", name: "y").shape == [1, 2])
        #expect(try NPY.read(scratch.path + "/out/isThere.npy", name: "y").bytes == [1])
    }

    @Test func otherCommandsTakeTheSameOptions() throws {
        let scratch = try LoopingONNX.scratch()
        let fixed = ["--value", "n=3", "--absent", "extra", "--shape", "batch=4", "--outputs", "y"]
        let inspection = try Command.run(["inspect", "loop.onnx", "--format", "json"] + fixed, in: scratch.path)
        #expect(inspection.status == 0, "\(inspection.error)")
        let report = try object(inspection.output)
        #expect((report["problems"] as? [Any])?.isEmpty == true)
        #expect((report["inputs"] as? [[String: String]])?.first == ["name": "x", "type": "f32[4]"])
        let passes = try Command.run(
            ["slim", "loop.onnx", "--target", "lambda", "--explain-passes"] + fixed, in: scratch.path)
        #expect(passes.status == 0, "\(passes.error)")
        let analysis = try Command.run(
            ["analyze", "loop.onnx", "--target", "lambda", "--format", "json"] + fixed, in: scratch.path)
        #expect(analysis.status == 0 && !analysis.output.contains("cannot be run"), "\(analysis.error)")
    }

    @Test func namesTheOptionThatHelps() throws {
        let scratch = try LoopingONNX.scratch()
        let slim = try Command.run(
            ["slim", "loop.onnx", "--target", "lambda", "--absent", "extra"], in: scratch.path)
        #expect(slim.status == 2 && slim.error.contains("hint: give --value n=VALUE"), "\(slim.error)")
    }

    @Test(
        arguments: [
            (["--shape", "batch"], 64, "--shape is NAME=VALUE"), (["--shape", "batch=x"], 64, "--shape takes numbers"),
            (["--length", "extra=-1"], 64, "a number of 0 or more"), (["--outputs", "y,"], 64, "separated by commas"),
            (["--value", "n=many"], 2, "a value of type i64[]"), (["--value", "n=absent.npy"], 2, "absent.npy"),
            (["--value", "m=1"], 2, "expected x, n"), (["--outputs", "z"], 2, "expected y, sums"),
            (["--inputs", "z"], 2, "expected y, sums"), (["--absent", "x"], 2, "expected extra"),
            (["--length", "extra=99999"], 2, "0 to 1024"),
        ] as [([String], Int32, String)])
    func refusesWrongUse(_ arguments: [String], _ status: Int32, _ words: String) throws {
        let scratch = try LoopingONNX.scratch()
        let command = try Command.run(["inspect", "loop.onnx"] + arguments, in: scratch.path)
        #expect(command.status == status && command.error.contains(words), "\(command.error)")
    }

    @Test(arguments: ["inspect", "analyze", "bench", "slim"]) func refusesModelsThatAreNoONNX(_ name: String) throws {
        let scratch = try Scratch()
        let model = try TinyModel.write(to: scratch)
        let command = try Command.run([name, model, "--value", "n=1"], in: scratch.path)
        #expect(command.status == 2 && command.error.contains("an .onnx file"), "\(command.error)")
    }
}
