import PackFit
import PackLab
import PackProfiles
import PackReport

/// Which size has the best price for a latency.
struct SizeAdvice {
    /// A size, its times, and what a million requests cost.
    struct Row {
        let size: InstanceSize
        /// Seconds of a warm request, one at a time.
        let median: Double
        let p95: Double
        /// Dollars for a million requests, spread over a month, nothing free; nil where the profile states no prices.
        let dollars: Double?
        /// Whether the times were measured, and not predicted from those of another size.
        let isMeasured: Bool
    }

    let rows: [Row]
    /// The size that was emulated.
    let chosen: InstanceSize
    /// Seconds that 95 of 100 requests may take.
    let latency: Double
    /// Whether somebody asked for that latency; else it is the one that was measured, and a tenth.
    let isAsked: Bool

    /// The cheapest size that is quick enough; without prices the smallest.
    var best: Row? {
        rows.filter { $0.p95 <= latency }.min { ($0.dollars ?? 0, order($0)) < ($1.dollars ?? 0, order($1)) }
    }

    private func order(_ row: Row) -> Double { (row.size.processors ?? 0) * 1e15 + Double(row.size.memory) }

    /// The advice in a sentence.
    var text: String {
        let target =
            "p95 of such requests within \(milliseconds(latency))" + (isAsked ? "" : ", as quick as the size above")
        guard let best else { return "no size that was looked at has \(target)." }
        let how = best.isMeasured ? "measured" : "predicted"
        let kind = best.dollars == nil ? "smallest" : "cheapest"
        var text = "\(name(best.size)) is the \(kind) size with \(target) (\(how): \(milliseconds(best.p95)))"
        guard let dollars = best.dollars else { return text + "; the profile states no prices." }
        text += ", \(Self.dollars(dollars)) a million requests"
        if best.size != chosen, let own = rows.first(where: { $0.size == chosen })?.dollars {
            text += " instead of \(Self.dollars(own))"
        }
        return text + "."
    }

    func name(_ size: InstanceSize) -> String {
        "\(size.memory >> 20) MB" + (size.processors.map { ", \(NumberOf.processors($0)) vCPU" } ?? "")
    }

    private func milliseconds(_ seconds: Double) -> String { EmulateReport.milliseconds(seconds) }

    /// `0.431 USD`.
    static func dollars(_ value: Double) -> String { NumberText.significant(value) + " USD" }
}

extension SizeAdvice {
    /// Measures other sizes, as far as this machine can hold them.
    ///
    /// - Parameters:
    ///   - run: What was measured at the size that was asked for.
    ///   - latency: Seconds; nil for what was measured there.
    init(
        _ emulation: any Emulation, _ run: EmulationRun, _ plan: EmulationPlan, _ sizes: InstanceSizes, arch: String,
        latency: Double?, progress: (String) -> Void
    ) throws {
        chosen = run.size
        isAsked = latency != nil
        self.latency = latency ?? (run.warm(percentile: 95) ?? 0) * 1.1
        let candidates = sizes.others(than: run.size, peak: run.memory.peak)
        var known: [InstanceSize: Times] = [run.size: Times(run)]
        if run.limitsProcessors {
            var plan = plan
            plan.requests = min(plan.requests, 60)
            for size in candidates where Self.times(known, of: size) == nil && Self.isHere(size) {
                progress("\(size.memory >> 20) MB, \(NumberOf.processors(size.processors ?? 0)) vCPU")
                known[size] = Times(try emulation.times(size, plan))
            }
        }
        if !Self.isHere(run.size) { known[run.size]?.isMeasured = false }
        let quickest = known.values.min { $0.mean < $1.mean } ?? Times(run)
        rows = candidates.map { size in
            let times = Self.times(known, of: size) ?? quickest.scaled(to: size)
            return Row(
                size: size, median: times.median, p95: times.p95,
                dollars: Self.dollars(size, times.mean, sizes.profile, arch), isMeasured: times.isMeasured)
        }
    }

    /// The times of a size or of one with as many processors: more memory than is needed changes none.
    private static func times(_ known: [InstanceSize: Times], of size: InstanceSize) -> Times? {
        known[size] ?? known.first { $0.key.processors == size.processors }?.value
    }

    /// Whether this machine has so many processors.
    private static func isHere(_ size: InstanceSize) -> Bool {
        (size.processors ?? 0) <= Double(InstanceSizes.machine)
    }

    /// What a million requests a month cost, evenly spread.
    private static func dollars(_ size: InstanceSize, _ seconds: Double, _ profile: Profile, _ arch: String) -> Double?
    {
        let isTied = profile.limits[.memoryPerCPU] != nil
        let workload = Workload(
            requests: 1e6, seconds: seconds, memory: size.memory, processors: isTied ? 0 : size.processors ?? 0,
            architecture: arch)
        return try? Cost.of(workload, on: profile).total
    }
}

/// Times of warm requests at some size.
private struct Times {
    var mean: Double
    var median: Double
    var p95: Double
    /// Seconds that processors compute for a request.
    var computed: Double
    var isMeasured = true

    init(_ latencies: [Double], computed: Double?) {
        mean = latencies.isEmpty ? 0 : latencies.reduce(0, +) / Double(latencies.count)
        median = EmulationRun.percentile(50, of: latencies) ?? 0
        p95 = EmulationRun.percentile(95, of: latencies) ?? 0
        self.computed = computed ?? mean
    }

    init(_ run: EmulationRun) { self.init(run.warm, computed: run.processorSeconds) }
    init(_ times: SizeTimes) { self.init(times.latencies, computed: times.processorSeconds) }

    /// Requests one after another take at least what they compute on their share of a processor; more processors than were measured
    /// are taken to bring nothing.
    func scaled(to size: InstanceSize) -> Times {
        let share = (size.processors ?? 0) > 0 && mean > 0 ? computed / (size.processors ?? 1) / mean : 1
        let factor = max(1, share)
        var times = self
        times.isMeasured = false
        times.mean *= factor
        times.median *= factor
        times.p95 *= factor
        return times
    }
}
