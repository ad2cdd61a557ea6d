import PackFit
import PackLab
import PackProfiles
import PackServing
import PackSimulation

/// A platform with one of its scalers, as a simulation sees it.
struct StudyPlatform {
    let profile: Profile
    let scaler: Profile.Scaler
    let rules: [ScalingID: Quantity]

    /// `kubernetes (knative)`, or the profile's name alone where it has one scaler.
    var name: String { profile.scaling.count > 1 ? "\(profile.name) (\(scaler.rawValue))" : profile.name }

    /// All platforms of profiles that say how they scale.
    static func all(_ profiles: [Profile]) -> [StudyPlatform] {
        profiles.flatMap { profile in
            Profile.Scaler.allCases.compactMap { scaler in
                profile.scaling[scaler].map { StudyPlatform(profile: profile, scaler: scaler, rules: $0) }
            }
        }
    }

    /// Whether it is the container platform of the study of 2020: Kubernetes.
    var isCluster: Bool { scaler == .knative || scaler == .horizontal }

    /// Seconds before the program starts: what the profile says.
    var startSeconds: Double { number(.start) }
    /// Whether that was read in a source, and not only recalled.
    var isStartVerified: Bool { rules[.start]?.provenance.verified ?? false }

    private func number(_ id: ScalingID, _ other: Double = 0) -> Double { rules[id]?.base ?? other }

    /// What a simulation runs.
    ///
    /// - Parameters:
    ///   - measured: Times of instances.
    ///   - imageBytes: What a machine has to fetch.
    ///   - concurrency: Requests that an instance is given at a time, where that can be set.
    ///   - limits: What an instance refuses requests by; nil if it takes any number.
    ///   - processors: Processors of an instance.
    func fleet(
        _ measured: StudyMeasurement, imageBytes: Int, concurrency: Int, limits: HTTPLimits?, processors: Int
    ) -> Fleet {
        var fleet = Fleet(
            service: .samples(measured.warm), start: Distribution.samples(measured.ready).adding(startSeconds),
            scaler: rule)
        fleet.firstService = .samples(measured.first)
        fleet.concurrency = scaler == .perRequest ? 1 : concurrency
        fleet.initial = Int(number(.initial))
        fleet.maximum = Int(min(number(.maximum, 1000), 1e6))
        fleet.patience = number(.patience, profile.limits[.requestTimeDefault]?.base ?? 300)
        fleet.idle = number(.idle, 600)
        if scaler == .horizontal, let limits {
            fleet.queue = limits.queueLength(UInt64(min(max(Quantiles(measured.warm).mean ?? 0, 0), 3600) * 1e9))
        }
        if rules[.nodeStart] != nil {
            fleet.nodes = Fleet.Nodes(
                room: max(Int(number(.nodeProcessors) * Self.usable / Double(processors)), 1),
                initial: Int(number(.nodeCount)), start: number(.nodeStart), scan: number(.nodeScan),
                fetch: Double(imageBytes) / max(number(.imageRate), 1))
        }
        return fleet
    }

    /// The share of a machine's processors that pods can have; the rest is the system's.
    static let usable = 0.9

    private var rule: PackSimulation.Scaler {
        switch scaler {
        case .perRequest: .perRequest(BurstRule(burst: number(.burst), refill: number(.refill)))
        case .managed:
            .managed(
                ManagedRule(
                    period: number(.period), window: number(.window), processorTarget: number(.processorTarget),
                    concurrencyTarget: number(.concurrencyTarget)))
        case .knative:
            .knative(
                KnativeRule(
                    period: number(.period), stableWindow: number(.window), panicWindow: number(.panicWindow),
                    panicThreshold: number(.panicThreshold), utilization: number(.concurrencyTarget),
                    upRate: number(.upRate), downRate: number(.downRate)))
        case .horizontal:
            .horizontal(
                HorizontalRule(
                    period: number(.period), window: number(.window), target: number(.processorTarget),
                    tolerance: number(.tolerance), upPods: Int(number(.addCount)), upShare: number(.addShare),
                    upPeriod: number(.addPeriod), downWindow: number(.removeWindow), minimum: Int(number(.initial))))
        }
    }
}
