import PackFit
import PackProfiles
import Testing

/// Prices of the profiles in this repository, with numbers worked out by hand from their dated prices.
@Suite struct CostTests {
    static let library = ProfileLibrary(folder: profilesFolder)

    private func cost(_ workload: Workload, on name: String) throws -> Cost {
        try Cost.of(workload, on: try Self.library.profile(name))
    }

    private func isClose(_ a: Double, _ b: Double) -> Bool { abs(a - b) <= 1e-6 * max(abs(b), 1) }

    /// 3 million requests of 123.45 ms in 1 GiB.
    private let month = Workload(requests: 3_000_000, seconds: 0.12345, memory: 1 << 30)

    @Test func lambdaByTheMillisecond() throws {
        // 3e6 * 0.124 s * 1 GiB = 372,000 GiB-s at 0.0000166667 = 6.2000124; 3 * 0.20 for the requests.
        let cost = try cost(month, on: "lambda")
        #expect(isClose(cost.total, 6.800_012_4))
        // 372,000 of 400,000 GiB-s are free, and one of three million requests.
        #expect(isClose(cost.totalBeyondFree, 0.4))
        #expect(cost.memory == 1 << 30)
        #expect(cost.instances == nil)
        #expect(!cost.assumptions.isEmpty)
    }

    @Test func lambdaByAHundredMilliseconds() throws {
        // 3e6 * 0.2 s * 1 GiB = 600,000 GiB-s at 0.000016667 = 10.0002; 0.60 for the requests.
        let cost = try cost(month, on: "lambda-2020")
        #expect(isClose(cost.total, 10.6002))
        // 200,000 GiB-s = 3.3334 and 0.40.
        #expect(isClose(cost.totalBeyondFree, 3.7334))
    }

    @Test func exactStepsAreNotRaised() throws {
        var workload = month
        workload.seconds = 0.1
        // 3e6 * 0.1 = 300,000 GiB-s = 5.0001; 0.60.
        #expect(isClose(try cost(workload, on: "lambda-2020").total, 5.6001))
        workload.seconds = 0.1001
        #expect(isClose(try cost(workload, on: "lambda-2020").total, 10.6002))
    }

    @Test func processorsSetTheMemory() throws {
        var workload = month
        workload.processors = 2
        // 2 * 1769 MiB = 3538 MiB = 3.455078125 GiB; 372,000 s of it at 0.0000166667 = 21.42152...
        let cost = try cost(workload, on: "lambda")
        #expect(cost.memory == 3538 << 20)
        #expect(isClose(cost.total, 0.6 + 372_000 * 3.455_078_125 * 0.0000166667))
        #expect(cost.processors == 2)
    }

    @Test func coldStartsArePaidForWhereThePlatformDoes() throws {
        var workload = month
        workload.startSeconds = 1
        workload.coldShare = 0.01
        // 30,000 of 1.124 s and 2,970,000 of 0.124 s: 402,000 GiB-s at 0.0000166667 = 6.7000134; 0.60.
        #expect(isClose(try cost(workload, on: "lambda").total, 7.300_013_4))
        #expect(isClose(try cost(workload, on: "lambda-python").total, 7.300_013_4))
        // 30,000 of 1.2 s and 2,970,000 of 0.2 s: 630,000 GiB-s = 10.50021; not with a managed runtime of 2020.
        #expect(isClose(try cost(workload, on: "lambda-2020").total, 11.10021))
        #expect(isClose(try cost(workload, on: "lambda-python-2020").total, 10.6002))
    }

    @Test func armHasItsOwnPrice() throws {
        var workload = month
        workload.architecture = "arm64"
        // 372,000 GiB-s at 0.0000133334 = 4.9600248; 0.60.
        #expect(isClose(try cost(workload, on: "lambda").total, 5.560_024_8))
        #expect(throws: Cost.Unknown.self) { try cost(workload, on: "lambda-2020") }
    }

    @Test func cloudRunByTheInstance() throws {
        var workload = month
        workload.memory = 512 << 20
        workload.processors = 1
        // 3e6 * 0.2 s = 600,000 s: vCPU at 0.000024 = 14.40; half a GiB at 0.0000025 = 0.75; 3 * 0.40 for requests.
        var cost = try cost(workload, on: "cloud-run")
        #expect(isClose(cost.total, 16.35))
        // vCPU-s beyond 180,000: 10.08; GiB-s all free; one million requests: 0.40.
        #expect(isClose(cost.totalBeyondFree, 10.48))
        workload.concurrency = 80
        // 0.2283105 at a time: 1 - exp(-0.2283105) = 0.2041229 instances, 536,435.0 s of the month.
        cost = try self.cost(workload, on: "cloud-run")
        #expect(abs(cost.total - (1.2 + 536_435.0 * (0.000024 + 0.5 * 0.0000025))) < 0.001)
    }

