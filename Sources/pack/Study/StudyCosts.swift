import PackFit
import PackLab
import PackProfiles

/// What a month costs on each platform.
enum StudyCosts {
    /// Room beside the measured peak of memory, in bytes.
    private static let margin = 16 << 20

    /// The costs on platforms that take it, or of which that is not known.
    static func of(
        _ contestant: StudyResult.Contestant, _ profiles: [Profile], requests: Double, processors: Int
    ) throws -> [StudyCost] {
        let library = try allProfiles()
        return profiles.compactMap { profile in
            guard let measured = contestant.measurement(on: profile), !measured.warm.isEmpty,
                !contestant.isRefused(by: profile)
            else { return nil }
            let priced = profile.pricedAs.flatMap { name in library.first { $0.name == name } } ?? profile
            let mean = measured.warm.reduce(0, +) / Double(measured.warm.count)
            let ready = measured.ready.sorted()
            let workload = Workload(
                requests: requests, seconds: mean, memory: measured.peakMemory + margin, processors: Double(processors),
                concurrency: 1, startSeconds: ready.isEmpty ? 0 : ready[ready.count / 2], coldShare: 0)
            return StudyCost(profile: profile, priced: priced, workload: workload, cost: price(workload, priced))
        }
    }

    private static func price(_ workload: Workload, _ profile: Profile) -> Result<Cost, Cost.Unknown> {
        do throws(Cost.Unknown) {
            return .success(try Cost.of(workload, on: profile))
        } catch { return .failure(error) }
    }

    /// Where the cheaper of two platforms of the same time changes.
    static func breakEvens(_ costs: [StudyCost]) -> [BreakEven] {
        var found: [BreakEven] = []
        for (index, first) in costs.enumerated() {
            for second in costs.dropFirst(index + 1) where isOld(first.profile) == isOld(second.profile) {
                guard first.priced.name != second.priced.name else { continue }
                var workload = first.workload
                workload.memory = max(first.workload.memory, second.workload.memory)
                workload.seconds = max(first.workload.seconds, second.workload.seconds)
                let changes = try? BreakEven.between(first.priced, second.priced, for: workload, beyondFree: true)
                found += (changes ?? []).map { change in
                    var named = change
                    named.below = change.below == first.priced.name ? first.profile.name : second.profile.name
                    named.above = change.above == first.priced.name ? first.profile.name : second.profile.name
                    return named
                }
            }
        }
        return found
    }

    /// Whether a profile is of the time of the study of 2020.
    static func isOld(_ profile: Profile) -> Bool { profile.asOf < "2021-01-01" }
}
