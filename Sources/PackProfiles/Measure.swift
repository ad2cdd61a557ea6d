/// What a number in a profile counts.
public enum Measure: String, Sendable {
    case bytes
    case seconds
    case count
    case processors
    case requests
    case memoryTime
    case processorTime
    case requestPrice
    case memoryPrice
    case processorPrice
    case rate
    case share
    case factor
    case byteRate

    /// The units in which it may be stated, with the factor to the base unit: bytes, seconds, pieces; a month's requests,
    /// GiB-s or vCPU-s; dollars for a request, a GiB-s or a vCPU-s; pieces or
    /// bytes a second; shares and factors.
    package var units: [(name: String, factor: Double)] {
        switch self {
        case .bytes:
            [
                ("B", 1), ("KB", 1e3), ("MB", 1e6), ("GB", 1e9),
                ("KiB", 1024), ("MiB", 1_048_576), ("GiB", 1_073_741_824),
            ]
        case .seconds: [("ms", 1e-3), ("s", 1), ("min", 60)]
        case .count: [("count", 1)]
        case .processors: [("vCPU", 1)]
        case .requests: [("requests/month", 1)]
        case .memoryTime: [("GiB-s/month", 1)]
        case .processorTime: [("vCPU-s/month", 1)]
        case .requestPrice: [("USD/request", 1), ("USD/million requests", 1e-6)]
        case .memoryPrice: [("USD/GiB-s", 1), ("USD/GiB-h", 1 / 3600.0)]
        case .processorPrice: [("USD/vCPU-s", 1), ("USD/vCPU-h", 1 / 3600.0)]
        case .rate: [("count/s", 1), ("count/10 s", 0.1), ("count/min", 1 / 60.0)]
        case .share: [("%", 0.01)]
        case .factor: [("times", 1)]
        case .byteRate: [("MB/s", 1e6), ("MiB/s", 1_048_576)]
        }
    }
}
