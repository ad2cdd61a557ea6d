/// The attributes of a TfIdfVectorizer.
struct ONNXTerms {
    /// Whether terms are texts; `pool` has their codes then.
    let isTexts: Bool
    /// Sequences one after another, those of one term first.
    let pool: [Int]
    /// Where the sequences of each length start.
    let starts: [Int]
    /// The output that each sequence counts for.
    let indexes: [Int]
    /// One an output.
    let weights: [Float]?
    let least: Int
    let most: Int
    let skips: Int
    /// 0 counts, 1 weights, 2 both.
    let mode: Int
    let outputs: Int

    /// The most outputs, and terms of all sequences.
    static let limit = 1 << 26

    init(_ operation: ONNXOperation, _ importer: ONNXImporter) throws(ONNXRefusal) {
        let texts = try operation.bytes("pool_strings") ?? []
        isTexts = !texts.isEmpty
        var codes: [Int] = []
        for text in texts { codes.append(try importer.code(text)) }
        pool = isTexts ? codes : try operation.ints("pool_int64s") ?? []
        starts = try operation.ints("ngram_counts") ?? []
        indexes = try operation.ints("ngram_indexes") ?? []
        let given = try operation.floats("weights") ?? []
        weights = given.isEmpty ? nil : given
        least = try operation.int("min_gram_length", default: 1)
        most = try operation.int("max_gram_length", default: 1)
        skips = try operation.int("max_skip_count", default: 0)
        let name = try operation.text("mode") ?? "TF"
        guard let mode = ["TF", "IDF", "TFIDF"].firstIndex(of: name) else {
            throw ONNXRefusal(.invalid, found: "mode \(name)", expected: "TF, IDF or TFIDF")
        }
        self.mode = mode
        guard let largest = indexes.max(), indexes.allSatisfy({ $0 >= 0 }), largest < Self.limit else {
            throw ONNXRefusal(
                .invalid, found: "ngram_indexes from \(indexes.min() ?? 0) to \(indexes.max() ?? -1)",
                expected: "at least one, from 0 to \(Self.limit - 1)")
        }
        outputs = largest + 1
        guard !pool.isEmpty, least >= 1, most >= least, skips >= 0 else {
            throw ONNXRefusal(
                .invalid, found: "\(pool.count) terms, lengths \(least) to \(most), \(skips) skipped",
                expected: "terms, ascending lengths of 1 or more, none or more skipped")
        }
        guard given.isEmpty || given.count == outputs else {
            throw ONNXRefusal(.invalid, found: "\(given.count) weights", expected: "one for each of \(outputs) outputs")
        }
    }

    /// A tree of the sequences: for each node the first edge, the number of edges and the output or −1; for each edge, those of
    /// one node in the order of their terms, the term and the node that it leads to.
    func tree() throws(ONNXRefusal) -> (nodes: [[Int]], edges: [[Int]]) {
        var children: [[Int: Int]] = [[:]]
        var outputs = [-1]
        var sequence = 0
        for (place, start) in starts.enumerated() {
            let length = place + 1
            let end = place + 1 < starts.count ? starts[place + 1] : pool.count
            guard start >= 0, start <= end, end <= pool.count, (end - start) % length == 0 else {
                throw ONNXRefusal(
                    .invalid, found: "ngram_counts \(starts.prefix(20)) for \(pool.count) terms",
                    expected: "ascending places of whole sequences")
            }
            for from in stride(from: start, to: end, by: length) {
                defer { sequence += 1 }
                guard sequence < indexes.count else {
                    throw ONNXRefusal(
                        .invalid, found: "\(indexes.count) ngram_indexes", expected: "one for each sequence")
                }
                guard (least...most).contains(length) else { continue }
                var node = 0
                for term in pool[from..<from + length] {
                    if let next = children[node][term] {
                        node = next
                    } else {
                        children[node][term] = children.count
                        node = children.count
                        children.append([:])
                        outputs.append(-1)
                    }
                }
                outputs[node] = indexes[sequence]
            }
        }
        return flat(children, outputs)
    }

    private func flat(_ children: [[Int: Int]], _ outputs: [Int]) -> (nodes: [[Int]], edges: [[Int]]) {
        var nodes: [[Int]] = []
        var edges: [[Int]] = []
        for (node, next) in children.enumerated() {
            nodes.append([edges.count, next.count, outputs[node]])
            edges += next.sorted { $0.key < $1.key }.map { [$0.key, $0.value] }
        }
        return (nodes, edges)
    }
}
