import PackFit
import PackReport

extension AnalyzeReport {
    /// Every limit of a platform: what the files take as they are, what the best bundle takes, what is left.
    ///
    /// Only of platforms that were asked for by name: for all of them it is more than anyone reads.
    var limits: [Document.Block] {
        guard showsAllLimits else {
            return [.list([[Text("all limits of one platform: --target NAME", .faint)]])]
        }
        return analysis.answers.flatMap(limits)
    }

    private func limits(of answer: Analysis.Answer) -> [Document.Block] {
        let best = Self.bundles(answer).first
        var columns: [Table.Column] = [.init("LIMIT"), .init("ALLOWED", .right), .init("AS IT IS", .right)]
        if best != nil { columns.append(.init("SLIM", .right)) }
        columns += [.init("SPARE", .right), .init("KNOWN"), .init("NOTE", overflow: .wrap)]
        var table = Table(columns)
        table.rows = answer.fit.checks.map { check in
            let other = best?.result.checks.first { $0.id == check.id }
            return row(check, other, hasBundle: best != nil)
        }
        let known = Set(answer.fit.checks.map(\.id))
        for check in best?.result.checks ?? [] where !known.contains(check.id) {
            table.rows.append(row(nil, check, hasBundle: true))
        }
        return [.heading(heading(answer, best)), .table(table)]
    }

    private func heading(_ answer: Analysis.Answer, _ best: Remedy?) -> String {
        let (platform, judge) = (answer.fit.profile.name, answer.bundlePlatform.name)
        guard let best else { return "Limits of \(platform)" }
        return "Limits of \(platform), SLIM being pack \(best.action)"
            + (judge == platform ? "" : ", judged by \(judge)")
    }

    private func row(_ asItIs: Check?, _ slim: Check?, hasBundle: Bool) -> [Text] {
        guard let any = asItIs ?? slim else { return [] }
        var cells = [Text(any.id.rawValue), Text(CheckText.limit(any)), asItIs.map(amount) ?? Text("–", .faint)]
        if hasBundle { cells.append(slim.map(amount) ?? Text("–", .faint)) }
        let shown = hasBundle ? slim : asItIs
        cells += [Text(shown.map(CheckText.margin) ?? ""), Text(shown?.actual.map(\.how.rawValue) ?? "")]
        let lifted = asItIs?.verdict == .fail ? asItIs?.liftedBy.map { "lifted by \($0)" } : nil
        cells.append(Text(lifted ?? shown?.note ?? "", .faint))
        return cells
    }

    private func amount(_ check: Check) -> Text {
        let style: Text.Style =
            switch check.verdict {
            case .pass: .good
            case .fail: .bad
            case .unknown: .doubtful
            }
        let text = CheckText.actual(check)
        let isLong = check.actualText != nil && text.utf8.count > 24
        return Text(isLong ? String(text.prefix(23)) + "…" : text, style)
    }
}
