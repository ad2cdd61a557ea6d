/// Something that can be left out of a deployment. Savings of one deployment share no byte, so that they add up.
public struct Saving: Hashable, Sendable {
    /// What it is, stable and different from all others: `waste.tests`, `package.unused:scipy`.
    public var id: String
    /// What to do, in words: "drop scipy 1.14.1, which nothing imports".
    public var action: String
    /// The command that does it, where there is one.
    public var command: String?
    /// Bytes of files that are then gone.
    public var unpacked: Known
    /// Bytes by which the zip becomes smaller; `nil` where that is not known.
    public var zipped: Known?
    /// Whether something could miss it.
    public var certainty: Certainty
    /// How much trouble it is: 0 for none. The fewer all together, the better.
    public var rank: Int

    /// Whether something could miss it.
    public enum Certainty: String, Sendable {
        case safe
        case doubtful
    }

    /// Describes a saving.
    public init(
        id: String, action: String, command: String? = nil, unpacked: Known, zipped: Known?, certainty: Certainty,
        rank: Int
    ) {
        self.id = id
        self.action = action
        self.command = command
        self.unpacked = unpacked
        self.zipped = zipped
        self.certainty = certainty
        self.rank = rank
    }
}

extension FitFacts {
    /// The same deployment without what the savings leave out.
    public func without(_ savings: some Sequence<Saving>) -> FitFacts {
        var facts = self
        for saving in savings {
            facts.unpacked = facts.unpacked?.less(saving.unpacked)
            facts.image = facts.image?.less(saving.unpacked)
            facts.zipped = facts.zipped?.less(saving.zipped ?? Known(low: 0, high: nil, how: .assumed))
        }
        return facts
    }
}

extension Known {
    /// The difference, not below zero; as uncertain as the less certain of the two.
    func less(_ other: Known) -> Known {
        let order: [How] = [.measured, .computed, .estimated, .assumed]
        let how = order.last { $0 == self.how || $0 == other.how } ?? self.how
        return Known(
            low: max(low - (other.high ?? low), 0), high: high.map { max($0 - other.low, 0) },
            how: how, note: note)
    }
}
