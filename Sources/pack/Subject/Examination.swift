import PackBundle
import PackDependencies
import PackFit
import PackIO
import PackImport
import PackProfiles
import PackReport

/// All that is found out about what lies at some paths, and what platforms say to it.
struct Examination {
    /// What was found.
    var subject: Subject
    /// The code and packages; `nil` where there are no files but a model's.
    var stack: Stack?
    /// What is known about deploying the files as they are.
    var asItIs: FitFacts
    /// What bundles would be like.
    var predictions: Predictions?
    /// What platforms say.
    var analysis: Analysis
    /// The smallest cosine that the manifest of a bundle states.
    var accuracy: Double?
    /// What runs under each platform's limits showed.
    var measured: [FitFacts.Measured] = []
    /// What could not be read, a line each.
    var problems: [String] { subject.problems }

    /// Looks at paths.
    ///
    /// - Parameters:
    ///   - paths: What is deployed.
    ///   - options: What is to be known about the code.
    ///   - asked: Gives who is asked, and is called only when that is needed; the first one's Python, processor and C
    ///     library are those that lists are read for.
    ///   - specialization: What is fixed of the ONNX model among the paths.
    /// - Throws: What makes a path unusable.
    static func make(
        _ paths: [String], _ options: StackOptions, _ asked: () throws -> [Profile],
        fixing specialization: ONNXSpecialization = ONNXSpecialization()
    ) throws -> Examination {
        func asking() throws -> (first: Profile, all: [Profile]) {
            let all = try asked()
            guard let first = all.first else { throw ValidationFailure.noPlatform }
            return (first, all)
        }
        let progress = Progress()
        defer { progress.finish() }
        progress.step("listing files")
        var subject = try Subject.find(
            paths, options, for: { options.environment(of: try asking().first, found: nil) }, fixing: specialization)
        var stack = subject.tree.map(Stack.init)
        subject.problems += stack?.packages.problems.map { "\($0.path) \($0.text)" } ?? []
        progress.step("reading binaries and imports")
        if stack != nil {
            let target = options.environment(of: try asking().first, found: stack?.python)
            stack?.look(
                for: target, declared: subject.declared.first?.roots ?? [],
                entry: options.entry, comparesContents: options.zip)
        }
        subject.problems += stack.map(\.problems) ?? []
        progress.step("planning what a bundle would take")
        let predictions = try subject.predict()
        let platforms = try asking().all
        if let problems = compress(&stack, subject, options, platforms, progress) { subject.problems += problems }
        progress.step("judging")
        var examination = Examination(
            subject: subject, stack: stack, asItIs: FitFacts(), predictions: predictions,
            analysis: Analysis(
                name: subject.name, model: nil, asItIs: FitFacts(), predictions: [], obstacle: nil, notLookedAt: [],
                profiles: []))
        examination.asItIs = try examination.facts(options, platforms)
        if options.resolve {
            progress.step("looking for releases that run on an older C library")
            try examination.findAlternatives(options, platforms)
        }
        if options.measure {
            progress.step("running \(options.entry ?? "")")
            examination.measured = try examination.measure(options, platforms)
        }
        examination.analysis = examination.judge(platforms)
        return examination
    }

    /// Compresses the files where the zip's size is wanted: where it is asked for, or where a platform limits it and does
    /// not refuse the deployment for its unpacked size anyway.
    private static func compress(
        _ stack: inout Stack?, _ subject: Subject, _ options: StackOptions, _ platforms: [Profile],
        _ progress: Progress
    ) -> [String]? {
        guard let tree = stack?.tree, tree.form == .folder else { return nil }
        let isLimited = platforms.contains { platform in
            guard platform.limits[.packageZipped]?.base != nil else { return false }
            return platform.limits[.packageUnpacked]?.base.map { Double(tree.bytes) <= $0 } ?? true
        }
        guard options.zip ?? (isLimited && subject.hasStack(stack)) else { return nil }
        progress.step("compressing")
        let problems = stack?.compress(progress: progress.count)
        return problems?.map { "\($0.path) \($0.text)" }
    }

    /// What platforms say to a deployment.
    func fits(of deployment: GateRules.Deployment) throws -> [Fit] {
        switch deployment {
        case .asItIs: analysis.answers.map(\.fit)
        case .slim(let quantization):
            try analysis.answers.map { Fit(try bundle(quantization, for: $0.fit.profile), on: $0.fit.profile) }
        }
    }

