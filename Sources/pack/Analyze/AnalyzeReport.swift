import PackFit
import PackReport

/// An analysis for people: verdicts, limits, what is large, what is stored twice, operators, findings, bundles, what
/// would make it fit, and what was not looked at.
struct AnalyzeReport {
    let examination: Examination
    /// Whether the limits of the platforms are shown.
    let showsAllLimits: Bool
    /// Whether packages are shown as a tree of who needs whom.
    var showsTree = false
    /// A month of requests that prices are for.
    var workload: Workload?

    var analysis: Analysis { examination.analysis }

    var document: Document {
        Document(
            summary + verdicts + limits + packages + declared + waste + compiled + contributors + duplicates + operators
                + findings
                + bundles + plans + prices + problems + notLookedAt)
    }

    private var summary: [Document.Block] {
        [.paragraph([Text(analysis.name, .strong)])] + deployment + (analysis.model.map(summary) ?? [])
    }

    /// The files as a whole, where they are more than a model, and what was found.
    private var deployment: [Document.Block] {
        let subject = examination.subject
        var lines: [Text] = []
        if let stack = examination.stack, subject.hasStack(stack) {
            var parts = [
                "\(NumberText.exactBytes(stack.tree.bytes)) in \(plural(stack.tree.files.count, "file"))",
                plural(stack.packages.packages.count, "Python package"),
            ]
            if let python = stack.python {
                parts.append("for Python " + python.map(String.init).joined(separator: "."))
            }
            lines.append(Text("  " + parts.joined(separator: " · ")))
        }
        lines += subject.found.map { Text("  " + $0) } + subject.leftOut.map { Text("  left out: " + $0, .faint) }
        return lines.map { .paragraph([$0]) }
    }

    private func summary(of model: ModelFacts) -> [Document.Block] {
        var parts = [model.architecture ?? "unknown architecture"]
        if let task = model.task { parts.append(task) }
        parts.append(NumberText.count(model.parameters) + " parameters")
        if let tokens = model.maximumTokens { parts.append("up to \(tokens) tokens") }
        let dtypes = model.dtypes.keys.sorted().joined(separator: ", ")
        let weights =
            model.tensors.isEmpty
            ? "no tensors of weights"
            : "\(NumberText.bytes(model.weightBytes)) of weights (\(dtypes)) in \(plural(model.tensors.count, "tensor"))"
        let sizes = "\(weights); \(NumberText.bytes(model.fileBytes)) in \(plural(model.files.count, "file"))"
        return [
            .paragraph([Text("  " + parts.joined(separator: " · "))]),
            .paragraph([Text("  " + sizes)]),
        ]
    }

    private func plural(_ count: Int, _ noun: String) -> String {
        "\(NumberText.grouped(count)) \(noun)\(count == 1 ? "" : "s")"
    }

    private var contributors: [Document.Block] {
        guard let model = analysis.model, !model.tensors.isEmpty else { return [] }
        var table = Table([
            .init("BYTES", .right), .init("SHARE", .right), .init("TYPE"), .init("SHAPE"),
            .init("TENSOR", overflow: .cut),
        ])
        let tensors = model.tensors.sorted { ($1.bytes, $0.name) < ($0.bytes, $1.name) }
        let total = max(model.weightBytes, 1)
        table.rows = tensors.prefix(5).map { tensor in
            [
                Text(NumberText.bytes(tensor.bytes)), Text(NumberText.percent(Double(tensor.bytes) / Double(total))),
                Text(tensor.dtype), Text("\(tensor.shape)"), Text(tensor.name),
            ]
        }
        let rest = tensors.dropFirst(5)
        var blocks: [Document.Block] = [.heading("Largest tensors"), .table(table)]
        if !rest.isEmpty {
            let bytes = NumberText.bytes(rest.reduce(0) { $0 + $1.bytes })
            blocks.append(.list([[Text("and \(rest.count) smaller, \(bytes) in all", .faint)]]))
        }
        return blocks
    }

    private var duplicates: [Document.Block] {
        let groups = analysis.model?.duplicates ?? []
        guard !groups.isEmpty else { return [] }
        var lines = groups.prefix(5).map { group in
            [Text("\(NumberText.bytes(group.wasted)): \(group.names.joined(separator: " = "))")]
        }
        if groups.count > 5 { lines.append([Text("and \(groups.count - 5) smaller", .faint)]) }
        return [.heading("Stored more than once"), .list(lines)]
    }

    private var operators: [Document.Block] {
        guard let operators = analysis.model?.operators else { return [] }
        var blocks: [Document.Block] = [.heading("Operators"), .list([[Text("as exported: " + counts(operators))]])]
        if let fused = analysis.model?.fusedOperators {
            blocks.append(.list([[Text("after fusing: " + counts(fused))]]))
        }
        return blocks
    }

    private func counts(_ counts: [String: Int]) -> String {
        counts.sorted { ($1.value, $0.key) < ($0.value, $1.key) }.map { "\($0.value) \($0.key)" }.joined(
            separator: ", ")
    }

    /// What is to be known about the model and the packages, worst first.
    var allFindings: [ModelFacts.Finding] { (analysis.model?.findings ?? []) + examination.findings }

    private var findings: [Document.Block] {
        let findings = allFindings
        guard !findings.isEmpty else { return [] }
        return [
            .heading("Findings"),
            .list(
                findings.map { finding in
                    let bytes = finding.bytes > 0 ? " (\(NumberText.bytes(finding.bytes)))" : ""
                    return [Text(finding.text + bytes)]
                }),
        ]
    }

    private var problems: [Document.Block] {
        guard !examination.problems.isEmpty else { return [] }
        let rest = examination.problems.count - 20
        let more = rest > 0 ? [[Text("and \(rest) more", .faint)]] : []
        return [
            .heading("Could not be read"),
            .list(examination.problems.prefix(20).map { [Text($0, .bad)] } + more),
        ]
    }

    private var notLookedAt: [Document.Block] {
        guard !analysis.notLookedAt.isEmpty else { return [] }
        return [.heading("Not looked at"), .list(analysis.notLookedAt.map { [Text($0)] })]
    }
}
