/// What a number in a profile counts.
public enum Measure: String, Sendable {
    case bytes
    case seconds
    case count
    case money

    /// The units in which a profile may state it, with the factor to the base unit (bytes, seconds, one).
    ///
    /// Prices have the base unit in which they are stated: dollars for so many of something.
    package var units: [(name: String, factor: Double)] {
        switch self {
        case .bytes:
            [
                ("B", 1), ("KB", 1e3), ("MB", 1e6), ("GB", 1e9),
                ("KiB", 1024), ("MiB", 1_048_576), ("GiB", 1_073_741_824),
            ]
        case .seconds: [("ms", 1e-3), ("s", 1), ("min", 60)]
        case .count: [("count", 1), ("vCPU", 1), ("GiB-s/month", 1), ("vCPU-s/month", 1), ("requests/month", 1)]
        case .money: [("USD/GiB-s", 1), ("USD/vCPU-s", 1), ("USD/request", 1), ("USD/million requests", 1e-6)]
        }
    }
}
