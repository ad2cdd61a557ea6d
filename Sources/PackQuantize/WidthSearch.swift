import PackPlanner

/// The order in which weights get more bits: from each storage to the next the loss falls most for the bytes it takes, so that
/// every storage on the way is the least loss for its size, as far as losses of weights add up (Lagrange's multiplier: Shoham and
/// Gersho, Efficient bit allocation for an arbitrary set of quantizers, 1988).
package struct WidthSearch {
    /// A weight and the ways to store it.
    package struct Weight {
        let name: String
        let choices: [Choice]

        /// - Parameter choices: From the fewest bytes to the most.
        package init(name: String, choices: [Choice]) {
            self.name = name
            self.choices = choices
        }
    }

    /// One way to store a weight.
    package struct Choice {
        let kind: WeightKind
        let bytes: Int
        let loss: Double

        /// - Parameter loss: What the outputs lose by it.
        package init(kind: WeightKind, bytes: Int, loss: Double) {
            self.kind = kind
            self.bytes = bytes
            self.loss = loss
        }
    }

    private let start: WeightStorage
    private let steps: [(name: String, kind: WeightKind)]

    /// How many storages there are, from that of the fewest bits.
    package var count: Int { steps.count + 1 }

    /// A storage; 0 is that of the fewest bits.
    package func storage(_ index: Int) -> WeightStorage {
        var storage = start
        for step in steps.prefix(index) { storage.exceptions[step.name] = step.kind }
        return storage
    }

    package init(_ weights: [Weight]) {
        start = WeightStorage(weights.first?.choices.first?.kind ?? .f32)
        var steps: [(name: String, kind: WeightKind, worth: Double)] = []
        for weight in weights {
            for (from, to) in Self.hull(weight.choices) {
                steps.append((weight.name, to.kind, (from.loss - to.loss) / Double(to.bytes - from.bytes)))
            }
        }
        self.steps = steps.enumerated()
            .sorted { ($0.element.worth, $1.offset) > ($1.element.worth, $0.offset) }
            .map { ($0.element.name, $0.element.kind) }
    }

    /// The steps between choices of which none is worth less than the next.
    private static func hull(_ choices: [Choice]) -> [(Choice, Choice)] {
        var kept: [Choice] = []
        for choice in choices {
            guard let last = kept.last else {
                kept.append(choice)
                continue
            }
            guard choice.bytes > last.bytes, choice.loss < last.loss else { continue }
            while kept.count > 1,
                worth(kept[kept.count - 2], kept[kept.count - 1]) <= worth(kept[kept.count - 1], choice)
            {
                kept.removeLast()
            }
            kept.append(choice)
        }
        return Array(zip(kept, kept.dropFirst()))
    }

    private static func worth(_ from: Choice, _ to: Choice) -> Double {
        (from.loss - to.loss) / Double(to.bytes - from.bytes)
    }
}
