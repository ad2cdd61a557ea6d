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

/// The numbers of a scaling rule that a profile may state; the raw value is the key under `scaling.KIND`.
public enum ScalingID: String, CaseIterable, Sendable {
    /// Instances that can be made at once.
    case burst = "instances.burst"
    /// Instances by which that is refilled.
    case refill = "instances.refill"
    /// Instances that are there at the beginning, and stay.
    case initial = "instances.initial"
    /// Instances that there are at most.
    case maximum = "instances.maximum"
    /// Time between looks of the scaler.
    case period
    /// Time that is looked back.
    case window
    /// Time that is looked back in a panic.
    case panicWindow = "window.panic"
    /// How many times the instances at hand the panic window must ask for to begin a panic.
    case panicThreshold = "panic.threshold"
    /// The share of an instance's processors that is aimed at.
    case processorTarget = "processor.target"
    /// The share of the requests that an instance takes at a time that is aimed at.
    case concurrencyTarget = "concurrency.target"
    /// How far from the target nothing is changed, as a share of it.
    case tolerance
    /// How many times the instances at hand there may be after a look.
    case upRate = "rate.up"
    /// By what the instances at hand are divided for the fewest after a look.
    case downRate = "rate.down"
    /// Instances that may be added in a period.
    case addCount = "add.instances"
    /// The share of the instances that may be added in a period, where that is more.
    case addShare = "add.share"
    /// The period of the bounds on adding.
    case addPeriod = "add.period"
    /// Time over which the most that was wanted holds before instances are taken away.
    case removeWindow = "remove.window"
    /// Time that a request waits for an instance before it is refused.
    case patience = "request.wait"
    /// Time that an instance without requests is kept.
    case idle
    /// Time from the decision to start an instance until its program starts.
    case start
    /// Time until a further machine is ready.
    case nodeStart = "node.start"
    /// Time between looks at what finds no room on machines.
    case nodeScan = "node.scan"
    /// Machines at the beginning.
    case nodeCount = "node.count"
    /// Processors of a machine.
    case nodeProcessors = "node.processors"
    /// Bytes of an image that a machine fetches in a second.
    case imageRate = "image.rate"

    /// What the number counts.
    public var measure: Measure {
        switch self {
        case .burst, .initial, .maximum, .addCount, .nodeCount: .count
        case .refill: .rate
        case .panicThreshold, .processorTarget, .concurrencyTarget, .tolerance, .addShare: .share
        case .upRate, .downRate: .factor
        case .nodeProcessors: .processors
        case .imageRate: .byteRate
        default: .seconds
        }
    }
}
