import PackProfiles

extension Cost {
    static let gibibyte = 1_073_741_824.0

    /// Adds what is paid for requests, where there is such a price.
    mutating func payForRequests(_ workload: Workload, _ profile: Profile) {
        guard let price = profile.prices[.requests], let each = price.base else { return }
        lines.append(
            Line(
                price: .requests, quantity: workload.requests, free: profile.prices[.freeRequests]?.base ?? 0,
                each: each, source: price.provenance))
    }

    /// Adds what is paid for seconds of an instance's memory and processors.
    mutating func payForTime(_ seconds: Double, _ workload: Workload, _ profile: Profile) throws(Unknown) {
        let isARM = workload.architecture == "arm64"
        let memoryID: PriceID = isARM ? .memory_arm64 : .memory_x86_64
        guard let price = profile.prices[memoryID], let each = price.base else {
            throw Unknown(reason: "the profile states no price for memory of \(workload.architecture)")
        }
        lines.append(
            Line(
                price: memoryID, quantity: seconds * Double(memory) / Self.gibibyte,
                free: profile.prices[.freeMemory]?.base ?? 0, each: each, source: price.provenance))
        let processorID: PriceID = isARM && profile.prices[.cpu_arm64] != nil ? .cpu_arm64 : .cpu
        guard let price = profile.prices[processorID], let each = price.base else { return }
        lines.append(
            Line(
                price: processorID, quantity: seconds * (processors ?? 1),
                free: profile.prices[.freeCPU]?.base ?? 0, each: each, source: price.provenance))
    }

    /// Seconds as they are billed: raised to the platform's step.
    static func billed(_ seconds: Double, _ profile: Profile) -> Double {
        guard let step = profile.prices[.billingStep]?.base, step > 0 else { return seconds }
        // A millionth of a step is taken for an error of the numbers, not for time.
        return max(((seconds / step) - 1e-6).rounded(.up), 1) * step
    }

    /// Whether the start is paid for: not with managed runtimes of AWS Lambda before August 2025.
    static func paysForStart(_ profile: Profile) -> Bool {
        profile.requestProtocol != .lambda || profile.packaging == .image || profile.python.isEmpty
            || profile.asOf >= "2025-08-01"
    }
}
