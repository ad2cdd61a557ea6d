import PackFit
import PackProfiles
import Testing

/// A saving of exact bytes.
func saving(
    _ id: String, unpacked: Int, zipped: Int? = nil, _ certainty: Saving.Certainty = .safe, rank: Int = 1
) -> Saving {
    Saving(
        id: id, action: "drop " + id, unpacked: Known(bytes: unpacked, .measured),
        zipped: Known(bytes: zipped ?? unpacked / 2, .measured), certainty: certainty, rank: rank)
}

/// A zip of so many bytes, which is otherwise fine.
func deployment(unpacked: Int, zipped: Int = 900) -> FitFacts {
    var facts = fittingFacts()
    facts.unpacked = Known(bytes: unpacked, .measured)
    facts.zipped = Known(bytes: zipped, .measured)
    return facts
}

/// The first way that consists of leaving things out: the ids of what is left out.
func dropped(_ plans: Plans) -> [String]? {
    for plan in plans.plans {
        let ids = plan.steps.compactMap { step in if case .drop(let saving) = step { saving.id } else { nil } }
        if ids.count == plan.steps.count { return ids }
    }
    return nil
}

@Suite struct SavingTests {
    @Test func saysByHowManyBytesItIsOver() throws {
        let need = SavingNeed(deployment(unpacked: 5123, zipped: 1001), on: try zipPlatform())
        #expect(need.excesses.map(\.id) == [.packageZipped, .packageUnpacked])
        #expect(need.excesses.map(\.bytes) == [1, 123])
        #expect(need.excesses.map(\.limit) == [1000, 5000])
        #expect(SavingNeed(deployment(unpacked: 5000, zipped: 1000), on: try zipPlatform()).excesses.isEmpty)
        #expect(
            SavingNeed(deployment(unpacked: 1, zipped: 1001), on: try zipPlatform(), lifting: true).excesses.isEmpty)
    }

    /// What is over by 100 B, what there is to leave out, and what is chosen.
    struct Case: CustomTestStringConvertible, Sendable {
        let name: String
        let savings: [Saving]
        let chosen: [String]
        var testDescription: String { name }
    }

    static let cases = [
        Case(name: "one is enough", savings: [saving("a", unpacked: 60), saving("b", unpacked: 100)], chosen: ["b"]),
        Case(
            name: "the smaller of two that are enough",
            savings: [saving("a", unpacked: 900), saving("b", unpacked: 101)], chosen: ["b"]),
        Case(
            name: "two are needed", savings: [saving("a", unpacked: 60), saving("b", unpacked: 40)],
            chosen: ["a", "b"]),
        Case(
            name: "two safe ones before a doubtful one",
            savings: [
                saving("a", unpacked: 60), saving("b", unpacked: 40), saving("c", unpacked: 500, .doubtful, rank: 0),
            ], chosen: ["a", "b"]),
        Case(
            name: "a doubtful one where safe ones are not enough",
            savings: [
                saving("a", unpacked: 60), saving("c", unpacked: 60, .doubtful), saving("d", unpacked: 90, .doubtful),
            ], chosen: ["a", "c"]),
        Case(
            name: "less trouble before fewer steps",
            savings: [
                saving("a", unpacked: 200, rank: 5), saving("b", unpacked: 60, rank: 1),
                saving("c", unpacked: 60, rank: 1),
            ], chosen: ["b", "c"]),
        Case(
            name: "equals by name", savings: [saving("z", unpacked: 100), saving("a", unpacked: 100)], chosen: ["a"]),
    ]

    @Test(arguments: cases) func theCheapestSetThatIsEnough(_ example: Case) throws {
        let facts = deployment(unpacked: 5100)
        for savings in [example.savings, example.savings.reversed()] {
            let plans = Plans(for: facts, on: try zipPlatform(), savings: savings)
            #expect(dropped(plans) == example.chosen)
            #expect(plans.isExact)
            #expect(plans.best?.result.verdict == .fits)
            #expect(plans.floor == nil)
        }
    }

    @Test func bothLimitsHaveToBeMet() throws {
        let facts = deployment(unpacked: 5100, zipped: 1100)
        let savings = [
            saving("files", unpacked: 500, zipped: 0), saving("zip", unpacked: 10, zipped: 100),
            saving("both", unpacked: 100, zipped: 99),
        ]
        let plans = Plans(for: facts, on: try zipPlatform(), savings: savings)
        let best = try #require(plans.plans.first { $0.steps.count == 2 && dropped(plans) != nil })
        #expect(dropped(plans) == ["both", "zip"])
        #expect(best.result.verdict == .fits)
    }

    @Test func rangesCountWithTheirUnfavourableEnds() throws {
        var facts = deployment(unpacked: 0)
        facts.unpacked = Known(low: 4900, high: 5100, how: .estimated)
        var item = saving("a", unpacked: 0)
        item.unpacked = Known(low: 99, high: 300, how: .estimated)
        #expect(Plans(for: facts, on: try zipPlatform(), savings: [item]).best == nil)
        item.unpacked = Known(low: 100, high: 300, how: .estimated)
        let plans = Plans(for: facts, on: try zipPlatform(), savings: [item])
        #expect(plans.best?.basis == .predicted)
        #expect(plans.best?.facts.unpacked == Known(low: 4600, high: 5000, how: .estimated))
    }

    @Test func manySavingsAreChosenOneByOneAndPruned() throws {
        let facts = deployment(unpacked: 6000)
        let small = (0..<40).map { saving("s\($0)", unpacked: 30 + $0) }
        let plans = Plans(for: facts, on: try zipPlatform(), savings: small + [saving("large", unpacked: 990)])
        #expect(!plans.isExact)
        let ids = try #require(dropped(plans))
        #expect(ids.count == 2)
        #expect(ids.contains("large"))
        #expect(plans.best?.result.verdict == .fits)
        let again = Plans(
            for: facts, on: try zipPlatform(), savings: ([saving("large", unpacked: 990)] + small).reversed())
        #expect(dropped(again) == ids)
    }

    @Test func hostileNumbersDoNotTrap() throws {
        let huge = Known(low: 1e300, high: .infinity, how: .assumed)
        let item = Saving(
            id: "a", action: "drop", unpacked: huge, zipped: nil, certainty: .safe, rank: .max)
        let negative = Saving(
            id: "b", action: "drop", unpacked: Known(-5, .assumed), zipped: huge, certainty: .safe, rank: .min)
        let plans = Plans(
            for: deployment(unpacked: 6000, zipped: 6000), on: try zipPlatform(), savings: [item, negative, item])
        #expect(plans.need.excesses.count == 2)
    }
}

@Suite struct FloorTests {
    @Test func theLargestPartAloneIsTooLarge() throws {
        let torch = Component(name: "torch 2.6.0", unpacked: Known(bytes: 7000, .measured))
        let plans = Plans(
            for: deployment(unpacked: 8000), on: try zipPlatform(), savings: [saving("tests", unpacked: 500)],
            components: [Component(name: "numpy 2.2.0", unpacked: Known(bytes: 500, .measured)), torch])
        let floor = try #require(plans.floor)
        #expect(floor.id == .packageUnpacked)
        #expect(floor.bytes.low == 7500)
        #expect(floor.over == 2500)
        #expect(floor.largest == torch)
        #expect(floor.isOneTooLarge)
        #expect(plans.best == nil)
        #expect(plans.plans.map(\.result.verdict) == [.doesNotFit])
    }

    @Test func manyPartsTogetherAreTooLarge() throws {
        let parts = (0..<4).map { Component(name: "p\($0)", unpacked: Known(bytes: 2000, .measured)) }
        let floor = try #require(
            Plans(for: deployment(unpacked: 8000), on: try zipPlatform(), components: parts).floor)
        #expect(!floor.isOneTooLarge)
        #expect(floor.largest?.name == "p0")
    }
}
