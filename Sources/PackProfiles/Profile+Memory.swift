extension Profile {
    /// The smallest memory that can be set and holds `bytes`: by the platform's sizes, or its minimum and step; `nil`
    /// beyond its maximum.
    public func smallestMemory(holding bytes: Int) -> Int? {
        let least = max(bytes, limits[.memoryMinimum]?.bytes ?? 0, 1)
        let maximum = limits[.memoryMaximum]?.bytes ?? .max
        let candidates: [Int]
        if !memorySizes.isEmpty {
            candidates = memorySizes.filter { $0 >= least }
        } else if !sizes.isEmpty {
            candidates = sizes.compactMap { $0.memory(atLeast: least, step: step) }
        } else {
            candidates = [Self.raise(least, to: step)].compactMap { $0 }
        }
        return candidates.filter { $0 <= maximum }.min()
    }

    /// The fewest processors that can go with so much memory, by `sizes` or by the memory of one processor.
    public func smallestProcessors(with memory: Int) -> Double? {
        if let ratio = limits[.memoryPerCPU]?.base, ratio > 0 { return Double(memory) / ratio }
        return sizes.filter { $0.minimum <= memory && memory <= $0.maximum }.map(\.vcpus).min()
    }

    private var step: Int { max(limits[.memoryStep]?.bytes ?? 1, 1) }

    static func raise(_ bytes: Int, to step: Int) -> Int? {
        let (raised, overflow) = bytes.addingReportingOverflow(step - 1)
        return overflow ? nil : raised / step * step
    }
}

extension Profile.Size {
    /// The least memory that goes with these processors and holds `bytes`; `nil` where it is more than their most.
    ///
    /// - Parameter step: The platform's own step, for rows without one.
    public func memory(holding bytes: Int, step: Int?) -> Int? { memory(atLeast: bytes, step: max(step ?? 1, 1)) }

    /// The least memory of this row that holds `bytes`; `nil` above its maximum.
    func memory(atLeast bytes: Int, step: Int) -> Int? {
        guard bytes > minimum else { return minimum }
        guard let steps = Profile.raise(bytes - minimum, to: max(self.step ?? step, 1)) else { return nil }
        let (size, overflow) = minimum.addingReportingOverflow(steps)
        return overflow || size > maximum ? nil : size
    }
}
