import PackProfiles

/// A way to make a deployment fit: one step, or several together.
public struct Plan: Sendable {
    /// What to do, in this order.
    public var steps: [Step]
    /// Whether all sizes in it were counted, or some are predicted.
    public var basis: Basis
    /// Bytes by which the unpacked deployment becomes smaller, at least; `nil` where that is not known.
    public var saves: Int?
    /// What is deployed then.
    public var facts: FitFacts
    /// What the platform says then.
    public var result: Fit
    /// How it compares with others that lead to the same verdict: least is best.
    var cost: Cost

    /// `verified`: every size was counted on files. `predicted`: some follow from plans or samples.
    public enum Basis: String, Sendable {
        case verified
        case predicted
    }

    /// One thing to do.
    public enum Step: Sendable {
        /// Leave something out.
        case drop(Saving)
        /// Use the platform's own way around a limit.
        case lift(Check.ID, way: String)
        /// Deploy something else.
        case replace(Alternative)
        /// Deploy the same files as an image, by another profile of the platform.
        case image(profile: String)
        /// Deploy the same files on another platform.
        case platform(profile: String)

        /// In words.
        public var text: String {
            switch self {
            case .drop(let saving): saving.action
            case .lift(let id, let way): "\(way) (lifts \(id.rawValue))"
            case .replace(let alternative): alternative.action
            case .image(let profile): "deploy an image: \(profile)"
            case .platform(let profile): "deploy on \(profile)"
            }
        }

        /// The command that does it, where there is one.
        public var command: String? {
            switch self {
            case .drop(let saving): saving.command
            case .replace(let alternative): alternative.command
            case .lift, .image, .platform: nil
            }
        }
    }

    /// Kinds of steps from the least to the most trouble.
    enum Kind: Int {
        case lift
        case dropSafely
        case dropDoubtfully
        case replace
        case image
        case platform
    }

    /// Compared field by field.
    struct Cost {
        /// The kind of the most troublesome step.
        var kind: Kind
        /// Accuracy that is lost, as alternatives rank it.
        var loss = 0
        /// Trouble of what is left out.
        var rank = 0
        /// Steps.
        var count: Int
    }
}

/// What would help on a platform, and what would not.
public struct Plans: Sendable {
    /// By how much the deployment is over each limit for its size, as it is.
    public var need: SavingNeed
    /// Ways, best first: what makes it fit before what leaves it unknown before what does not suffice, then by trouble.
    public var plans: [Plan]
    /// Whether the set that is left out is the cheapest one for sure.
    public var isExact: Bool
    /// What is left with everything left out, where that is still too much.
    public var floor: Floor?
    /// The memory that has to be set.
    public var memory: MemoryAdvice?

    /// The first way that makes it fit.
    public var best: Plan? { plans.first { $0.result.verdict == .fits } }
}
