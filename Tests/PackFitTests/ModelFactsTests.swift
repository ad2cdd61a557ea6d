import PackFit
import Testing

@Suite struct ModelFactsTests {
    private func findings(_ paths: [String]) -> [String] {
        ModelFacts.findings(in: paths.map { .init(path: $0, bytes: 10) }).map { "\($0.id) \($0.bytes)" }
    }

    @Test func secondCopiesOfTheWeights() {
        #expect(findings(["model.safetensors", "sub/tf_model.h5"]) == ["weights.second-copy 10"])
        #expect(findings(["model.safetensors", "onnx/model.onnx"]) == ["weights.second-copy 10"])
        #expect(
            findings(["model.safetensors", "pytorch_model-00001-of-00002.bin"]) == [
                "weights.second-copy 10", "pickle 0",
            ])
        #expect(findings(["tf_model.h5"]) == [])
    }

    @Test func leftoversAndPickles() {
        #expect(findings(["optimizer.pt"]) == ["training.state 10", "pickle 0"])
        #expect(findings(["config.json", "tokenizer.json", "model.safetensors"]) == [])
    }

    @Test func duplicateBytesCountTensorsAndFiles() {
        var facts = ModelFacts(path: "m", format: "safetensors", parameters: 0, tensors: [], files: [], weightBytes: 0)
        facts.duplicates = [.init(names: ["a", "b", "c"], bytes: 100)]
        facts.findings = [.init(id: "weights.second-copy", text: "", bytes: 5), .init(id: "other", text: "", bytes: 7)]
        #expect(facts.duplicateBytes == 205)
    }
}

@Suite struct DeflateEstimateTests {
    private func share(_ bytes: [UInt8]) -> (low: Double, high: Double) {
        DeflateEstimate.share(of: bytes.count) { range, body in
            bytes[range].withUnsafeBytes { body($0) }
        }
    }

    @Test func evenBytesDoNotShrink() {
        let even = (0..<2_000_000).map { UInt8(truncatingIfNeeded: $0) }
        #expect(share(even).low > 0.98)
        #expect(share(even).high == 1)
    }

    @Test func halfOfTheValuesTakeSevenBits() {
        let half = (0..<100_000).map { UInt8($0 % 128) }
        #expect(abs(share(half).low - 0.875 * 0.985) < 1e-3)
    }

    @Test func smallAndEmptyInputs() {
        #expect(share([]).high == 1)
        #expect(share([7]).high == 0)
        #expect(share([1, 2, 3]).low > 0)
    }
}
