import FoundationEssentials
import PackBundle
import PackTokenizers

/// Events that take a bundle to its peak of memory: texts of the greatest length, whose words lie all over the vocabulary.
enum PeakEvents {
    /// Bytes of a table that the system maps at a time when one of its rows is read from the page cache.
    private static let window = 65536

    /// Requests of token ids; none for a bundle that takes no text.
    static func make(_ bundle: String) throws -> [[UInt8]] {
        let image = try PlanSource.load(bundle)
        let session = try LocalSession.open(image, threads: 1, instructionSet: nil)
        guard let table = session.tokenizerTable, session.maximumTokens > 0 else { return [] }
        let words = try Tokenizer(table: table).idCount
        // A row is as long as an f32 one at most; then enough rows are read for every window.
        let rows = max(window / max(longestRow(session.plan.data.count, words), 1), 1)
        let tokens = session.maximumTokens
        let count = (words / rows + tokens - 1) / tokens
        return try (0..<max(count, 1)).map { part in
            let ids = (0..<tokens).map { ($0 * max(count, 1) + part) * words / (tokens * max(count, 1)) }
            var inputs: [String: [[Int]]] = [:]
            for input in 0..<session.inputCount {
                let name = String(decoding: session.inputName(input), as: UTF8.self)
                inputs[name] = [name == "input_ids" ? ids : ids.map { _ in name == "attention_mask" ? 1 : 0 }]
            }
            return try Array(JSONEncoder().encode(["inputs": inputs]))
        }
    }

    /// Bytes of a row of the word table, no less than they are.
    private static func longestRow(_ weights: Int, _ words: Int) -> Int { weights / max(words, 1) }

    /// The peak of memory that a manifest predicts; nil without a manifest, or for another's.
    static func prediction(_ manifest: [UInt8]?) -> Int? {
        struct Manifest: Decodable { let predictedPeakMemory: Int }
        return manifest.flatMap { try? JSONDecoder().decode(Manifest.self, from: Data($0)).predictedPeakMemory }
    }
}
