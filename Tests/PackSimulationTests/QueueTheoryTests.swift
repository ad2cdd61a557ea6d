import Foundation
import PackSimulation
import Testing

/// Means and quantiles that queueing theory has closed forms for. Seeds are fixed; the bounds are about four standard errors.
@Suite struct QueueTheoryTests {
    /// All latencies of a steady load in several runs.
    private static func latencies(
        _ service: Distribution, rate: Double, instances: Int, workers: Int = 1, seconds: Double = 10_000
    ) -> Quantiles {
        var fleet = Fleet(service: service, start: .constant(0), scaler: .fixed)
        fleet.initial = instances
        fleet.workers = workers
        fleet.concurrency = workers == 1 ? 1 : 1_000_000
        fleet.patience = 1e9
        return Quantiles(
            (0..<4).flatMap { seed in
                let load = Arrivals([.init(seconds: seconds, rate: rate)])
                return Simulation.run(fleet, under: load, seed: UInt64(seed)).latencies.sorted
            })
    }

    private static func isNear(_ value: Double?, _ expected: Double, _ share: Double) -> Bool {
        value.map { abs($0 / expected - 1) <= share } ?? false
    }

    /// The chance that a request has to wait in M/M/c (Erlang C).
    private static func erlangC(_ load: Double, _ count: Int) -> Double {
        var term = 1.0
        var sum = 1.0
        for k in 1..<max(count, 2) where k < count {
            term *= load / Double(k)
            sum += term
        }
        let last = term * load / Double(count) * Double(count) / (Double(count) - load)
        return last / (sum + last)
    }

    @Test(arguments: [0.3, 0.6, 0.8]) func oneServerWithExponentialService(_ use: Double) {
        let result = Self.latencies(.exponential(mean: 0.1), rate: use / 0.1, instances: 1)
        let mean = 0.1 / (1 - use)
        #expect(Self.isNear(result.mean, mean, 0.05))
        // Times in M/M/1 are exponentially distributed.
        #expect(Self.isNear(result.at(0.5), mean * log(2), 0.05))
        #expect(Self.isNear(result.at(0.95), mean * log(20), 0.06))
        #expect(Self.isNear(result.at(0.99), mean * log(100), 0.08))
    }

    @Test(arguments: [(2, 0.7), (4, 0.8), (10, 0.85)]) func manyServers(_ count: Int, _ use: Double) {
        let service = 0.1
        let load = use * Double(count)
        let wait = Self.erlangC(load, count) * service / (Double(count) - load)
        for (instances, workers) in [(count, 1), (1, count)] {
            let result = Self.latencies(
                .exponential(mean: service), rate: load / service, instances: instances, workers: workers,
                seconds: 1_500)
            #expect(Self.isNear(result.mean.map { $0 - service }, wait, 0.08), "\(instances) of \(workers)")
        }
    }

    @Test(arguments: [0.5, 0.8]) func constantService(_ use: Double) {
        let result = Self.latencies(.constant(0.1), rate: use / 0.1, instances: 1)
        // Pollaczek and Khinchine: half of the wait of M/M/1.
        #expect(Self.isNear(result.mean.map { $0 - 0.1 }, use * 0.1 / (2 * (1 - use)), 0.05))
    }

    @Test func measuredService() {
        let samples = [0.02, 0.04, 0.04, 0.1, 0.3]
        let mean = samples.reduce(0, +) / 5
        let square = samples.reduce(0) { $0 + $1 * $1 } / 5
        let rate = 0.7 / mean
        let result = Self.latencies(.samples(samples), rate: rate, instances: 1)
        #expect(Self.isNear(result.mean.map { $0 - mean }, rate * square / (2 * 0.3), 0.06))
    }

    @Test func regularArrivalsNeverWait() {
        var fleet = Fleet(service: .constant(0.09), start: .constant(0), scaler: .fixed)
        fleet.initial = 1
        let load = Arrivals([.init(seconds: 100, rate: 10)], spacing: .constant)
        let result = Simulation.run(fleet, under: load, seed: 1)
        #expect(result.latencies.sorted.allSatisfy { abs($0 - 0.09) < 1e-9 })
    }
}
