/// The wheel that an installer would take, and why not the others.
public struct WheelChoice: Hashable, Sendable {
    /// Index of the best candidate; `nil` if none can be installed.
    public let index: Int?
    /// Candidates that can't be installed, with the reason.
    public let refused: [Refused]

    /// A candidate that can't be installed.
    public struct Refused: Hashable, Sendable {
        /// Its index.
        public let index: Int
        /// Why not.
        public let refusal: WheelRefusal
    }
}

extension TargetEnvironment {
    /// Chooses among the wheels of one version: the most special tag, then the highest build number.
    public func choose(among wheels: [WheelName]) -> WheelChoice {
        var best: (index: Int, rank: TagRank)?
        var refused: [WheelChoice.Refused] = []
        for (index, wheel) in wheels.enumerated() {
            guard let rank = rank(of: wheel) else {
                if let refusal = refusal(of: wheel) { refused.append(.init(index: index, refusal: refusal)) }
                continue
            }
            guard let current = best else {
                best = (index, rank)
                continue
            }
            let isNewer = Self.build(wheel, isAfter: wheels[current.index])
            if rank < current.rank || (rank == current.rank && isNewer) { best = (index, rank) }
        }
        return WheelChoice(index: best?.index, refused: refused)
    }

    private static func build(_ left: WheelName, isAfter right: WheelName) -> Bool {
        switch (left.build, right.build) {
        case (let one?, let other?): one > other
        case (_?, nil): true
        default: false
        }
    }
}
