import PackFit
import PackProfiles
import PackReport

extension AnalyzeReport {
    /// A deployment and what a month of it costs on one platform.
    struct MonthlyCost {
        let deployment: String
        let profile: Profile
        let workload: Workload
        let cost: Result<Cost, Cost.Unknown>
    }

    /// The month on each platform: of the best bundle that fits, or of the files as they are where their memory is known.
    var costs: [MonthlyCost] {
        guard let workload else { return [] }
        return analysis.answers.compactMap { answer in
            let bundle = Self.bundles(answer).first { $0.result.verdict == .fits }
            guard let facts = bundle?.facts ?? (answer.fit.verdict == .doesNotFit ? nil : examination.asItIs),
                let peak = facts.measured?.peakMemory?.high ?? facts.peakMemory?.high, peak < 1e15
            else { return nil }
            var month = workload
            month.memory = Int(peak.rounded(.up))
            month.startSeconds = facts.measured?.startup?.high ?? facts.startup?.high ?? 0
            let names = facts.architectures?.map(\.name) ?? []
            if !names.isEmpty, !names.contains("x86_64") { month.architecture = names[0] }
            return MonthlyCost(
                deployment: bundle.map { "pack \($0.action)" } ?? "as it is", profile: answer.fit.profile,
                workload: month, cost: Self.price(month, answer.fit.profile))
        }
    }

    private static func price(_ month: Workload, _ profile: Profile) -> Result<Cost, Cost.Unknown> {
        do throws(Cost.Unknown) {
            return .success(try Cost.of(month, on: profile))
        } catch {
            return .failure(error)
        }
    }

    /// Where the cheaper of two priced platforms changes.
    func breakEvens(_ costs: [MonthlyCost]) -> [(first: String, second: String, change: BreakEven)] {
        let priced = costs.filter { if case .success = $0.cost { true } else { false } }
        var found: [(String, String, BreakEven)] = []
        for (index, first) in priced.enumerated() {
            for second in priced.dropFirst(index + 1) {
                // Each platform is asked for the larger of the two, so that they are compared at the same work.
                var workload = first.workload
                workload.memory = max(first.workload.memory, second.workload.memory)
                let changes = try? BreakEven.between(first.profile, second.profile, for: workload, beyondFree: true)
                found += (changes ?? []).map { (first.profile.name, second.profile.name, $0) }
            }
        }
        return found
    }

    /// Prices as a table, and where the cheaper platform changes.
    var prices: [Document.Block] {
        let costs = costs
        guard let workload, !costs.isEmpty else { return [] }
        var table = Table([
            .init("PLATFORM"), .init("A MONTH", .right), .init("BEYOND FREE", .right), .init("MEMORY", .right),
            .init("DEPLOYED"), .init("ASSUMED", overflow: .wrap),
        ])
        table.rows = costs.map { month in
            switch month.cost {
            case .success(let cost):
                [
                    Text(month.profile.name), Text(Self.dollars(cost.total)),
                    Text(Self.dollars(cost.totalBeyondFree)), Text(NumberText.binaryBytes(cost.memory)),
                    Text(month.deployment), Text(cost.assumptions.joined(separator: "; "), .faint),
                ]
            case .failure(let unknown):
                [
                    Text(month.profile.name), Text("unknown", .doubtful), Text(""), Text(""), Text(month.deployment),
                    Text(unknown.reason, .faint),
                ]
            }
        }
        let rate = NumberText.significant(workload.peakRate)
        let title =
            "Prices of \(NumberText.count(CheckText.whole(workload.requests))) requests a month of "
            + "\(NumberText.seconds(workload.seconds)), \(rate) a second while they come"
        var blocks: [Document.Block] = [.heading(title), .table(table)]
        let lines = breakEvens(costs).map { item in
            let count = NumberText.count(CheckText.whole(item.change.requests))
            return "\(item.first) and \(item.second): below \(count) requests a month \(item.change.below) is cheaper, above it \(item.change.above)"
        }
        if !lines.isEmpty { blocks.append(.list(lines.map { [Text($0)] })) }
        return blocks
    }

    private static func dollars(_ amount: Double) -> String {
        amount < 0.005 && amount > 0 ? "< $0.01" : "$" + cents(amount)
    }

    /// Two places after the point.
    private static func cents(_ amount: Double) -> String {
        let whole = CheckText.whole(amount * 100)
        let rest = whole % 100
        return NumberText.grouped(whole / 100) + "." + (rest < 10 ? "0" : "") + String(rest)
    }

    /// Prices for programs.
    var costsJSON: JSON {
        .array(
            costs.map { month in
                var entries: [String: JSON] = [
                    "profile": .string(month.profile.name), "deployment": .string(month.deployment),
                    "requests": .number(month.workload.requests), "requestTime": .number(month.workload.seconds),
                ]
                switch month.cost {
                case .success(let cost):
                    entries["dollars"] = .number(cost.total)
                    entries["dollarsBeyondFree"] = .number(cost.totalBeyondFree)
                    entries["memory"] = .int(cost.memory)
                    entries["assumptions"] = .array(cost.assumptions.map { .string($0) })
                case .failure(let unknown):
                    entries["dollars"] = .null
                    entries["reason"] = .string(unknown.reason)
                }
                return .object(entries)
            })
    }
}
