import Foundation
import PackFormats
import Testing
import WireBuilding

/// A model of a few nodes: y = relu(x + w), with `x` of shape [batch, 3].
private enum TinyONNX {
    static func model(opset: Int = 20, then op: String = "Relu") -> [UInt8] {
        WireBuilder.model(opset: opset) { graph in
            graph.node("Add", ["x", "w"], ["sum"]) { $0.text(3, "add") }
            graph.node(op, ["sum"], ["y"]) { $0.text(3, "last") }
            graph.tensor(5, .float, [3], name: "w", raw: floatBytes([1, -1, 0.5]))
            for (field, name) in [(11, "x"), (12, "y")] { port(&graph, field, name) }
        }
    }

    static func port(_ graph: inout WireBuilder, _ field: Int, _ name: String) {
        graph.message(field) { port in
            port.text(1, name)
            port.message(2) { type in
                type.message(1) { tensor in
                    tensor.int(1, 1)
                    tensor.message(2) { shape in
                        shape.message(1) { $0.text(2, "batch") }
                        shape.message(1) { $0.int(1, 3) }
                    }
                }
            }
        }
    }

    /// A folder with the model and an input.
    static func scratch(_ model: [UInt8] = model()) throws -> Scratch {
        let scratch = try Scratch()
        try scratch.write("net/model.onnx", model)
        try NPY.write(
            NamedArray(name: "x", dtype: .f32, shape: [2, 3], bytes: floatBytes([0, 0, 0, -2, 2, 1])),
            to: scratch.path + "/x.npy")
        return scratch
    }
}

@Suite struct ONNXCommandTests {
    @Test(arguments: ["net/model.onnx", "net"]) func runsTensors(_ path: String) throws {
        let scratch = try TinyONNX.scratch()
        for more in [[], ["--unoptimized"]] {
            let command = try Command.run(
                ["run", path, "--input", "x=x.npy", "--output-folder", "out"] + more, in: scratch.path)
            #expect(command.status == 0 && command.error == "")
            let list = try JSONSerialization.jsonObject(with: Data(command.output.utf8)) as? [String: Any]
            let outputs = list?["outputs"] as? [String: [String: Any]]
            #expect(outputs?["y"]?["file"] as? String == "y.npy" && outputs?["y"]?["dtype"] as? String == "f32")
            let result = try NPY.read(scratch.path + "/out/y.npy", name: "y")
            #expect(result.shape == [2, 3] && result.bytes == floatBytes([1, 0, 0.5, 0, 1, 1.5]))
        }
    }