    /// What was measured, as far as budgets can be set for it.
    func measures(of deployment: GateRules.Deployment) throws -> GateMeasures {
        var measures: GateMeasures
        switch deployment {
        case .asItIs:
            var facts = asItIs
            facts.measured = measured.first
            measures = GateMeasures(facts)
        case .slim(let quantization):
            measures = GateMeasures(try bundle(quantization, for: analysis.answers.first?.fit.profile))
        }
        measures.accuracy = accuracy
        measures.values[.modelBytes] = subject.models.first.map { Known(bytes: $0.facts.fileBytes, .measured) }
        if let stack, !stack.packages.packages.isEmpty {
            measures.values[.dependencyBytes] = Known(
                bytes: stack.packages.packages.reduce(0) { $0 + $1.bytes }, .measured)
        }
        measures.parts = parts
        return measures
    }

    /// What is known of a bundle, with the runtime that a platform gets.
    private func bundle(_ quantization: String, for profile: Profile?) throws -> FitFacts {
        guard let prediction = predictions?.all.first(where: { $0.quantization == quantization }) else {
            let reason = analysis.obstacle ?? "there is no model among the files"
            throw Refusal(
                facts: ErrorFacts("pack slim could not make a bundle", file: subject.name, found: reason))
        }
        return Analysis.facts(of: profile.map { prediction.bundle(for: $0) } ?? prediction, for: analysis.model)
    }

    /// Packages, the model's files, and the other files.
    private var parts: [GateMeasures.Part] {
        guard let stack else {
            return subject.models.flatMap { model in
                model.facts.files.map { .init(kind: .model, name: $0.path, bytes: $0.bytes) }
            }
        }
        let packages = stack.packages.packages.map {
            GateMeasures.Part(kind: .package, name: $0.normalizedName, version: $0.version, bytes: $0.bytes)
        }
        let model = Set(subject.models.flatMap { model in model.facts.files.map { model.facts.path + "/" + $0.path } })
        let files = stack.tree.files.enumerated().filter { $1.link == nil && stack.packages.package(ofFile: $0) == nil }
        return packages
            + files.map { _, file in
                let isModel = stack.tree.location(of: file).map { model.contains($0) } ?? false
                return .init(kind: isModel ? .model : .file, name: file.path, bytes: file.bytes)
            }
    }

    /// What was looked at, a line each.
    func lookedAt(_ deployment: GateRules.Deployment) -> [String] {
        var lines = subject.found
        if let tree = subject.tree {
            lines.append(
                "\(subject.name): \(NumberText.grouped(tree.files.count)) files, \(NumberText.exactBytes(tree.bytes))")
        }
        if let stack, !stack.packages.packages.isEmpty {
            let count = stack.packages.packages.count
            lines.append("\(count) Python package\(count == 1 ? "" : "s")")
        }
        lines += subject.models.map {
            "model \($0.facts.path): \(NumberText.exactBytes($0.facts.weightBytes)) of weights"
        }
        if case .slim(let quantization) = deployment {
            lines.append("judged: the bundle that pack slim --quantize \(quantization) would make, predicted")
        }
        lines += subject.leftOut.map { "left out: " + $0 }
        return lines
    }

    /// Where the bytes are.
    var treemap: TreemapNode {
        TreemapBuilder.build(
            subject.name, tree: subject.tree, owners: stack?.owners ?? [], unused: stack?.unusedFiles ?? [],
            models: subject.models.map(\.facts))
    }
}

/// Wrong usage that only shows when the command runs.
enum ValidationFailure: Error {
    case noPlatform
}

extension Subject {
    /// What bundles of the first model would be like; what makes slim refuse it becomes its obstacle.
    fileprivate mutating func predict() throws -> Predictions? {
        guard let model = models.first, let imported = model.imported else { return nil }
        do {
            let predictions = try Predictions(imported, files: model.facts.files)
            models[0].facts.fusedOperators = predictions.fusedOperators
            return predictions
        } catch let error as any FactualError {
            models[0].obstacle = error.facts
            return nil
        }
    }

    /// Whether the code around the model is there, so that the files are more than a model.
    func hasStack(_ stack: Stack?) -> Bool {
        isComplete || stack?.packages.packages.isEmpty == false || models.isEmpty
    }
}
