import PackProfiles

/// The memory that has to be set, and what it costs.
public struct MemoryAdvice: Hashable, Sendable {
    /// Bytes to set.
    public var bytes: Int
    /// Bytes that are set if nothing is said.
    public var standard: Int?
    /// Dollars for a second of it; `nil` where the price is not known.
    public var pricePerSecond: Double?
    /// Dollars for a second of the standard memory.
    public var standardPricePerSecond: Double?

    /// Dollars for a million requests of that many seconds, without the price of the requests themselves.
    public func pricePerMillionRequests(of seconds: Double) -> Double? { pricePerSecond.map { $0 * seconds * 1e6 } }

    /// - Returns: `nil` where the peak is not known or larger than any setting.
    public init?(_ facts: FitFacts, on profile: Profile) {
        var peak = facts.memory
        if profile.filesCountAsMemory, let files = facts.onDisk { peak = peak.map { $0 + files } }
        guard let high = peak?.high, high < 9e15, let size = profile.smallestMemory(holding: Int(high.rounded(.up)))
        else { return nil }
        standard = profile.limits[.memoryDefault]?.bytes
        bytes = size
        let needsARM = facts.architectures.map { needs in !needs.contains { $0.name == "x86_64" } } ?? false
        let rate = profile.prices[needsARM ? .memory_arm64 : .memory_x86_64]?.base
        func price(_ bytes: Int) -> Double? { rate.map { Double(bytes) / 1_073_741_824 * $0 } }
        pricePerSecond = price(bytes)
        standardPricePerSecond = standard.flatMap { price($0) }
    }
}
