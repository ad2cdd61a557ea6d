import PackFit
import PackProfiles
import PackReport

extension AnalyzeReport {
    /// One line a platform: what it says to the files as they are, what it would say to bundles, and which limit decides.
    var verdicts: [Document.Block] {
        var table = Table([
            .init("PLATFORM"), .init("AS IT IS"), .init("AFTER PACK SLIM"), .init("WHAT DECIDES", overflow: .wrap),
        ])
        table.rows = analysis.answers.map { answer in
            [
                Text(answer.fit.profile.name, .strong), Self.verdict(answer.fit.verdict), slimmed(answer),
                Text(reason(answer)),
            ]
        }
        return [
            .heading("Does it fit?"), .table(table),
            .list([
                [
                    Text(
                        "MB is 1,000,000 B, MiB is 1,048,576 B; predictions count with their less favourable end",
                        .faint)
                ]
            ]),
        ]
    }

    static func verdict(_ verdict: Fit.Verdict) -> Text {
        switch verdict {
        case .fits: Text("FITS", .good)
        case .doesNotFit: Text("DOES NOT FIT", .bad)
        case .unknown: Text("UNKNOWN", .doubtful)
        }
    }

    /// Remedies that are bundles, in the order of their loss.
    static func bundles(_ answer: Analysis.Answer) -> [Remedy] { answer.remedies.filter { $0.facts != nil } }

    private func slimmed(_ answer: Analysis.Answer) -> Text {
        let bundles = Self.bundles(answer)
        guard !bundles.isEmpty else { return Text("not possible", .faint) }
        let fitting = bundles.filter { $0.result.verdict == .fits }
        if !fitting.isEmpty {
            let judge = answer.bundlePlatform.name
            let which =
                fitting.count == bundles.count ? "any" : fitting.map { quantization($0) }.joined(separator: ", ")
            return Text("FITS: " + which + (judge == answer.fit.profile.name ? "" : " on \(judge)"), .good)
        }
        return bundles.contains { $0.result.verdict == .unknown }
            ? Text("UNKNOWN", .doubtful) : Text("DOES NOT FIT", .bad)
    }

    private func quantization(_ remedy: Remedy) -> String {
        remedy.action.split(separator: " ").last.map(String.init) ?? remedy.action
    }

    func reason(_ answer: Analysis.Answer) -> String {
        var parts = [answer.fit.deciding.map(Self.deciding) ?? "no check applies"]
        if let bundle = Self.bundles(answer).first, let check = bundle.result.deciding {
            parts.append("slim \(quantization(bundle)): " + Self.deciding(check))
        }
        return parts.joined(separator: "; ")
    }

    private static func deciding(_ check: Check) -> String {
        check.verdict == .unknown ? check.note ?? "\(check.id.rawValue) is not known" : binding(check)
    }

    /// A check in words; with exact bytes where the limit is near or broken: `package.zipped at least 81,000,000 B of 52,428,800 B (50 MiB), 28,571,200 B over`.
    static func binding(_ check: Check) -> String {
        guard let limit = check.limit, let actual = check.actual, let margin = check.margin, let unit = check.unit
        else {
            let texts = [check.actualText, check.limitText].compactMap { $0 }
            return check.id.rawValue + ", " + (check.note ?? texts.joined(separator: ", there "))
        }
        guard check.verdict == .fail || (check.use ?? 0) > 0.5 else {
            return "\(check.id.rawValue) \(amount(actual, unit)) of \(CheckText.number(limit, unit))"
        }
        let used = check.verdict == .fail ? actual.low : actual.high ?? actual.low
        let prefix = actual.isExact ? "" : check.verdict == .fail ? "at least " : "at most "
        let end = margin < 0 ? "\(CheckText.exact(-margin, unit)) over" : "\(CheckText.exact(margin, unit)) spare"
        return "\(check.id.rawValue) \(prefix)\(CheckText.exact(used, unit)) of \(limitText(limit, unit)), \(end)"
    }

    private static func amount(_ actual: Known, _ unit: Check.Unit) -> String {
        let prefix = actual.isExact ? "" : actual.high == nil ? "at least " : "at most "
        return prefix + CheckText.number(actual.high ?? actual.low, unit)
    }

    private static func limitText(_ limit: Double, _ unit: Check.Unit) -> String {
        let short = CheckText.number(limit, unit)
        return unit == .bytes ? "\(CheckText.exact(limit, unit)) (\(short))" : short
    }
}
