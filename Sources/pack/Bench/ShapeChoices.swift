import PackIO

/// Values of named dimensions to measure at, as they were given.
struct ShapeChoices {
    private var values: [(name: String, counts: [Int])] = []

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
    /// - Parameter dimensions: The model's named dimensions and the most that each can be.
    /// - Throws: `Refusal` for a name that the model does not have, or a value beyond its greatest.
    func combinations(_ dimensions: [(name: String, maximum: Int)], file: String) throws -> [BenchShape] {
        let names = dimensions.map(\.name)
        for (name, _) in values where !names.contains(name) {
            throw Refusal(
                facts: ErrorFacts(
                    "has no such dimension", file: file, found: "--shape \(name)",
                    expected: names.isEmpty ? "no --shape: all dimensions are fixed" : names.joined(separator: " or "),
                    hint: Suggestion.nearest(to: name, among: names).map { "did you mean \($0)?" }))
        }
        var shapes = [BenchShape()]
        for (name, maximum) in dimensions {
            let counts = try counts(name, maximum, file)
            shapes = shapes.flatMap { shape in counts.map { shape.with(name, $0) } }
        }
        return shapes
    }

    private func counts(_ name: String, _ maximum: Int, _ file: String) throws -> [Int] {
        guard let given = values.first(where: { $0.name == name })?.counts else {
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

    /// The value of a dimension.
    subscript(_ name: String) -> Int? { dimensions.first { $0.name == name }?.count }

    func with(_ name: String, _ count: Int) -> BenchShape {
        var result = self
        result.dimensions.append((name, count))
        return result
    }

    /// `batch=1 sequence=16`.
    var text: String { dimensions.map { "\($0.name)=\($0.count)" }.joined(separator: " ") }
}
