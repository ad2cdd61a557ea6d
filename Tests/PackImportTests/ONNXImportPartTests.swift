import PackFormats
import PackGraph
import PackImport
import Testing
import WireBuilding

/// Operators whose number of operands or parts says what they mean.
@Suite struct ONNXImportPartTests {
    /// Parts are as many as the node has outputs, read or not.
    @Test(arguments: [13, 18]) func splitsIntoPartsThatNothingReads(opset: Int) throws {
        let onnx = try ONNXImport.read(
            WireBuilder.single("Split", opset: opset, shape: [4, 3], outputs: ["y", "z"]) {
                if opset >= 18 { $0.attribute("num_outputs", int: 2) }
            })
        #expect(onnx.problems.isEmpty)
        #expect(onnx.graph.types["y"]?.shape == [2, 3])
    }

    @Test func slopesOfOlderVersionsAreThoseOfChannels() throws {
        func slopes(_ opset: Int, _ count: Int) throws -> ONNXImport {
            let numbers = floatBytes((0..<count).map { Float($0) })
            return try ONNXImport.read(
                WireBuilder.single(
                    "PRelu", opset: opset, inputs: ["x", "w"],
                    more: { $0.tensor(5, .float, [count], name: "w", raw: numbers) }))
        }
        let old = try slopes(6, 3)
        #expect(old.operators == ["Unsqueeze", "PRelu"] && old.problems.isEmpty)
        #expect(try slopes(6, 1).operators == ["PRelu"])
        #expect(try slopes(7, 4).operators == ["PRelu"])
        #expect(try !slopes(7, 3).problems.isEmpty)
    }

    @Test func takesConvolutionsOfOnnxruntimeApart() throws {
        func operators(_ inputs: [String], _ activation: String?, _ parameters: [Float]) throws -> [String] {
            let onnx = try ONNXImport.read(
                WireBuilder.single(
                    "FusedConv", opset: 17, domain: "com.microsoft", shape: [1, 1, 4], inputs: inputs,
                    attributes: {
                        if let activation { $0.attribute("activation", text: activation) }
                        $0.attribute("activation_params", floats: parameters)
                    },
                    more: {
                        $0.tensor(5, .float, [1, 1, 1], name: "w", raw: floatBytes([2]))
                        $0.tensor(5, .float, [1], name: "b", raw: floatBytes([1]))
                    }))
            #expect(onnx.problems.isEmpty, "\(onnx.problems)")
            #expect(onnx.graph.types["y"]?.shape == [1, 1, 4])
            return onnx.operators
        }
        #expect(try operators(["x", "w"], nil, []) == ["Conv"])
        #expect(try operators(["x", "w", "b"], "Relu", []) == ["Conv", "Relu"])
        #expect(try operators(["x", "w", "b", "x"], "Clip", [0, 6]) == ["Conv", "Add", "Clip"])
        #expect(try operators(["x", "w", "", "x"], nil, []) == ["Conv", "Add"])
        #expect(try operators(["x", "w"], "LeakyRelu", [0.5]) == ["Conv", "LeakyRelu"])
        #expect(throws: Never.self) { _ = try operators(["x", "w"], "HardSigmoid", [0.5, 0.25]) }
    }
}

extension WireBuilder {
    fileprivate mutating func attribute(_ name: String, text value: String) {
        message(5) {
            $0.text(1, name)
            $0.text(4, value)
            $0.int(20, 3)
        }
    }

    fileprivate mutating func attribute(_ name: String, floats values: [Float]) {
        message(5) {
            $0.text(1, name)
            for value in values { $0.float(7, value) }
            $0.int(20, 6)
        }
    }
}
