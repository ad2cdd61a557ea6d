import PackFit
import PackProfiles
import PackSimulation

/// A claim of the study of 2020, held against what was found.
struct StudyClaim {
    /// Which one.
    let id: ID
    /// What or who it is judged for.
    let contestant: String
    /// What was found, with numbers.
    let found: String
    let verdict: Verdict

    /// The claims.
    enum ID: String, CaseIterable {
        case served
        case coldStart = "cold-start"
        case coldRatio = "cold-start-ratio"
        case scaling
        case size

        /// What was claimed.
        var text: String {
            switch self {
            case .served: "Can the model be served at all? (a question)"
            case .coldStart: "A cold start on Lambda takes 41 s."
            case .coldRatio: "A cold start on the container platform takes 10 times less than on Lambda."
            case .scaling: "Scaling from 1 to 100 requests/s takes at least 3 times longer on the container platform."
            case .size: "BERT takes about twice as long as DistilBERT."
            }
        }
    }

    /// Whether it holds today.
    enum Verdict: String {
        case confirmed
        case refuted
        /// The answer to a question.
        case yes
        case no
        /// What was measured does not tell.
        case open
    }

    /// All that can be judged, claim by claim.
    static func all(_ result: StudyResult) -> [StudyClaim] {
        let measured = result.contestants.filter { $0.absence == nil }
        return measured.compactMap { served($0, result) } + measured.compactMap { coldStart($0, result) }
            + measured.compactMap { coldRatio($0, result) } + measured.flatMap { scaling($0, result) }
            + sizes(measured)
    }

    /// Platforms of today; all where there are none.
    private static func today(_ result: StudyResult) -> [Profile] {
        let new = result.profiles.filter { !StudyCosts.isOld($0) }
        return new.isEmpty ? result.profiles : new
    }

    private static func served(_ contestant: StudyResult.Contestant, _ result: StudyResult) -> StudyClaim? {
        let answers = today(result).compactMap { profile in
            contestant.fit(on: profile).map { (profile.name, StudyResult.Answer($0)) }
        }
        let refusing = answers.filter(\.1.isRefusal).map(\.0)
        let unknown = answers.filter { !$0.1.isKnown }.map(\.0)
        let names = answers.map(\.0).joined(separator: ", ")
        let found =
            refusing.isEmpty
            ? (unknown.isEmpty ? "fits \(names)" : "not known for \(unknown.joined(separator: ", "))")
            : "not by \(refusing.joined(separator: ", ")) as it is"
        return StudyClaim(
            id: .served, contestant: contestant.title, found: found,
            verdict: refusing.isEmpty ? (unknown.isEmpty ? .yes : .open) : .no)
    }

    /// A cold start on a platform, in seconds: its own part, and what was measured.
    private struct Cold {
        let name: String
        let assumed: Double
        let isRecalled: Bool
        let measured: Double
    }

    /// The first of today's platforms of a kind that takes it, with its cold start: what the profile says of the platform's
    /// part, and the measured median.
    private static func cold(
        _ contestant: StudyResult.Contestant, _ result: StudyResult, onCluster: Bool
    ) -> Cold? {
        for platform in StudyPlatform.all(today(result)) {
            guard platform.isCluster == onCluster, onCluster || platform.scaler == .perRequest,
                !contestant.isRefused(by: platform.profile),
                let median = contestant.measurement(on: platform.profile).flatMap({ Quantiles($0.cold).at(0.5) })
            else { continue }
            return Cold(
                name: platform.name, assumed: platform.startSeconds, isRecalled: !platform.isStartVerified,
                measured: median)
        }
        return nil
    }

    private static func words(_ cold: Cold) -> String {
        "\(StudyText.time(cold.assumed + cold.measured)) on \(cold.name) (\(StudyText.time(cold.measured)) measured, "
            + "\(StudyText.time(cold.assumed)) of the platform\(cold.isRecalled ? ", recalled" : " by its profile"))"
    }

    private static func coldStart(_ contestant: StudyResult.Contestant, _ result: StudyResult) -> StudyClaim? {
        guard let cold = cold(contestant, result, onCluster: false) else { return nil }
        let seconds = cold.assumed + cold.measured
        // Within a factor of two it is the same.
        return StudyClaim(
            id: .coldStart, contestant: contestant.title, found: words(cold),
            verdict: (20.5...82).contains(seconds) ? .confirmed : .refuted)
    }

    private static func coldRatio(_ contestant: StudyResult.Contestant, _ result: StudyResult) -> StudyClaim? {
        guard let function = cold(contestant, result, onCluster: false),
            let container = cold(contestant, result, onCluster: true)
        else { return nil }
        let ratio = (function.assumed + function.measured) / (container.assumed + container.measured)
        return StudyClaim(
            id: .coldRatio, contestant: contestant.title,
            found: "Lambda takes \(StudyText.times(ratio)) as long: \(words(function)), \(words(container))",
            verdict: ratio >= 10 ? .confirmed : .refuted)
    }

    private static func scaling(_ contestant: StudyResult.Contestant, _ result: StudyResult) -> [StudyClaim] {
        let names = Set(today(result).map(\.name))
        let scalings = contestant.scalings.filter { names.contains($0.platform.profile.name) }
        guard let function = scalings.first(where: { $0.platform.scaler == .perRequest }),
            let fast = function.recovery
        else { return [] }
        return scalings.filter(\.platform.isCluster).map { cluster in
            let slow = cluster.recovery
            // Seconds are the finest that is told.
            let ratio = slow.map { max($0, 1) / max(fast, 1) }
            func words(_ seconds: Double) -> String { seconds == 0 ? "at once" : StudyText.time(seconds) }
            let end = slow.map(words) ?? "not within the workload"
            let times = ratio.flatMap { $0 == 1 ? nil : " (\(StudyText.times($0)))" } ?? ""
            return StudyClaim(
                id: .scaling, contestant: contestant.title,
                found:
                    "\(end) on \(cluster.platform.name), \(words(fast)) on \(function.platform.name)\(times), simulated",
                verdict: (ratio ?? .infinity) >= 3 ? .confirmed : .refuted)
        }
    }

    /// For models whose names say that they are BERT and DistilBERT.
    private static func sizes(_ contestants: [StudyResult.Contestant]) -> [StudyClaim] {
        func isDistilled(_ contestant: StudyResult.Contestant) -> Bool {
            contestant.subject.lowercased().contains("distilbert")
        }
        return contestants.compactMap { large in
            guard large.subject.lowercased().contains("bert"), !isDistilled(large),
                let small = contestants.first(where: { isDistilled($0) && $0.stack == large.stack }),
                let slow = large.http.flatMap({ Quantiles($0.warm).at(0.5) }),
                let fast = small.http.flatMap({ Quantiles($0.warm).at(0.5) }), fast > 0
            else { return nil }
            let ratio = slow / fast
            return StudyClaim(
                id: .size, contestant: "\(large.title) and \(small.title)",
                found:
                    "\(StudyText.times(ratio)): medians of \(StudyText.time(slow)) and \(StudyText.time(fast)), measured",
                verdict: (1.5...2.5).contains(ratio) ? .confirmed : .refuted)
        }
    }
}
