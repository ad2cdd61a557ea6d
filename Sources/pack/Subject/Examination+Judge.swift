import PackFit
import PackProfiles

extension Examination {
    /// Lets platforms answer.
    func judge(_ platforms: [Profile]) -> Analysis {
        let model = subject.models.first
        return Analysis(
            name: subject.name, model: model?.facts, asItIs: asItIs, predictions: predictions?.all ?? [],
            obstacle: model?.obstacle.map(ErrorMessage.sentence), notLookedAt: notLookedAt, profiles: platforms,
            savings: savings, components: components)
    }

    /// What nobody looked at.
    private var notLookedAt: [String] {
        var lines: [String] = []
        if stack.map({ !subject.hasStack($0) }) ?? true { lines.append("code and Python packages around the model") }
        if subject.models.count > 1 {
            lines.append("bundles of the other models: " + subject.models.dropFirst().map(\.facts.path).joined(separator: ", "))
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

    /// What is to be known about the packages.
    var findings: [ModelFacts.Finding] { [] }

    /// What could be left out.
    private var savings: [Saving] { [] }

    /// What the binaries ask of the platform.
    func platformNeeds(
        of stack: Stack, _ options: StackOptions, _ platforms: [Profile], into facts: inout FitFacts
    ) {}
}
