import PackFit
import PackReport

extension AnalyzeReport {
    /// Ways to make it fit, the least trouble first, for each platform that refuses the files as they are.
    var plans: [Document.Block] {
        let refused = analysis.answers.filter { $0.fit.verdict == .doesNotFit }
        guard !refused.isEmpty else { return [] }
        var table = Table([
            .init("PLATFORM"), .init("THEN"), .init("UNPACKED", .right), .init("ZIPPED", .right), .init("HOW KNOWN"),
            .init("WHAT TO DO", overflow: .wrap),
        ])
        var lines: [String] = []
        for answer in refused {
            let plans = shown(answer.plans)
            table.rows += plans.map { row($0, answer) }
            lines += floor(answer).map { [$0] } ?? []
            if plans.isEmpty { lines += advice(answer) }
        }
        var blocks: [Document.Block] = [.heading("What would make it fit, the least trouble first")]
        if !table.rows.isEmpty { blocks.append(.table(table)) }
        if !lines.isEmpty { blocks.append(.list(lines.map { [Text($0)] })) }
        return blocks
    }

    /// The first ways that lead to a yes, or at least break no limit; else the best of those that do not suffice.
    private func shown(_ plans: Plans) -> [Plan] {
        let helping = plans.plans.filter { $0.result.verdict != .doesNotFit }
        return Array((helping.isEmpty ? plans.plans.prefix(1) : helping.prefix(4)))
    }

    private func row(_ plan: Plan, _ answer: Analysis.Answer) -> [Text] {
        [
            Text(answer.fit.profile.name), Self.verdict(plan.result.verdict), Text(amount(plan.facts.unpacked)),
            Text(amount(plan.facts.zipped)), Text(plan.basis.rawValue, .faint),
            Text(plan.steps.map(\.text).joined(separator: "; ")),
        ]
    }

    private func amount(_ known: Known?) -> String {
        guard let known else { return "–" }
        return known.high.map { NumberText.bytes(CheckText.whole($0)) }
            ?? "≥ " + NumberText.bytes(CheckText.whole(known.low))
    }

    /// What to do about limits that no change of the files' sizes lifts.
    private func advice(_ answer: Analysis.Answer) -> [String] {
        answer.fit.checks.filter { $0.verdict == .fail }.map {
            "\(answer.fit.profile.name): \($0.id.rawValue). \(RuleCatalog.entry(of: $0.id).help)"
        }
    }

    /// By how much it is over, and what is left when all that can be left out is.
    private func floor(_ answer: Analysis.Answer) -> String? {
        guard let floor = answer.plans.floor else { return nil }
        let left = NumberText.exactBytes(CheckText.whole(floor.bytes.low))
        let over = NumberText.exactBytes(CheckText.whole(floor.over))
        var text =
            "\(answer.fit.profile.name): without all that could be left out, \(floor.id.rawValue) is still \(left), \(over) over"
        if let largest = floor.largest {
            let isZip = floor.id == .packageZipped
            let bytes = (isZip ? largest.zipped : largest.unpacked)?.low ?? 0
            text += "; \(largest.name) alone is \(NumberText.exactBytes(CheckText.whole(bytes)))"
            if floor.isOneTooLarge { text += ": only replacing it helps" }
        }
        return text
    }

    /// Plans for programs: for each platform the best ones.
    var plansJSON: JSON {
        .array(
            analysis.answers.filter { $0.fit.verdict != .fits }.flatMap { answer in
                shown(answer.plans).map { plan -> JSON in
                    [
                        "profile": .string(answer.fit.profile.name),
                        "steps": .array(plan.steps.map { .string($0.text) }),
                        "commands": .array(plan.steps.compactMap(\.command).map { .string($0) }),
                        "saves": ["bytes": .optional(plan.saves)], "basis": .string(plan.basis.rawValue),
                        "verdict": .string(plan.result.verdict.rawValue),
                        "bytes": [
                            "unpacked": .whole(plan.facts.unpacked.map { $0.high ?? $0.low }),
                            "zipped": .whole(plan.facts.zipped.map { $0.high ?? $0.low }),
                        ],
                    ]
                }
            })
    }
}
