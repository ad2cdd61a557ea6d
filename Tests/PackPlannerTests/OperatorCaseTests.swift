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

    /// Pads, sizes, shapes and weights may all come with a request.
    @Test(arguments: cases) func givesTheSameWithoutConstants(example: OperatorCase) throws {
        guard !example.constants.isEmpty else { return }
        let differences = try example.differences(threads: 2, computed: true)
        #expect(differences.isEmpty, "\(example.name): \(differences)")
    }

    @Test(arguments: cases) func givesWhatOthersGive(example: OperatorCase) throws {
        for threads in [1, 3] {
            let differences = try example.differences(threads: threads)
            #expect(differences.isEmpty, "\(example.name), \(threads) threads: \(differences)")
        }
    }
}
