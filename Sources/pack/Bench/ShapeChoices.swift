import PackIO

/// Values of named dimensions to measure at, as they were given.
struct ShapeChoices {
    private var values: [(name: String, counts: [Int])] = []
    /// Whether texts are as long as sentences are, not all as long as one another.
    var hasSentences = false

    /// Adds values of a dimension.
    mutating func add(_ name: String, _ counts: [Int]) {
        if let index = values.firstIndex(where: { $0.name == name }) {
            values[index].counts += counts
        } else {
            values.append((name, counts))
        }
    }

    /// All combinations, for a model's dimensions in the model's order.
    ///
    /// Where nothing was given, `batch` and unknown names are 1 and `sequence` is 16 and 128, as far as the model goes.
    ///
    /// With sentences, `batch` is 32 where nothing was given, and `sequence` the longest one's length.
    ///
    /// - Parameter dimensions: The model's named dimensions and the most that each can be.
    /// - Throws: `Refusal` for a name that the model does not have, a value beyond its greatest, or sentences for a model whose
    ///   dimensions are not `batch` and `sequence`.
    func combinations(_ dimensions: [(name: String, maximum: Int)], file: String) throws -> [BenchShape] {
        let names = dimensions.map(\.name)
        for (name, _) in values where !names.contains(name) {
            throw Refusal(
                facts: ErrorFacts(
                    "has no such dimension", file: file, found: "--shape \(name)",
                    expected: names.isEmpty ? "no --shape: all dimensions are fixed" : names.joined(separator: " or "),
                    hint: Suggestion.nearest(to: name, among: names).map { "did you mean \($0)?" }))
        }
        guard !hasSentences || (names.contains("batch") && names.contains("sequence")) else {
            throw Refusal(
                facts: ErrorFacts(
                    "takes no batch of texts", file: file, found: "--lengths natural",
                    expected: "a model with the dimensions batch and sequence"))
        }
        var shapes = [BenchShape()]
        for (name, maximum) in dimensions {
            let counts = try counts(name, maximum, file)
            shapes = shapes.flatMap { shape in counts.map { shape.with(name, $0) } }
        }
        return hasSentences ? shapes.map { $0.withSentences() } : shapes
    }

    private func counts(_ name: String, _ maximum: Int, _ file: String) throws -> [Int] {
        guard let given = values.first(where: { $0.name == name })?.counts else {
            if hasSentences { return [min(name == "batch" ? 32 : name == "sequence" ? .max : 1, maximum)] }
            let standard = name == "sequence" ? [16, 128].filter { $0 <= maximum } : [1]
            return standard.isEmpty ? [maximum] : standard
        }
        for count in given where count > maximum {
            throw Refusal(
                facts: ErrorFacts(
                    "takes no input of this shape", file: file, found: "\(name)=\(count)",
                    expected: "at most \(name)=\(maximum)"))
        }
        return given
    }
}

/// A value for each named dimension.
struct BenchShape {
    private(set) var dimensions: [(name: String, count: Int)] = []
    /// Tokens of each text of the batch, of which `sequence` is the most; none where all texts are of that length.
    private(set) var lengths: [Int] = []

    /// The value of a dimension.
    subscript(_ name: String) -> Int? { dimensions.first { $0.name == name }?.count }

    func with(_ name: String, _ count: Int) -> BenchShape {
        var result = self
        result.dimensions.append((name, count))
        return result
    }

    /// The same with texts of lengths like those of sentences, none longer than `sequence`.
    func withSentences() -> BenchShape {
        var result = self
        result.lengths = SentenceLengths.make(self["batch"] ?? 1, maximum: self["sequence"] ?? 1)
        let longest = result.lengths.max() ?? 1
        result.dimensions = dimensions.map { ($0.name, $0.name == "sequence" ? longest : $0.count) }
        return result
    }

    /// For each text, the tokens up to its end.
    var ends: [Int] {
        var end = 0
        return lengths.map { length in
            end += length
            return end
        }
    }

    /// The shapes whose operations add up to those of this one: texts one by one where they differ in length.
    var parts: [BenchShape] {
        guard !lengths.isEmpty else { return [self] }
        return lengths.map { length in
            var part = BenchShape()
            part.dimensions = dimensions.map {
                ($0.name, $0.name == "batch" ? 1 : $0.name == "sequence" ? length : $0.count)
            }
            return part
        }
    }

    /// `batch=1 sequence=16`.
    var text: String {
        let shape = dimensions.map { "\($0.name)=\($0.count)" }.joined(separator: " ")
        guard let shortest = lengths.min(), let longest = lengths.max() else { return shape }
        return "\(shape), texts of \(shortest) to \(longest) tokens, \(lengths.reduce(0, +)) in all"
    }
}