    @Test func burstsShareInstancesMore() throws {
        var workload = month
        workload.memory = 512 << 20
        workload.processors = 1
        workload.concurrency = 10
        let steady = try cost(workload, on: "cloud-run").total
        workload.pattern = .officeHours
        let office = try cost(workload, on: "cloud-run").total
        workload.pattern = .bursts(factor: 100)
        let bursts = try cost(workload, on: "cloud-run").total
        #expect(steady > office)
        #expect(office > bursts)
        workload.concurrency = 1
        #expect(isClose(try cost(workload, on: "cloud-run").total, 16.35))
    }

    @Test func fargateRunsAllTheTime() throws {
        var workload = month
        workload.processors = 1
        // 1.1416 requests a second of 0.12345 s keep one task 14% busy: 730 h * (0.04048 + 2 * 0.004445).
        var cost = try cost(workload, on: "fargate")
        #expect(cost.instances == 1)
        #expect(cost.memory == 2 << 30)
        #expect(isClose(cost.total, 36.0401))
        workload.requests = 30_000_000
        workload.pattern = .officeHours
        // 47.945 a second at the peak, 5.919 busy at a time, 8.455 tasks at 70%.
        cost = try self.cost(workload, on: "fargate")
        #expect(cost.instances == 9)
        #expect(isClose(cost.total, 324.3609))
        workload.architecture = "arm64"
        // 9 * 730 h * (0.03238 + 2 * 0.00356).
        #expect(isClose(try self.cost(workload, on: "fargate").total, 259.515))
    }

    @Test func noPriceIsNoZero() throws {
        for name in ["kubernetes", "app-runner", "vercel"] {
            let error = #expect(throws: Cost.Unknown.self) { try cost(month, on: name) }
            #expect(error?.reason == "the profile states no prices")
        }
        var workload = month
        workload.memory = 20 << 30
        #expect(throws: Cost.Unknown.self) { try cost(workload, on: "lambda") }
    }

    @Test(arguments: [Double.infinity, .nan, -1, 1e300])
    func absurdNumbersAreRefused(_ number: Double) throws {
        for change: (inout Workload) -> Void in [
            { $0.requests = number }, { $0.seconds = number }, { $0.processors = number },
            { $0.startSeconds = number }, { $0.coldShare = number }, { $0.pattern = .bursts(factor: number) },
        ] {
            var workload = month
            change(&workload)
            if case .bursts = workload.pattern, number < 1 { continue }
            #expect(throws: Cost.Unknown.self) { try cost(workload, on: "cloud-run") }
        }
        for (memory, concurrency) in [(0, 1), (-1, 1), (.max, 1), (1 << 30, 0), (1 << 30, .max)] {
            let workload = Workload(requests: 1, seconds: 1, memory: memory, concurrency: concurrency)
            #expect(throws: Cost.Unknown.self) { try cost(workload, on: "fargate") }
        }
    }
}

@Suite struct BreakEvenTests {
    @Test func functionsAreCheaperUntilTheyAreBusy() throws {
        let library = ProfileLibrary(folder: profilesFolder)
        let workload = Workload(requests: 0, seconds: 0.1, memory: 1 << 30)
        // A request costs 0.2e-6 + 0.1 * 0.0000166667 = 1.86667e-6. The smallest task, 0.25 vCPU and 1 GiB, costs
        // 730 * (0.01012 + 0.004445) = 10.63245 and is enough for 7 requests a second: 10.63245 / 1.86667e-6 = 5,695,945.2.
        let changes = try BreakEven.between(
            try library.profile("lambda"), try library.profile("fargate"), for: workload, beyondFree: false)
        #expect(changes.count == 1)
        let change = try #require(changes.first)
        #expect(change.below == "lambda")
        #expect(change.above == "fargate")
        #expect(change.requests == 5_695_946)
    }

    @Test func theFreePartMovesIt() throws {
        let library = ProfileLibrary(folder: profilesFolder)
        let workload = Workload(requests: 0, seconds: 0.1, memory: 1 << 30)
        // 4,000,000 requests use up the 400,000 GiB-s: beyond them 1.86667e-6 each, and 0.60 for three million before.
        // (10.63245 - 0.60) / 1.86667e-6 = 5,374,518 more.
        let changes = try BreakEven.between(
            try library.profile("fargate"), try library.profile("lambda"), for: workload, beyondFree: true)
        #expect(changes.first?.below == "lambda")
        #expect(abs((changes.first?.requests ?? 0) - 9_374_518) < 3)
    }

    @Test func theSamePlatformIsNeverCheaper() throws {
        let lambda = try ProfileLibrary(folder: profilesFolder).profile("lambda")
        let workload = Workload(requests: 0, seconds: 0.1, memory: 1 << 30)
        #expect(try BreakEven.between(lambda, lambda, for: workload, beyondFree: false).isEmpty)
    }
}
