import PackFit
import PackIO
import PackProfiles

extension Examination {
    /// Lets platforms answer.
    func judge(_ platforms: [Profile]) -> Analysis {
        let model = subject.models.first
        return Analysis(
            name: subject.name, model: model?.facts, asItIs: asItIs, measured: measured,
            predictions: predictions?.all ?? [],
            obstacle: model?.obstacle.map(ErrorMessage.sentence), notLookedAt: notLookedAt, profiles: platforms,
            savings: savings, components: components,
            others: {
                // Platforms that are given by files need no library to be judged.
                let others = (try? allProfiles()) ?? []
                return platforms + others.filter { other in !platforms.contains { $0.name == other.name } }
            })
    }

    /// Runs the entry point once under each platform's limits.
    func measure(_ options: StackOptions, _ platforms: [Profile]) throws -> [FitFacts.Measured] {
        guard let entry = options.entry, let tree = subject.tree, tree.form == .folder else {
            throw Refusal(
                facts: ErrorFacts(
                    "only folders can be run to be measured", file: subject.name,
                    hint: "unpack the archive, and give the folder"))
        }
        let start = MeasuredStart(entry: entry, python: options.pythonCommand, folders: subject.folders)
        return try platforms.map { try start.facts(on: $0) }
    }

    /// What nobody looked at.
    private var notLookedAt: [String] {
        var lines: [String] = []
        if stack.map({ !subject.hasStack($0) }) ?? true { lines.append("code and Python packages around the model") }
        if let stack, !stack.packages.packages.isEmpty, stack.tree.form != .wheels {
            lines.append("whether files are what RECORD's digests say")
        }
        if subject.models.count > 1 {
            lines.append(
                "bundles of the other models: " + subject.models.dropFirst().map(\.facts.path).joined(separator: ", "))
        }
        if subject.isComplete, subject.models.isEmpty { lines.append("models inside the archive") }
        if !subject.models.isEmpty { lines.append("accuracy after quantizing") }
        return lines + ["speed of requests"]
    }

    /// What the deployment consists of and needs.
    private var components: [Component] {
        guard let stack else { return [] }
        let zipped = stack.zippedBytes()
        return stack.packages.packages.enumerated().map { index, package in
            Component(
                name: "\(package.name) \(package.version)", unpacked: Known(bytes: package.bytes, .measured),
                zipped: zipped.map { Known(bytes: $0.packages[index], .measured) })
        }
    }

    /// What could be left out.
    private var savings: [Saving] { stack?.savings ?? [] }
}
