import PackProfiles

extension Plans {
    /// Looks for ways to make a deployment fit.
    ///
    /// - Parameters:
    ///   - facts: The deployment as it is.
    ///   - profile: The platform.
    ///   - savings: What could be left out; they share no byte.
    ///   - alternatives: What could be deployed instead.
    ///   - components: The parts that are needed, to say what cannot become smaller.
    ///   - others: Other profiles that the same files could be deployed with.
    public init(
        for facts: FitFacts, on profile: Profile, savings: [Saving] = [], alternatives: [Alternative] = [],
        components: [Component] = [], others: [Profile] = []
    ) {
        need = SavingNeed(facts, on: profile)
        memory = MemoryAdvice(facts, on: profile)
        let all = SavingChoice(savings, for: need)
        isExact = all.isExact
        floor = all.suffices ? nil : Floor(facts.without(savings), on: profile, components: components)
        var found: [Plan] = []
        let now = Fit(facts, on: profile)
        if now.verdict != .fits {
            if !all.chosen.isEmpty { found.append(Plan(dropping: all.chosen, from: facts, on: profile)) }
            found += Self.lifting(facts, now, savings)
            let program = profile.programProfile(among: others)
            found += alternatives.flatMap { Plan.replacing(facts, by: $0, on: profile, program: program) }
            found += Self.moving(facts, from: profile, to: others)
        }
        plans = found.enumerated().sorted { (a, b) in
            let (first, second) = (a.element.order, b.element.order)
            return first == second ? a.offset < b.offset : first.lexicographicallyPrecedes(second)
        }.map(\.element)
    }

    /// The platform's ways around limits, with what has to be left out for the other limits.
    private static func lifting(_ facts: FitFacts, _ now: Fit, _ savings: [Saving]) -> [Plan] {
        guard let (fit, _) = now.lifted() else { return [] }
        let profile = now.profile
        let lifts = Plan.lifts(in: now)
        let choice = SavingChoice(savings, for: SavingNeed(facts, on: profile, lifting: true))
        let alone = Plan(steps: lifts, facts: facts, result: fit, before: facts, kind: .lift)
        guard !choice.chosen.isEmpty else { return [alone] }
        let rest = facts.without(choice.chosen)
        let after = Fit(rest, on: profile)
        // Leaving out may bring it below the lifted limit as well: then there is nothing to lift.
        guard let (lifted, _) = after.lifted() else { return [alone] }
        let together = Plan(
            steps: choice.chosen.map { .drop($0) } + Plan.lifts(in: after), facts: rest, result: lifted, before: facts,
            kind: Plan.kind(of: choice.chosen))
        return [alone, together]
    }

    /// The same files as an image, and on platforms of the same day.
    private static func moving(_ facts: FitFacts, from profile: Profile, to others: [Profile]) -> [Plan] {
        others.filter { $0.name != profile.name && $0.asOf == profile.asOf }.compactMap { other in
            let fit = Fit(facts, on: other)
            guard fit.verdict == .fits || other.name == profile.imageVariant else { return nil }
            let isImage = other.name == profile.imageVariant
            return Plan(
                steps: [isImage ? .image(profile: other.name) : .platform(profile: other.name)], facts: facts,
                result: fit, before: facts, kind: isImage ? .image : .platform)
        }
    }
}

extension Plan {
    init(dropping savings: [Saving], from facts: FitFacts, on profile: Profile) {
        let rest = facts.without(savings)
        self.init(
            steps: savings.map { .drop($0) }, facts: rest, result: Fit(rest, on: profile), before: facts,
            kind: Self.kind(of: savings))
    }

    init(steps: [Step], facts: FitFacts, result: Fit, before: FitFacts, kind: Kind, loss: Int = 0) {
        self.steps = steps
        self.facts = facts
        self.result = result
        basis = steps.allSatisfy(\.isVerified) ? .verified : .predicted
        saves = difference(before.unpacked, facts.unpacked)
        let rank = steps.reduce(0) { sum, step in
            if case .drop(let saving) = step {
                sum.addingReportingOverflow(max(saving.rank, 0)).partialValue
            } else {
                sum
            }
        }
        cost = Cost(kind: kind, loss: loss, rank: rank, count: steps.count)
    }

    /// Something else instead, and the same with the platform's ways around limits.
    ///
    /// - Parameter program: The profile of the same platform for programs, which takes one where functions are called.
    static func replacing(
        _ before: FitFacts, by alternative: Alternative, on profile: Profile, program: Profile?
    ) -> [Plan] {
        var steps: [Step] = [.replace(alternative)]
        var platform = profile
        if case .program = alternative.facts.entryPoint, let program {
            platform = program
            steps.append(.runtime(profile: program.name))
        }
        let fit = Fit(alternative.facts, on: platform)
        let alone = Plan(
            steps: steps, facts: alternative.facts, result: fit, before: before, kind: .replace,
            loss: alternative.loss)
        guard let (lifted, _) = fit.lifted() else { return [alone] }
        let together = Plan(
            steps: steps + lifts(in: fit), facts: alternative.facts, result: lifted, before: before,
            kind: .replace, loss: alternative.loss)
        return [alone, together]
    }

    static func lifts(in fit: Fit) -> [Step] {
        fit.checks.filter { $0.verdict == .fail }.compactMap { check in
            check.liftedBy.map { .lift(check.id, way: $0) }
        }
    }

    static func kind(of savings: [Saving]) -> Kind {
        savings.contains { $0.certainty == .doubtful } ? .dropDoubtfully : .dropSafely
    }

    /// Compared number by number.
    var order: [Int] {
        let verdicts: [Fit.Verdict] = [.fits, .unknown, .doesNotFit]
        let verdict = verdicts.firstIndex(of: result.verdict) ?? verdicts.count
        return [verdict, cost.kind.rawValue, cost.loss, cost.rank, cost.count, -(saves ?? 0)]
    }
}

extension Plan.Step {
    /// Whether its sizes were counted and not predicted.
    var isVerified: Bool {
        switch self {
        case .drop(let saving): saving.unpacked.how == .measured && saving.zipped.map { $0.how == .measured } ?? true
        case .replace(let alternative): alternative.isVerified
        case .lift, .runtime, .image, .platform: true
        }
    }
}
