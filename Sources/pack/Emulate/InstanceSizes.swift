import CPackSystem
import PackBundle
import PackIO
import PackLab
import PackProfiles

/// The sizes that a platform has for an instance, by its profile.
struct InstanceSizes {
    let profile: Profile
    let platform: DeploymentPlatform

    private static let mebibyte = 1 << 20

    /// The size that is asked for.
    ///
    /// - Parameters:
    ///   - memory: MiB; nil for 512, or the platform's own where it has no such size.
    ///   - processors: nil for one, or those that come with the memory.
    /// - Throws: `Refusal` that names the nearest size where the platform has none such.
    func size(memory: Int?, processors: Double?) throws -> InstanceSize {
        if isLambda {
            guard processors == nil else {
                throw refusal("takes no number of processors", "--cpu", "--memory alone: they come with it")
            }
            return lambda(try bytes(memory, nil))
        }
        let count = try self.processors(processors)
        return InstanceSize(memory: try bytes(memory, count), processors: count)
    }

    private var isLambda: Bool { platform == .lambda || platform == .lambdaImage }

    /// On Lambda a function sees two processors at least, and has a share of them by its memory.
    private func lambda(_ memory: Int) -> InstanceSize {
        guard let ratio = profile.limits[.memoryPerCPU]?.base, ratio > 0 else { return InstanceSize(memory: memory) }
        let share = min(Double(memory) / ratio, profile.limits[.cpuMaximum]?.base ?? .infinity)
        return InstanceSize(memory: memory, processors: share, visibleProcessors: max(2, Int(share.rounded(.up))))
    }

    private func processors(_ asked: Double?) throws -> Double {
        let count = asked ?? 1
        let most = profile.limits[.cpuMaximum]?.base ?? 1024
        guard count.isFinite, count >= 0.01, count <= most else {
            throw refusal("has no such number of processors", "\(count)", "0.01 to \(NumberOf.processors(most))")
        }
        guard profile.sizes.isEmpty || !profile.sizes(with: count).isEmpty else {
            let offered = profile.sizes.map(\.vcpus)
            let nearest = offered.min { abs($0 - count) < abs($1 - count) } ?? 1
            throw refusal(
                "has no such number of processors", NumberOf.processors(count),
                offered.map(NumberOf.processors).joined(separator: ", "),
                hint: "the nearest possible one: --cpu \(NumberOf.processors(nearest))")
        }
        return count
    }

    private func bytes(_ asked: Int?, _ processors: Double?) throws -> Int {
        let wanted = asked ?? 512
        guard wanted > 0, wanted < 1 << 40 else {
            throw refusal("has no such memory size", "\(wanted) MB", "a number of MB above 0")
        }
        let bytes = wanted * Self.mebibyte
        guard let nearest = profile.nearestMemory(to: bytes, processors: processors) else {
            throw refusal("has no memory size for so many processors", "\(processors ?? 1)", "other processors")
        }
        if asked == nil { return max(nearest, Self.mebibyte) }
        guard nearest == bytes else {
            let least = profile.nearestMemory(to: 1, processors: processors) ?? nearest
            let most = profile.nearestMemory(to: .max / 2, processors: processors) ?? nearest
            let suffix = processors.map { " with \(NumberOf.processors($0)) vCPU" } ?? ""
            throw refusal(
                "has no such memory size\(profile.sizes.isEmpty ? "" : suffix)", "\(wanted) MB",
                "\(Self.mebibytes(least)) to \(Self.mebibytes(most)) MB",
                hint: "the nearest possible one: --memory \(Self.mebibytes(nearest))" + other(bytes))
        }
        return bytes
    }

    /// The processors that the memory would go with.
    private func other(_ bytes: Int) -> String {
        guard !isLambda, profile.nearestMemory(to: bytes) == bytes, let row = profile.smallestProcessors(with: bytes)
        else {
            return ""
        }
        return ", or --cpu \(NumberOf.processors(row)) with this memory"
    }

    private static func mebibytes(_ bytes: Int) -> Int { bytes / mebibyte }

    private func refusal(_ what: String, _ found: String, _ expected: String, hint: String? = nil) -> Refusal {
        Refusal(facts: ErrorFacts(what, file: profile.name, found: found, expected: expected, hint: hint))
    }

    // MARK: Other sizes

    /// Sizes to compare, ascending, the one that was asked for among them: the smallest memory that holds the peak for each number of
    /// processors, or on Lambda, where they come with it, several.
    ///
    /// - Parameter peak: Bytes that an instance needs.
    func others(than size: InstanceSize, peak: Int) -> [InstanceSize] {
        let needed = Self.rounded(peak + peak / 4 + Self.margin)
        var found: Set<InstanceSize> = [size]
        if isLambda {
            let whole = Int(profile.limits[.memoryPerCPU]?.base ?? 0)
            let steps = [128, 256, 512, 1024].map { $0 * Self.mebibyte } + [whole, 2 * whole, 4 * whole]
            for memory in steps where memory >= needed && profile.nearestMemory(to: memory) == memory {
                found.insert(lambda(memory))
            }
        } else {
            for count in profile.sizes.isEmpty ? [0.25, 0.5, 1, 2, 4] : Set(profile.sizes.map(\.vcpus)) {
                guard let memory = profile.nearestMemory(to: needed, processors: count), memory >= needed else {
                    continue
                }
                found.insert(InstanceSize(memory: memory, processors: count))
            }
        }
        return found.sorted { ($0.processors ?? 0, $0.memory) < ($1.processors ?? 0, $1.memory) }
    }

    /// Room beside the peak that was measured and a quarter of it, in bytes: for larger requests, and more of them.
    private static let margin = 16 << 20

    private static func rounded(_ bytes: Int) -> Int { (bytes + mebibyte - 1) / mebibyte * mebibyte }

    /// Processors of this machine that this process may use.
    static var machine: Int { Int(pack_cpu_count()) }
}

/// Numbers of processors as people read them.
enum NumberOf {
    /// `1`, `0.08`, `0.289`.
    static func processors(_ count: Double) -> String {
        let thousandths = (count * 1000).rounded() / 1000
        return thousandths == thousandths.rounded() && abs(thousandths) < 1e9
            ? String(Int(thousandths)) : String(thousandths)
    }
}
