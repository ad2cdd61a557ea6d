import PackIO
import PackQuantize
import PackRuntime

/// Made-up events for a bundle that takes tensors.
enum TensorEvents {
    /// Events that differ in their numbers.
    private static let count = 4

    /// Requests of the first shapes that the model takes; nil for a bundle that takes texts.
    ///
    /// - Throws: `Refusal` where it takes none of the shapes that are tried.
    static func make(_ bundle: String) throws -> [[UInt8]]? {
        let session = try LocalSession.open(try PlanSource.load(bundle), threads: 1, instructionSet: nil)
        guard session.tokenizerTable == nil else { return nil }
        if let events = make(count, for: session) { return events }
        throw refusal(bundle, hint: "give one with --event FILE: {\"inputs\": {\"NAME\": [[…]]}}")
    }

    /// So many requests of tensors; nil where the model takes none of the shapes that are tried.
    static func make(_ count: Int, for session: Session) -> [[UInt8]]? {
        for extent in SampleInputs.extents {
            guard let first = SampleInputs(for: session, seed: 0, extent: extent), (try? session.run(first)) != nil
            else { continue }
            return (0..<count).compactMap { seed in
                SampleInputs(for: session, seed: UInt64(seed), extent: extent)
                    .map { Array(SampleRequest.json($0, session).utf8) }
            }
        }
        return nil
    }

    /// Says that a model takes none of the shapes that are tried.
    static func refusal(_ file: String, hint: String?) -> Refusal {
        Refusal(
            facts: ErrorFacts(
                "no event could be made up that the model takes", file: file,
                found: "free axes of \(SampleInputs.extents.map(String.init).joined(separator: ", "))",
                expected: "shapes that it computes", hint: hint))
    }
}
