import PackFit
import Testing

@Suite struct GateTests {
    private func measures(_ bytes: Known?, parts: [GateMeasures.Part] = []) -> GateMeasures {
        var measures = GateMeasures()
        measures.values[.packageUnpacked] = bytes
        measures.parts = parts
        return measures
    }

    private func judge(
        _ bytes: Known?, _ budget: GateRules.Budget, baseline: Double? = nil, unknown: GateRules.UnknownPolicy = .fail
    ) -> GateJudgement {
        var rules = GateRules()
        rules.budgets = [budget]
        rules.unknown = unknown
        return GateJudgement(
            fits: [], measures: measures(bytes),
            baseline: baseline.map { GateBaseline(values: [.packageUnpacked: $0], parts: []) }, rules: rules,
            today: "2026-11-25")
    }

    @Test(arguments: [(99.0, Check.Verdict.pass), (100, .pass), (101, .fail)])
    func aMaximumIsMetAtTheLimit(_ bytes: Double, _ verdict: Check.Verdict) {
        let judgement = judge(Known(bytes, .measured), .init(.packageUnpacked, maximum: 100))
        #expect(judgement.budgets.map(\.verdict) == [verdict])
        #expect(judgement.outcome == (verdict == .pass ? .passes : .fails))
    }

    @Test func growthIsJudgedInBytesAndInPercentEachForItself() {
        let budget = GateRules.Budget(.packageUnpacked, growthShare: 0.05, growth: 20)
        let both = judge(Known(1000, .measured), budget, baseline: 1000)
        #expect(both.budgets.map(\.verdict) == [.pass, .pass])
        let bytes = judge(Known(1021, .measured), budget, baseline: 1000)
        #expect(bytes.budgets.map(\.verdict) == [.fail, .pass])
        #expect(bytes.budgets.first?.actual == 21)
        let share = judge(Known(110, .measured), budget, baseline: 100)
        #expect(share.budgets.map(\.verdict) == [.pass, .fail])
        let smaller = judge(Known(1, .measured), budget, baseline: 100)
        #expect(smaller.outcome == .passes)
    }

    @Test func whatIsNotKnownIsUnknownAndNeitherOfTheOthers() {
        let budget = GateRules.Budget(.packageUnpacked, maximum: 100, growth: 5)
        let missing = judge(nil, budget)
        #expect(missing.budgets.map(\.verdict) == [.unknown, .unknown])
        #expect(missing.outcome == .fails)
        #expect(judge(nil, budget, unknown: .warn).outcome == .passes)
        let range = judge(Known(low: 90, high: 110, how: .estimated), .init(.packageUnpacked, maximum: 100))
        #expect(range.budgets.map(\.verdict) == [.unknown])
        let least = judge(Known(low: 90, high: nil, how: .measured), .init(.packageUnpacked, maximum: 100))
        #expect(least.budgets.map(\.verdict) == [.unknown])
        let over = judge(Known(low: 101, high: nil, how: .measured), .init(.packageUnpacked, maximum: 100))
        #expect(over.budgets.map(\.verdict) == [.fail])
        let noBaseline = judge(Known(90, .measured), .init(.packageUnpacked, growth: 5))
        #expect(noBaseline.budgets.map(\.note) == ["there is no baseline"])
    }

    @Test func growthFromNothingHasNoPercentage() {
        let judgement = judge(Known(5, .measured), .init(.packageUnpacked, growthShare: 0.1), baseline: 0)
        #expect(judgement.budgets.map(\.verdict) == [.unknown])
    }

    @Test func accuracyIsAsked() {
        var rules = GateRules()
        rules.accuracy = 0.99
        var measures = GateMeasures()
        func verdict() -> Check.Verdict? {
            GateJudgement(fits: [], measures: measures, baseline: nil, rules: rules, today: "2026-11-25").budgets.first?
                .verdict
        }
        #expect(verdict() == .unknown)
        measures.accuracy = 0.99
        #expect(verdict() == .pass)
        measures.accuracy = 0.9899
        #expect(verdict() == .fail)
    }

    @Test func changesAreNamedLargestFirst() {
        let before = [
            GateMeasures.Part(kind: .package, name: "numpy", version: "2.3", bytes: 100),
            .init(kind: .package, name: "gone", version: "1", bytes: 30), .init(kind: .file, name: "same", bytes: 7),
        ]
        let after = [
            GateMeasures.Part(kind: .package, name: "numpy", version: "2.4", bytes: 90),
            .init(kind: .package, name: "new", version: "1", bytes: 50), .init(kind: .file, name: "same", bytes: 7),
            .init(kind: .file, name: "gone", bytes: 1),
        ]
        let changes = GateChange.between(GateBaseline(values: [:], parts: before), measures(nil, parts: after))
        #expect(changes.map(\.part.name) == ["new", "gone", "numpy", "gone"])
        #expect(changes.map(\.difference) == [50, -30, -10, 1])
        #expect(changes[2].versionBefore == "2.3" && changes[2].part.version == "2.4")
    }

    @Test func exemptionsHoldUntilTheirDay() throws {
        var rules = GateRules()
        rules.exemptions = [
            .init(rule: "package.unpacked", reason: "known", until: "2026-11-25"),
            .init(rule: "package.zipped", reason: "old", until: "2026-11-24"),
            .init(rule: "disk", reason: "not needed", until: "2027-01-01"),
        ]
        var facts = FitFacts()
        facts.unpacked = Known(bytes: 6000, .measured)
        let profile = try zipPlatform()
        let fit = Fit(facts, on: profile)
        let judgement = GateJudgement(
            fits: [fit], measures: GateMeasures(facts), baseline: nil, rules: rules, today: "2026-11-25")
        #expect(judgement.exempted.map(\.check.id) == [.packageUnpacked, .disk])
        #expect(judgement.staleExemptions.map(\.isExpired) == [true])
        #expect(judgement.outcome == .fails)
    }
}
