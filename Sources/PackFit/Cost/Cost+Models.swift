import Glibc
import PackProfiles

extension Cost {
    /// Each request pays for its own time, raised to the step, and a cold one for the start as well.
    mutating func payRequests(_ workload: Workload, _ profile: Profile) throws(Unknown) {
        let start = Self.paysForStart(profile) ? workload.startSeconds : 0
        let cold = workload.requests * workload.coldShare
        let seconds =
            cold * Self.billed(workload.seconds + start, profile)
            + (workload.requests - cold) * Self.billed(workload.seconds, profile)
        payForRequests(workload, profile)
        try payForTime(seconds, workload, profile)
        assumptions = [
            "an instance works on one request at a time, so that the pattern of requests does not matter",
            workload.coldShare > 0
                ? (start > 0 ? "the start is paid for" : "the start is not paid for")
                : "no request meets a starting instance",
        ]
        if let share = profile.limits[.memoryPerCPU]?.base, workload.processors * share > Double(memory) {
            assumptions.append("the largest memory has fewer processors than the time was measured with")
        }
        assumptions.append("one price for any amount; /tmp, traffic and logs are left out")
    }

    /// Instances pay while they have requests: the mean number of busy instances, for requests that come at random.
    ///
    /// With a mean of `a` requests at a time the number at a time is of a Poisson distribution; `n` requests keep
    /// `ceil(n / concurrency)` instances busy.
    mutating func payInstances(_ workload: Workload, _ profile: Profile) throws(Unknown) {
        let billed = Self.billed(workload.seconds, profile)
        let busy = Self.meanInstances(workload.peakRate * billed, concurrency: workload.concurrency)
        let cold = workload.requests * workload.coldShare
        let start = workload.startSeconds > 0 ? Self.billed(workload.startSeconds, profile) : 0
        payForRequests(workload, profile)
        try payForTime(
            busy * Workload.month / workload.pattern.peakFactor + cold * start, workload, profile)
        assumptions = [
            "requests come at random at the rate of the pattern, each billed for the next full step",
            "an instance works on \(workload.concurrency) at a time at full speed, and instances are filled up",
            "idle instances are not paid for; traffic and storage of images are left out",
        ]
    }

    /// Enough instances for the peak run all month.
    mutating func payAlways(_ workload: Workload, _ profile: Profile) throws(Unknown) {
        let needed = workload.peakRate * workload.seconds / (Double(workload.concurrency) * Self.fullest)
        let count = max(needed.rounded(.up), 1)
        guard count < 1e9 else { throw Unknown(reason: "more instances than anyone has") }
        instances = Int(count)
        payForRequests(workload, profile)
        try payForTime(count * Workload.month, workload, profile)
        assumptions = [
            "instances for the peak run for all 730 hours of the month, at most 70% busy at the peak",
            "the balancer in front, traffic, logs and the cluster itself are left out",
        ]
    }

    /// The share of its time that an instance is busy at the peak.
    static let fullest = 0.7

    static func meanInstances(_ mean: Double, concurrency: Int) -> Double {
        guard concurrency > 1 else { return mean }
        let size = Double(concurrency)
        // Far above one, rounding up adds half an instance.
        guard mean < 500 else { return mean / size + (size - 1) / (2 * size) }
        var probability = exp(-mean)
        var sum = 0.0
        let last = Int(mean + 12 * mean.squareRoot()) + 30
        for count in 1...last {
            probability *= mean / Double(count)
            sum += probability * (Double(count) / size).rounded(.up)
        }
        return sum
    }
}
