import PackSimulation
import Testing

/// Fleets whose course can be told by hand.
@Suite struct FleetTests {
    /// A fleet of instances that take so long to start and to compute.
    private static func fleet(_ scaler: Scaler, service: Double = 0.1, start: Double = 1) -> Fleet {
        Fleet(service: .constant(service), start: .constant(start), scaler: scaler)
    }

    private static let lambda = Scaler.perRequest(BurstRule(burst: 1000, refill: 100))

    @Test func equalSeedsGiveEqualResults() {
        let fleet = Self.fleet(.knative(ScalerRuleTests.knative))
        let load = Arrivals([.init(seconds: 5, rate: 1), .init(seconds: 20, rate: 50)])
        let results = [7, 7, 8].map { Simulation.run(fleet, under: load, seed: UInt64($0)) }
        #expect(results[0].seconds == results[1].seconds)
        #expect(results[0].seconds != results[2].seconds)
    }

    @Test func requestsComeAtTheirRate() {
        let load = Arrivals([.init(seconds: 100, rate: 0), .init(seconds: 1000, rate: 20)])
        let result = Simulation.run(Self.fleet(.fixed), under: load, seed: 3)
        #expect(result.seconds.prefix(100).allSatisfy { $0.requests == 0 })
        #expect(abs(Double(result.seconds.reduce(0) { $0 + $1.requests }) - 20_000) < 600)
        #expect(load.requests == 20_000)
        #expect(load.largestRise == 100)
        #expect(Arrivals([.init(seconds: 1, rate: 2), .init(seconds: 1, rate: 1)]).largestRise == nil)
    }

    @Test func lambdaStartsAnInstanceForEachRequestAtATime() {
        var fleet = Self.fleet(Self.lambda)
        fleet.firstService = .constant(0.2)
        let load = Arrivals([.init(seconds: 10, rate: 10)], spacing: .constant)
        let result = Simulation.run(fleet, under: load, seed: 1)
        // The first instance is ready 1.1 s in and done at 1.3; until then each request, one every 0.1 s, has its own.
        #expect(result.cold == 13)
        #expect(result.latencies.sorted.count { abs($0 - 1.2) < 1e-6 } == 13)
        #expect(result.latencies.sorted.count { abs($0 - 0.1) < 1e-6 } == result.latencies.sorted.count - 13)
        #expect(result.refused == 0)
        #expect(result.seconds.last?.ready == 13)
    }

    @Test func lambdaRefusesBeyondItsBurst() {
        let fleet = Self.fleet(.perRequest(BurstRule(burst: 3, refill: 2)), start: 100)
        let load = Arrivals([.init(seconds: 4.95, rate: 10)], spacing: .constant)
        let result = Simulation.run(fleet, under: load, seed: 1)
        // 3 at once and 2 a second from the first on, which are 12 by 4.9 s.
        #expect(result.refused == 49 - 12)
    }

    @Test func waitingRequestsAreRefusedWhenPatienceEnds() {
        var fleet = Self.fleet(.fixed, service: 10)
        fleet.initial = 1
        fleet.patience = 5
        let load = Arrivals([.init(seconds: 2, rate: 4)], spacing: .constant)
        let result = Simulation.run(fleet, under: load, seed: 1)
        #expect(result.latencies.sorted.isEmpty)
        #expect(result.refused == 7)
    }

    @Test func cloudRunStartsAtOnceForWhatFindsNoRoom() {
        let rule = ManagedRule(period: 5, window: 60, processorTarget: 0.6, concurrencyTarget: 0.6)
        var fleet = Self.fleet(.managed(rule), service: 1, start: 2)
        fleet.concurrency = 2
        let load = Arrivals([.init(seconds: 2.9, rate: 2)], spacing: .constant)
        let result = Simulation.run(fleet, under: load, seed: 1)
        // Requests at 0.5, 1.0, …, 2.5 s: instances for the first, the third and the fifth.
        #expect(result.seconds.map(\.starts) == [1, 1, 1])
    }

    @Test func recoveryCountsFromTheStep() {
        var fleet = Self.fleet(Self.lambda, start: 3)
        fleet.firstService = .constant(0.1)
        let load = Arrivals([.init(seconds: 20, rate: 1), .init(seconds: 40, rate: 100)])
        let result = Simulation.run(fleet, under: load, seed: 5)
        // Cold requests come for 3 s; until they leave the window of 5 s they are more than 5 % of it.
        let recovery = result.recovery(after: 20, bound: 1)
        #expect(recovery.map { (4...9).contains($0) } == true)
        #expect(result.recovery(after: 20, bound: 10) == 0)
        #expect(result.recovery(after: 20, bound: 0.01) == nil)
        #expect(result.late(after: 20, bound: 0.01) == 1)
        #expect((0.01...0.2).contains(result.late(after: 20, bound: 1)))
    }

    @Test func podsWaitForMachines() {
        var fleet = Self.fleet(.knative(ScalerRuleTests.knative), service: 0.5, start: 2)
        fleet.initial = 1
        fleet.nodes = .init(room: 2, initial: 1, start: 60, scan: 10, fetch: 5)
        let load = Arrivals([.init(seconds: 10, rate: 1), .init(seconds: 120, rate: 10)])
        let result = Simulation.run(fleet, under: load, seed: 2)
        // The second instance finds room and the image; further ones wait for a scan, a machine and the image.
        #expect(result.seconds[25].ready == 2)
        #expect(result.seconds[70].ready == 2)
        #expect(result.seconds[100].ready > 4)
    }

    @Test func fullInstancesRefuse() {
        var rule = ScalerRuleTests.horizontal
        rule.period = 1000
        var fleet = Self.fleet(.horizontal(rule), service: 1)
        fleet.initial = 1
        fleet.queue = 4
        let load = Arrivals([.init(seconds: 1.95, rate: 10)], spacing: .constant)
        // The first is done after 1.1 s and makes room for one.
        #expect(Simulation.run(fleet, under: load, seed: 1).refused == 19 - 5)
    }

    @Test func knativeIsFasterThanTheHorizontalAutoscaler() throws {
        let load = Arrivals([.init(seconds: 60, rate: 1), .init(seconds: 300, rate: 100)])
        func recovery(_ scaler: Scaler) throws -> Double {
            var fleet = Self.fleet(scaler, service: 0.04, start: 2)
            fleet.initial = 1
            fleet.concurrency = 8
            fleet.patience = 1000
            return try #require(Simulation.run(fleet, under: load, seed: 1).recovery(after: 60, bound: 1))
        }
        #expect(
            try recovery(.knative(ScalerRuleTests.knative)) < recovery(.horizontal(ScalerRuleTests.horizontal)))
    }
}
