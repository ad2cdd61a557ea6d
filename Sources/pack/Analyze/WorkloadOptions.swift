import ArgumentParser
import PackFit

/// A month of requests, for prices.
struct WorkloadOptions: ParsableArguments {
    /// How requests come.
    enum Pattern: String, ExpressibleByArgument, CaseIterable {
        case steady
        case officeHours = "office-hours"
        case bursts
    }

    @Option(help: ArgumentHelp("Requests a month: adds what a month costs on each platform.", valueName: "count"))
    var requests: Double?

    @Option(help: ArgumentHelp("Seconds that a request takes.", valueName: "seconds"))
    var requestTime = 0.05

    @Option(help: "How requests come: all the time, 40 hours a week, or in bursts of --burst times the mean rate.")
    var pattern: Pattern = .steady

    @Option(help: ArgumentHelp("How much higher than the mean the rate of bursts is.", valueName: "factor"))
    var burst = 10.0

    func validate() throws {
        if let requests, !(1...1e12).contains(requests) { throw ValidationError("--requests is from 1 to 1e12") }
        guard (1e-6...86400).contains(requestTime) else {
            throw ValidationError("--request-time is in seconds, at most a day")
        }
        guard (1...1e6).contains(burst) else { throw ValidationError("--burst is a factor from 1 to 1e6") }
    }

    /// The month, but for what it is asked of; `nil` where no requests are given.
    var workload: Workload? {
        requests.map { requests in
            let pattern: Workload.Pattern =
                switch self.pattern {
                case .steady: .steady
                case .officeHours: .officeHours
                case .bursts: .bursts(factor: burst)
                }
            return Workload(requests: requests, pattern: pattern, seconds: requestTime, memory: 128 << 20)
        }
    }
}
