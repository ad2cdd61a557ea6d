import PackProfiles

/// What a month costs on a platform, in dollars, and how that was reckoned.
public struct Cost: Sendable {
    /// The platform.
    public var profile: String
    /// Memory that is set for an instance, in bytes.
    public var memory: Int
    /// Processors of an instance; `nil` where the platform does not say.
    public var processors: Double?
    /// Instances that run all the time; `nil` where they come and go.
    public var instances: Int?
    /// What is paid for.
    public var lines: [Line] = []
    /// What the numbers rest on, a sentence each.
    public var assumptions: [String] = []

    /// One thing that is paid for.
    public struct Line: Hashable, Sendable {
        /// Which price.
        public var price: PriceID
        /// How much of it: requests, GiB-s or vCPU-s.
        public var quantity: Double
        /// How much of it is free in a month.
        public var free: Double
        /// Dollars for one.
        public var each: Double
        /// Where the price comes from.
        public var source: Provenance

        /// Dollars, nothing free.
        public var dollars: Double { quantity * each }
        /// Dollars for what is beyond the free part.
        public var dollarsBeyondFree: Double { max(quantity - free, 0) * each }
    }

    /// Dollars a month, nothing free.
    public var total: Double { lines.reduce(0) { $0 + $1.dollars } }
    /// Dollars a month if the free parts are not used by anything else.
    public var totalBeyondFree: Double { lines.reduce(0) { $0 + $1.dollarsBeyondFree } }

    /// Why there is no price.
    public struct Unknown: Error, Hashable, Sendable {
        /// In words.
        public var reason: String
    }

    /// Reckons a month.
    ///
    /// - Throws: Why there is no price: the profile states none, the workload does not run there, or a number is absurd.
    public static func of(_ workload: Workload, on profile: Profile) throws(Unknown) -> Cost {
        guard workload.isSensible else { throw Unknown(reason: "the workload's numbers are out of range") }
        guard let billing = profile.billing, !profile.prices.isEmpty else {
            throw Unknown(reason: "the profile states no prices")
        }
        guard profile.architectures.contains(where: { $0.name == workload.architecture }) else {
            throw Unknown(reason: "the platform has no \(workload.architecture)")
        }
        var cost = try instance(for: workload, on: profile)
        switch billing {
        case .request: try cost.payRequests(workload, profile)
        case .instance: try cost.payInstances(workload, profile)
        case .always: try cost.payAlways(workload, profile)
        }
        return cost
    }

    /// The smallest instance that holds the memory and has the processors.
    private static func instance(for workload: Workload, on profile: Profile) throws(Unknown) -> Cost {
        var memory = workload.memory
        if let ratio = profile.limits[.memoryPerCPU]?.base {
            memory = max(memory, Int((workload.processors * ratio).rounded(.up)))
        }
        if profile.sizes.isEmpty {
            guard let size = profile.smallestMemory(holding: memory) else { throw tooLarge }
            return Cost(
                profile: profile.name, memory: size,
                processors: profile.smallestProcessors(with: size)
                    ?? (workload.processors > 0 ? workload.processors : nil))
        }
        // The row with the fewest processors, then with the least memory.
        var best: Cost?
        for row in profile.sizes where row.vcpus >= workload.processors {
            guard let size = row.memory(holding: memory, step: profile.limits[.memoryStep]?.bytes) else { continue }
            if let found = best, (found.processors ?? 0, found.memory) <= (row.vcpus, size) { continue }
            best = Cost(profile: profile.name, memory: size, processors: row.vcpus)
        }
        guard let best else { throw tooLarge }
        return best
    }

    private static var tooLarge: Unknown { Unknown(reason: "no size of the platform is large enough") }
}
