import PackIO
import Testing

/// Operators give what other implementations of ONNX give: graph, shape rule, lowering and runtime.
@Suite struct OperatorCaseTests {
    static let folder = TestPaths.root + "/Fixtures/operators"
    static let cases: [OperatorCase] = {
        let names = (try? FolderWalk.names(in: folder)) ?? []
        return names.filter { $0.hasSuffix(".json") }.sorted().flatMap {
            OperatorCase.load(folder + "/" + $0.dropLast(5)) ?? []
        }
    }()

    @Test func thereAreCases() { #expect(Self.cases.count > 50) }

    @Test(arguments: cases) func givesWhatOthersGive(example: OperatorCase) throws {
        for threads in [1, 3] {
            let differences = try example.differences(threads: threads)
            #expect(differences.isEmpty, "\(example.name), \(threads) threads: \(differences)")
        }
    }
}
