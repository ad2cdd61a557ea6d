import PackSimulation
import Testing

/// The formulas of the platforms' documents, number by number.
@Suite struct ScalerRuleTests {
    static let knative = KnativeRule(
        period: 2, stableWindow: 60, panicWindow: 6, panicThreshold: 2, utilization: 0.7, upRate: 1000, downRate: 2)

    @Test func knativeAimsAtSeventyPercent() {
        var state = KnativeRule.State(Self.knative)
        // 30 requests at a time, of 10 an instance: 30 / (10 * 0.7) = 4.3.
        #expect(state.instances(stable: 30, panic: 30, ready: 3, concurrency: 10, at: 2) == 5)
        #expect(state.panicSince == nil)
    }

    @Test func knativePanicsAtTwiceAndKeepsTheMost() {
        var state = KnativeRule.State(Self.knative)
        #expect(state.instances(stable: 3, panic: 14, ready: 1, concurrency: 10, at: 2) == 2)
        #expect(state.panicSince == 2)
        #expect(state.instances(stable: 5, panic: 65, ready: 2, concurrency: 10, at: 4) == 10)
        // Fewer requests take nothing away until a stable window has passed.
        #expect(state.instances(stable: 7, panic: 7, ready: 10, concurrency: 10, at: 30) == 10)
        #expect(state.instances(stable: 7, panic: 7, ready: 10, concurrency: 10, at: 64) == 10)
        #expect(state.instances(stable: 7, panic: 7, ready: 10, concurrency: 10, at: 66) == 5)
        #expect(state.panicSince == nil)
    }

    @Test func knativeBoundsChanges() {
        var rule = Self.knative
        rule.upRate = 3
        var state = KnativeRule.State(rule)
        #expect(state.instances(stable: 1000, panic: 1000, ready: 2, concurrency: 10, at: 2) == 6)
        var calm = KnativeRule.State(Self.knative)
        #expect(calm.instances(stable: 1, panic: 1, ready: 9, concurrency: 10, at: 2) == 4)
    }

    static let horizontal = HorizontalRule(
        period: 15, window: 15, target: 0.7, tolerance: 0.1, upPods: 4, upShare: 1, upPeriod: 15, downWindow: 300,
        minimum: 1)

    @Test(arguments: [(0.75, 1, 1), (0.78, 1, 2), (1.0, 1, 2), (2.0, 2, 3), (4.0, 4, 6), (2.0, 4, 3), (0.0, 4, 0)])
    func horizontalFollowsTheRatio(_ use: Double, _ ready: Int, _ wanted: Int) {
        #expect(Self.horizontal.recommendation(use: use, ready: ready, starting: 0) == wanted)
    }

    @Test func horizontalCountsStartingPodsAsIdle() {
        // Two pods at their limit ask for three; with two more to come there are enough.
        #expect(Self.horizontal.recommendation(use: 2, ready: 2, starting: 2) == 4)
        #expect(Self.horizontal.recommendation(use: 4, ready: 4, starting: 1) == 6)
    }

    @Test func horizontalAddsFourPodsOrDoublesInAPeriod() {
        var rule = Self.horizontal
        rule.target = 0.05
        var state = HorizontalRule.State(rule)
        #expect(state.instances(use: 1, ready: 1, starting: 0, at: 15) == 5)
        // Within the same period the same pods count.
        #expect(state.instances(use: 5, ready: 5, starting: 0, at: 20) == 5)
        #expect(state.instances(use: 5, ready: 5, starting: 0, at: 30.1) == 10)
        #expect(state.instances(use: 10, ready: 10, starting: 0, at: 45.2) == 20)
    }

    @Test func horizontalTakesAwayAfterItsWindow() {
        var state = HorizontalRule.State(Self.horizontal)
        #expect(state.instances(use: 2.8, ready: 4, starting: 0, at: 15) == 4)
        #expect(state.instances(use: 0.7, ready: 4, starting: 0, at: 30) == 4)
        #expect(state.instances(use: 0.7, ready: 4, starting: 0, at: 315) == 4)
        #expect(state.instances(use: 0.7, ready: 4, starting: 0, at: 316) == 1)
    }

    @Test func managedTakesTheLargerOfBothTargets() {
        let rule = ManagedRule(period: 5, window: 60, processorTarget: 0.6, concurrencyTarget: 0.6)
        #expect(rule.instances(busy: 2, requests: 2, concurrency: 80) == 4)
        #expect(rule.instances(busy: 0.5, requests: 100, concurrency: 10) == 17)
        #expect(rule.instances(busy: 0, requests: 0, concurrency: 80) == 0)
    }
}
