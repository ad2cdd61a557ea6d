extension Profile {
    /// The memory size that the platform has and that is nearest to `bytes`, by its minimum, maximum, step, sizes or list.
    ///
    /// - Parameter processors: Only sizes that go with so many, where the platform ties them; nil for any.
    /// - Returns: `nil` where no size goes with these processors.
    public func nearestMemory(to bytes: Int, processors: Double? = nil) -> Int? {
        let most = limits[.memoryMaximum]?.bytes ?? .max
        let least = min(max(limits[.memoryMinimum]?.bytes ?? 1, 1), most)
        if !memorySizes.isEmpty { return Self.nearest(memorySizes.filter { least <= $0 && $0 <= most }, to: bytes) }
        let step = max(limits[.memoryStep]?.bytes ?? 1, 1)
        guard !sizes.isEmpty else { return Self.inside(least, most, step, bytes) }
        let rows = processors.map(self.sizes(with:)) ?? sizes
        return Self.nearest(
            rows.map { Self.inside(max($0.minimum, least), min($0.maximum, most), $0.step ?? step, bytes) }, to: bytes)
    }

    /// The rows of sizes that bound the memory that goes with so many processors: those of the number itself, or, where fractions
    /// may be set, of the next smaller one.
    public func sizes(with processors: Double) -> [Size] {
        let exact = sizes.filter { $0.vcpus == processors }
        guard exact.isEmpty, processors < 1 else { return exact }
        let below = sizes.filter { $0.vcpus < processors }.max { $0.vcpus < $1.vcpus }
        return below.map { [$0] } ?? []
    }

    private static func nearest(_ candidates: [Int], to bytes: Int) -> Int? {
        candidates.min { distance($0, bytes) < distance($1, bytes) }
    }

    private static func distance(_ a: Int, _ b: Int) -> UInt { a > b ? UInt(a) - UInt(b) : UInt(b) - UInt(a) }

    /// The number of steps from the least that is nearest.
    private static func inside(_ least: Int, _ most: Int, _ step: Int, _ bytes: Int) -> Int {
        guard bytes > least, most > least else { return least }
        let offset = min(bytes, most) - least
        let lower = offset / step * step
        let isUpperNearer = offset - lower > step / 2 && lower <= most - least - step
        return least + lower + (isUpperNearer ? step : 0)
    }
}
