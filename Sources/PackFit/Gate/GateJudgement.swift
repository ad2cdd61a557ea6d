/// What a gate says, and why.
public struct GateJudgement: Sendable {
    /// What each platform that must take the deployment says to it.
    public var targets: [Fit]
    /// What became of each budget.
    public var budgets: [BudgetResult]
    /// Checks that did not pass and were let through, with the exemption.
    public var exempted: [(target: String, check: Check, exemption: GateRules.Exemption)] = []
    /// Exemptions that no longer hold, or that nothing needed.
    public var staleExemptions: [(exemption: GateRules.Exemption, isExpired: Bool)] = []
    /// What changed since the baseline, the largest first; `nil` without a baseline.
    public var changes: [GateChange]?
    /// What an unknown verdict counts as.
    public var unknown: GateRules.UnknownPolicy

    /// What became of one budget.
    public struct BudgetResult: Sendable {
        /// What is limited: a measure's id, or `accuracy`.
        public var id: String
        /// Which of its limits.
        public var kind: Kind
        /// What was measured; `nil` where it is not known.
        public var measured: Known?
        /// The number that is compared, in the unit of the limit; `nil` where it is not known.
        public var actual: Double?
        /// The limit.
        public var limit: Double
        /// The measure at the baseline.
        public var baseline: Double?
        /// What `measured` and `baseline` count; `nil` for a plain number.
        public var unit: Check.Unit?
        /// The answer.
        public var verdict: Check.Verdict
        /// Why it is unknown.
        public var note: String?
        /// The line of the configuration that states it.
        public var line: Int?

        /// A limit of a budget.
        public enum Kind: String, Sendable {
            case maximum
            case growth
            case growthShare = "growth-percent"
            case minimum
        }
    }

    /// The answer to all of it.
    public enum Outcome: String, Sendable {
        case passes
        case fails
    }

    /// One failed check is a no, and so is an unknown one unless unknown ones only warn.
    public var outcome: Outcome { verdicts.contains(where: breaks) ? .fails : .passes }

    /// Whether a verdict stops the deployment.
    public func breaks(_ verdict: Check.Verdict) -> Bool {
        verdict == .fail || (verdict == .unknown && unknown == .fail)
    }

    /// Every verdict that counts.
    private var verdicts: [Check.Verdict] {
        targets.flatMap { fit in fit.checks.filter { !isExempted($0, on: fit.profile.name) }.map(\.verdict) }
            + budgets.map(\.verdict)
    }

    /// Whether a check of a platform was let through.
    public func isExempted(_ check: Check, on target: String) -> Bool {
        exempted.contains { $0.target == target && $0.check.id == check.id }
    }
}

extension GateJudgement {
    /// Judges a deployment.
    ///
    /// - Parameters:
    ///   - fits: What the platforms say to it.
    ///   - measures: What was measured of it.
    ///   - baseline: An earlier state; `nil` where there is none.
    ///   - rules: What it must keep to.
    ///   - today: `YYYY-MM-DD`, which exemptions are held against.
    public init(
        fits: [Fit], measures: GateMeasures, baseline: GateBaseline?, rules: GateRules, today: String
    ) {
        targets = fits
        unknown = rules.unknown
        budgets = rules.budgets.flatMap { Self.results(of: $0, measures.values[$0.measure], baseline) }
        if let minimum = rules.accuracy { budgets.append(Self.accuracy(measures.accuracy, minimum)) }
        changes = baseline.map { GateChange.between($0, measures) }
        exempt(rules.exemptions, today: today)
    }

    private mutating func exempt(_ exemptions: [GateRules.Exemption], today: String) {
        for exemption in exemptions {
            guard exemption.until >= today else {
                staleExemptions.append((exemption, true))
                continue
            }
            let found = targets.flatMap { fit in
                fit.checks.filter { $0.verdict != .pass && exemption.covers($0, on: fit.profile.name) }
                    .map { (target: fit.profile.name, check: $0, exemption: exemption) }
            }
            if found.isEmpty { staleExemptions.append((exemption, false)) }
            exempted += found
        }
    }

    private static func results(
        of budget: GateRules.Budget, _ measured: Known?, _ baseline: GateBaseline?
    ) -> [BudgetResult] {
        let before = baseline?.values[budget.measure]
        func result(_ kind: BudgetResult.Kind, _ limit: Double, _ offset: Double?, _ scale: Double) -> BudgetResult {
            var result = BudgetResult(
                id: budget.measure.rawValue, kind: kind, measured: measured, limit: limit, baseline: before,
                unit: budget.measure.unit, verdict: .unknown, line: budget.line)
            guard let measured else {
                result.note = "it is not known"
                return result
            }
            guard let offset, scale > 0 else {
                result.note = baseline == nil ? "there is no baseline" : "the baseline does not state it"
                return result
            }
            let low = (measured.low - offset) / scale
            let high = measured.high.map { ($0 - offset) / scale }
            result.actual = high ?? low
            if low > limit {
                result.verdict = .fail
                result.actual = low
            } else if let high, high <= limit {
                result.verdict = .pass
            } else {
                result.note = "only a lower bound, or a range around the limit, is known"
            }
            return result
        }
        var results: [BudgetResult] = []
        if let maximum = budget.maximum { results.append(result(.maximum, maximum, 0, 1)) }
        if let growth = budget.growth { results.append(result(.growth, growth, before, 1)) }
        if let share = budget.growthShare { results.append(result(.growthShare, share, before, before ?? 0)) }
        return results
    }

    private static func accuracy(_ cosine: Double?, _ minimum: Double) -> BudgetResult {
        var result = BudgetResult(
            id: "accuracy", kind: .minimum, measured: cosine.map { Known($0, .measured) }, actual: cosine,
            limit: minimum, verdict: .unknown)
        if let cosine {
            result.verdict = cosine >= minimum ? .pass : .fail
        } else {
            result.note = "only a bundle made by pack slim states it"
        }
        return result
    }
}
