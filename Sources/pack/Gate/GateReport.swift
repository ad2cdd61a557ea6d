import PackFit
import PackReport

/// What a gate says, for people: what was looked at, every check with measured value and limit, what changed, the answer.
struct GateReport {
    let judgement: GateJudgement
    /// What was looked at, a line each.
    let lookedAt: [String]
    /// What the bytes are in.
    let parts: [GateMeasures.Part]
    /// What could not be read, a line each.
    let problems: [String]
    /// Whether all that was to be looked at could be read.
    var couldJudge: Bool { problems.isEmpty }

    /// `passes`, `fails` or `could-not-judge`.
    var outcome: Assessment.Outcome {
        guard couldJudge else { return .couldNotJudge }
        return judgement.outcome == .passes ? .passes : .fails
    }

    var document: Document {
        Document(
            [.heading("Looked at"), .list(lookedAt.map { [Text($0)] })]
                + judgement.targets.flatMap(checks) + budgets + changes + exemptions + trouble + result)
    }

    private func checks(of fit: Fit) -> [Document.Block] {
        var table = Table([
            .init("RESULT"), .init("CHECK"), .init("MEASURED", .right), .init("LIMIT", .right), .init("SPARE", .right),
            .init("KNOWN"), .init("NOTE", overflow: .wrap),
        ])
        table.rows = fit.checks.map { check in
            let isExempted = judgement.isExempted(check, on: fit.profile.name)
            return [
                isExempted ? Text("IGNORED", .doubtful) : mark(check.verdict), Text(check.id.rawValue),
                Text(CheckText.actual(check)), Text(CheckText.limit(check)), Text(CheckText.margin(check)),
                Text(check.actual?.how.rawValue ?? "", .faint), Text(check.note ?? "", .faint),
            ]
        }
        return [.heading("\(fit.profile.name): \(fit.profile.title)"), .table(table)]
    }

    private func mark(_ verdict: Check.Verdict) -> Text {
        switch verdict {
        case .pass: Text("PASS", .good)
        case .fail: Text("FAIL", .bad)
        case .unknown: judgement.unknown == .fail ? Text("UNKNOWN", .bad) : Text("UNKNOWN", .doubtful)
        }
    }

    private var budgets: [Document.Block] {
        guard !judgement.budgets.isEmpty else { return [] }
        var table = Table([
            .init("RESULT"), .init("BUDGET"), .init("MEASURED", .right), .init("LIMIT", .right),
            .init("BASELINE", .right), .init("NOTE", overflow: .wrap),
        ])
        table.rows = judgement.budgets.map { budget in
            [
                mark(budget.verdict), Text("\(budget.id) \(budget.kind.rawValue)"), Text(BudgetText.actual(budget)),
                Text(BudgetText.limit(budget)), Text(BudgetText.baseline(budget)), Text(budget.note ?? "", .faint),
            ]
        }
        return [.heading("Budgets"), .table(table)]
    }

    private var changes: [Document.Block] {
        guard let changes = judgement.changes else { return [] }
        guard !changes.isEmpty else {
            return [.heading("Since the baseline"), .list([["nothing changed"]])]
        }
        var table = Table([
            .init("CHANGE", .right), .init("BEFORE", .right), .init("NOW", .right), .init("KIND"),
            .init("WHAT", overflow: .cut),
        ])
        table.rows = changes.prefix(10).map { change in
            [
                Text(BudgetText.signed(change.difference), change.difference > 0 ? .doubtful : .good),
                Text(change.before.map { NumberText.bytes($0) } ?? "new"),
                Text(change.after.map { NumberText.bytes($0) } ?? "gone"), Text(change.part.kind.rawValue),
                Text(BudgetText.name(change)),
            ]
        }
        var blocks: [Document.Block] = [.heading("Since the baseline, the largest first"), .table(table)]
        let rest = changes.dropFirst(10)
        if !rest.isEmpty {
            let sum = BudgetText.signed(rest.reduce(0) { $0 + $1.difference })
            blocks.append(.list([[Text("and \(rest.count) smaller, \(sum) in all", .faint)]]))
        }
        return blocks
    }

    private var exemptions: [Document.Block] {
        let lines =
            judgement.exempted.map {
                "\($0.check.id.rawValue) on \($0.target) is let through until \($0.exemption.until): "
                    + $0.exemption.reason
            }
            + judgement.staleExemptions.map { stale in
                stale.isExpired
                    ? "the exemption of \(stale.exemption.rule) ended on \(stale.exemption.until)"
                    : "the exemption of \(stale.exemption.rule) is not needed"
            }
        return lines.isEmpty ? [] : [.heading("Exemptions"), .list(lines.map { [Text($0)] })]
    }

    private var trouble: [Document.Block] {
        guard !problems.isEmpty else { return [] }
        let rest = problems.count - 20
        let more = rest > 0 ? [[Text("and \(rest) more", .faint)]] : []
        return [.heading("Could not be judged"), .list(problems.prefix(20).map { [Text($0, .bad)] } + more)]
    }

    private var result: [Document.Block] {
        let verdicts =
            judgement.targets.flatMap { fit in
                fit.checks.filter { !judgement.isExempted($0, on: fit.profile.name) }.map(\.verdict)
            } + judgement.budgets.map(\.verdict)
        func count(_ verdict: Check.Verdict) -> Int { verdicts.count { $0 == verdict } }
        let counts = "\(count(.pass)) passed, \(count(.fail)) failed, \(count(.unknown)) unknown"
        let word: Text =
            switch outcome {
            case .passes: Text("PASSES", .good)
            case .fails: Text("FAILS", .bad)
            case .couldNotJudge: Text("COULD NOT JUDGE", .bad)
            }
        let unknown = judgement.unknown == .fail ? "unknown counts as failed" : "unknown only warns"
        return [.heading("Result"), .paragraph(["  ", word, Text(": \(counts); \(unknown)")])]
    }
}

/// The numbers of budgets in words.
enum BudgetText {
    typealias Budget = GateJudgement.BudgetResult

    /// The compared number.
    static func actual(_ budget: Budget) -> String { budget.actual.map { number($0, budget) } ?? "unknown" }

    /// The limit.
    static func limit(_ budget: Budget) -> String { number(budget.limit, budget) }

    /// The measure at the baseline.
    static func baseline(_ budget: Budget) -> String { budget.baseline.map { plain($0, budget.unit) } ?? "" }

    /// A part with its versions.
    static func name(_ change: GateChange) -> String {
        let versions = [change.versionBefore, change.part.version].compactMap { $0 }
        guard let last = versions.last else { return change.part.name }
        return versions.count == 2 && versions[0] != last
            ? "\(change.part.name) \(versions[0]) → \(last)" : "\(change.part.name) \(last)"
    }

    /// Bytes with their sign.
    static func signed(_ bytes: Int) -> String { (bytes > 0 ? "+" : "") + NumberText.bytes(bytes) }

    private static func number(_ value: Double, _ budget: Budget) -> String {
        switch budget.kind {
        case .growthShare: (value > 0 ? "+" : "") + NumberText.significant(value * 100) + " %"
        case .growth: (value > 0 ? "+" : "") + plain(value, budget.unit)
        case .maximum, .minimum: plain(value, budget.unit)
        }
    }

    private static func plain(_ value: Double, _ unit: Check.Unit?) -> String {
        switch unit {
        case .bytes: NumberText.exactBytes(CheckText.whole(value))
        case .seconds: NumberText.seconds(value)
        case .count: NumberText.grouped(CheckText.whole(value))
        case nil: NumberText.significant(value)
        }
    }
}
