/// What a platform writes about an instance, in its own words.
public protocol PlatformLog: Sendable {
    /// The end of an emulation that went well.
    func report(_ run: EmulationRun) -> [String]

    /// What it says of a bundle or a request that it does not take, or of an instance that failed; nil for an error that has
    /// nothing to do with the platform.
    func refusal(_ error: EmulationError) -> [String]?
}

/// Numbers as platforms write them.
enum PlatformNumber {
    /// Milliseconds with two decimals.
    static func milliseconds(_ seconds: Double) -> String {
        let hundredths = Int((min(max(seconds, 0), 1e9) * 100_000).rounded())
        let rest = hundredths % 100
        return "\(hundredths / 100).\(rest < 10 ? "0" : "")\(rest)"
    }

    /// Whole MiB, rounded up.
    static func mebibytes(_ bytes: Int) -> Int { bytes / (1 << 20) + (bytes % (1 << 20) == 0 ? 0 : 1) }

    /// Seconds without a fraction where there is none.
    static func seconds(_ seconds: Double) -> String {
        seconds == seconds.rounded() && abs(seconds) < 1e9 ? String(Int(seconds)) : String(seconds)
    }
}