    @Test func answersRequests() throws {
        let scratch = try TinyONNX.scratch()
        try scratch.write("request.json", Array(#"{"inputs": {"x": [[0, 3, 0]]}}"#.utf8))
        let command = try Command.run(["run", "net", "--json", "request.json"], in: scratch.path)
        #expect(command.status == 0)
        #expect(command.output.contains(#""shape":[1,3],"data":[1"#))
    }

    @Test func analyzesAndInspects() throws {
        let scratch = try TinyONNX.scratch()
        let analysis = try Command.run(
            ["analyze", "net/model.onnx", "--target", "lambda", "--format", "json"], in: scratch.path)
        #expect(analysis.status == 0 && analysis.error == "")
        let report = try JSONSerialization.jsonObject(with: Data(analysis.output.utf8)) as? [String: Any]
        let model = report?["model"] as? [String: Any]
        #expect(model?["format"] as? String == "onnx" && model?["parameters"] as? Int == 3)
        #expect((model?["architecture"] as? String)?.contains("ai.onnx 20") == true)
        #expect((report?["predictions"] as? [Any])?.isEmpty == false)
        let inspection = try Command.run(["inspect", "net", "--format", "json"], in: scratch.path)
        let object = try JSONSerialization.jsonObject(with: Data(inspection.output.utf8)) as? [String: Any]
        #expect(object?["schema"] as? String == "pack.inspect.onnx/1")
        #expect(object?["operators"] as? [String: Int] == ["Add": 1, "Relu": 1])
        #expect((object?["problems"] as? [Any])?.isEmpty == true)
        let text = try Command.run(["inspect", "net"], in: scratch.path)
        #expect(text.status == 0 && text.output.contains("y = Relu(sum)"))
    }

    @Test func showsTheGraphAfterThePasses() throws {
        let scratch = try TinyONNX.scratch(TinyONNX.model(then: "Identity"))
        let text = try Command.run(["inspect", "net", "--rewritten"], in: scratch.path)
        #expect(text.status == 0 && text.output.contains("2 nodes of 2 operators became 1 of 1: 1 Add"))
        #expect(!text.output.contains("Identity("))
        let inspection = try Command.run(["inspect", "net", "--format", "json"], in: scratch.path)
        let object = try JSONSerialization.jsonObject(with: Data(inspection.output.utf8)) as? [String: Any]
        let rewritten = object?["rewritten"] as? [String: Any]
        #expect(rewritten?["operatorsAfter"] as? [String: Int] == ["Add": 1])
        #expect((object?["passes"] as? [[String: Any]])?.isEmpty == false)
    }

    @Test func emulatesWithMadeUpTensors() throws {
        let scratch = try TinyONNX.scratch()
        let run = try Command.run(
            ["emulate", "lambda", "net", "--cold", "1", "--requests", "2", "--format", "json"], in: scratch.path)
        #expect(run.status == 0, "\(run.error)")
        #expect(try JSONSerialization.jsonObject(with: Data(run.output.utf8)) is [String: Any])
    }

    @Test func weightsInTheirOwnFileAreNoPickle() throws {
        let model = WireBuilder.model { graph in
            graph.node("Add", ["x", "w"], ["y"])
            graph.message(5) { tensor in
                tensor.packed(1, [3])
                tensor.int(2, 1)
                tensor.text(8, "w")
                tensor.message(13) {
                    $0.text(1, "location")
                    $0.text(2, "weights.bin")
                }
                tensor.int(14, 1)
            }
            for (field, name) in [(11, "x"), (12, "y")] { TinyONNX.port(&graph, field, name) }
        }
        let scratch = try TinyONNX.scratch(model)
        try scratch.write("net/weights.bin", floatBytes([1, 2, 3]))
        try scratch.write("net/vocabulary.pkl", [0x80, 2])
        let analysis = try Command.run(["analyze", "net", "--target", "lambda"], in: scratch.path)
        #expect(analysis.status == 0 && analysis.output.contains("vocabulary.pkl is a pickle"))
        #expect(!analysis.output.contains("weights.bin is a pickle"))
    }

    @Test func saysWhatCannotBeRun() throws {
        let scratch = try TinyONNX.scratch(TinyONNX.model(then: "Frobnicate"))
        let run = try Command.run(["run", "net", "--input", "x=x.npy"], in: scratch.path)
        #expect(run.status == 2 && run.error.contains("node last (Frobnicate)"))
        let analysis = try Command.run(["analyze", "net/model.onnx", "--target", "lambda"], in: scratch.path)
        #expect(analysis.status == 0 && analysis.output.contains("Frobnicate"))
        let newer = try TinyONNX.scratch(TinyONNX.model(opset: 99))
        let refused = try Command.run(["run", "net", "--input", "x=x.npy"], in: newer.path)
        #expect(refused.status == 2 && refused.error.contains("version 99 of ai.onnx"))
    }

    @Test(
        arguments: [
            (["--input", "x"], 64, "NAME=FILE.npy"), (["--input", "z=x.npy"], 2, "the model has no such input"),
            (["--output-folder", "out"], 2, "lacks an input"), (["--input", "x=absent.npy"], 2, "absent.npy"),
            (["--text", "a", "--output-folder", "out"], 64, "--output-folder goes with"),
        ] as [([String], Int32, String)])
    func refusesWrongUse(_ arguments: [String], _ status: Int32, _ words: String) throws {
        let scratch = try TinyONNX.scratch()
        let command = try Command.run(["run", "net"] + arguments, in: scratch.path)
        #expect(command.status == status && command.error.contains(words), "\(command.error)")
    }
}
