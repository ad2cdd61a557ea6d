import PackFit
import PackReport

extension AnalyzeReport {
    /// What pack slim would make, with predicted sizes and the platforms that take it.
    var bundles: [Document.Block] {
        guard !analysis.predictions.isEmpty else {
            return analysis.obstacle.map { [.heading("Bundles"), .list([[Text("pack slim can make none: " + $0)]])] }
                ?? []
        }
        var table = Table([
            .init("PACK SLIM"), .init("UNPACKED", .right), .init("SAVES", .right), .init("ZIPPED", .right),
            .init("MEMORY", .right), .init("WORST WEIGHT OFF BY", .right), .init("THEN FITS", overflow: .wrap),
        ])
        table.rows = analysis.predictions.map(row)
        var blocks: [Document.Block] = [
            .heading("Bundles that pack slim would make, the least loss of accuracy first (predicted)"), .table(table),
        ]
        if let example { blocks += [.paragraph(["  for example:"]), .command(example)] }
        return blocks
    }

    /// The command for the first platform that refuses the files as they are, else for the first.
    private var example: String? {
        let commands = analysis.answers.compactMap { answer in
            Self.bundles(answer).first { $0.result.verdict == .fits }?.command.map { (answer.fit.verdict, $0) }
        }
        return (commands.first { $0.0 == .doesNotFit } ?? commands.first)?.1
    }

    private func row(_ prediction: Prediction) -> [Text] {
        let action = "slim --quantize \(prediction.quantization)"
        let fitting = analysis.answers.filter { answer in
            answer.remedies.contains { $0.action == action && $0.result.verdict == .fits }
        }
        var names: [String] = []
        for name in fitting.map(\.bundlePlatform.name) where !names.contains(name) { names.append(name) }
        let all = fitting.count == analysis.answers.count && fitting.count > 1
        return [
            Text("--quantize \(prediction.quantization)"), Text(NumberText.bytes(prediction.unpackedBytes)),
            Text(NumberText.bytes((analysis.model?.fileBytes ?? 0) - prediction.unpackedBytes)),
            Text(prediction.zippedBytes.map { NumberText.bytes($0) } ?? "–"),
            Text(NumberText.bytes(prediction.peakMemoryBytes)),
            Text(Self.loss(prediction)),
            names.isEmpty ? Text("none", .bad) : Text(all ? "all" : names.joined(separator: ", "), .good),
        ]
    }

    /// The error of the weight that loses most, as a share of its size: what analyze can tell of accuracy without running it.
    private static func loss(_ prediction: Prediction) -> String {
        guard let error = prediction.loss?.error, error > 0 else { return "nothing" }
        return NumberText.significant(error * 100) + " %"
    }
}
