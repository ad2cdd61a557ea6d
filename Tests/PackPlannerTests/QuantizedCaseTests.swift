import PackIO
import Testing

/// Quantized operators give what onnxruntime and onnx.reference give (Tests/reference/quantized_cases.py).
@Suite struct QuantizedCaseTests {
    static let cases = OperatorCase.load(TestPaths.root + "/Fixtures/quantized/quantized") ?? []

    @Test func thereAreCases() { #expect(Self.cases.count > 30) }

    @Test(arguments: cases) func givesWhatOthersGive(example: OperatorCase) throws {
        for threads in [1, 3] {
            let differences = try example.differences(threads: threads)
            #expect(differences.isEmpty, "\(example.name), \(threads) threads: \(differences)")
        }
        let differences = try example.differences(threads: 1, isa: "portable")
        #expect(differences.isEmpty, "\(example.name), portable: \(differences)")
    }
}
