/// The limits that a profile may state; the raw value is the key under `limits`.
public enum LimitID: String, CaseIterable, Sendable {
    case packageZipped = "package.zipped"
    case packageUnpacked = "package.unpacked"
    case layers = "package.layers"
    case packageFiles = "package.files"
    case imageSize = "image.size"
    case memoryMinimum = "memory.minimum"
    case memoryDefault = "memory.default"
    case memoryMaximum = "memory.maximum"
    case memoryStep = "memory.step"
    case memoryPerCPU = "memory.per-vcpu"
    case cpuMaximum = "vcpu.maximum"
    case diskDefault = "disk.default"
    case diskMaximum = "disk.maximum"
    case startupTime = "startup.time"
    case requestTimeDefault = "request.time.default"
    case requestTime = "request.time"
    case gatewayTime = "gateway.time"
    case requestSize = "request.size"
    case responseSize = "response.size"
    case responseStreamSize = "response.stream.size"
    case environmentSize = "environment.size"
    case fileDescriptors = "file-descriptors"
    case processes
    case concurrencyDefault = "concurrency.default"
    case concurrencyMaximum = "concurrency.maximum"

    /// What the number counts.
    public var measure: Measure {
        switch self {
        case .startupTime, .requestTimeDefault, .requestTime, .gatewayTime: .seconds
        case .cpuMaximum: .processors
        case .layers, .packageFiles, .fileDescriptors, .processes, .concurrencyDefault, .concurrencyMaximum: .count
        default: .bytes
        }
    }
}

/// The prices that a profile may state; the raw value is the key under `prices`.
public enum PriceID: String, CaseIterable, Sendable {
    case requests
    case memory_x86_64 = "memory.x86_64"
    case memory_arm64 = "memory.arm64"
    case cpu
    case cpu_arm64 = "cpu.arm64"
    case billingStep = "billing.step"
    case billingMinimum = "billing.minimum"
    case freeRequests = "free.requests"
    case freeMemory = "free.memory"
    case freeCPU = "free.cpu"

    /// What the number counts.
    public var measure: Measure {
        switch self {
        case .requests: .requestPrice
        case .memory_x86_64, .memory_arm64: .memoryPrice
        case .cpu, .cpu_arm64: .processorPrice
        case .billingStep, .billingMinimum: .seconds
        case .freeRequests: .requests
        case .freeMemory: .memoryTime
        case .freeCPU: .processorTime
        }
    }
}
