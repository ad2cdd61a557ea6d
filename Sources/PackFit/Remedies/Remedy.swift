import PackProfiles

/// Something that could be deployed instead.
public struct Alternative: Sendable {
    /// What it is called in reports: `slim --quantize int8`.
    public var action: String
    /// The command that makes it.
    public var command: String?
    /// How much of the model's accuracy it costs compared with the others: least is best.
    public var loss: Int
    /// What is known or predicted of it.
    public var facts: FitFacts
    /// Whether it was made and its numbers measured.
    public var isVerified = false

    /// Describes an alternative.
    public init(action: String, command: String?, loss: Int, facts: FitFacts) {
        self.action = action
        self.command = command
        self.loss = loss
        self.facts = facts
    }
}

/// What would help on a platform.
public struct Remedy: Sendable {
    /// What to do.
    public var action: String
    /// The command that does it, where there is one.
    public var command: String?
    /// Bytes by which the unpacked deployment becomes smaller; `nil` where either size is not known.
    public var saves: Int?
    /// What the platform then says.
    public var result: Fit
    /// What the deployment then is; `nil` where it does not change.
    public var facts: FitFacts?
}

/// What would help, best first: what makes it fit before what leaves it unknown before what does not suffice,
/// and among equals what costs the least accuracy, then the fewest bytes.
public func remedies(for facts: FitFacts, on profile: Profile, alternatives: [Alternative]) -> [Remedy] {
    let now = Fit(facts, on: profile)
    var found: [(remedy: Remedy, loss: Int)] = alternatives.map { alternative in
        let saves = difference(facts.unpacked, alternative.facts.unpacked)
        let result = Fit(alternative.facts, on: profile)
        let remedy = Remedy(
            action: alternative.action, command: alternative.command, saves: saves, result: result,
            facts: alternative.facts)
        return (remedy, alternative.loss)
    }
    if let (fit, ways) = now.lifted() {
        let remedy = Remedy(action: ways.joined(separator: " and "), command: nil, saves: 0, result: fit, facts: nil)
        found.append((remedy, -1))
    }
    let order: [Fit.Verdict] = [.fits, .unknown, .doesNotFit]
    func rank(_ item: (remedy: Remedy, loss: Int)) -> (Int, Int, Int) {
        let verdict = order.firstIndex(of: item.remedy.result.verdict) ?? order.count
        return (verdict, item.loss, -(item.remedy.saves ?? 0))
    }
    return found.sorted { rank($0) < rank($1) }.map(\.remedy)
}

func difference(_ before: Known?, _ after: Known?) -> Int? {
    guard let before, let after, before.low < 9e15, let end = after.high, end < 9e15 else { return nil }
    return Int(before.low) - Int(end)
}
