import PackDependencies
import PackFit
import PackIO
import PackProfiles

extension Examination {
    /// What is known about deploying the files as they are.
    mutating func facts(_ options: StackOptions, _ platforms: [Profile]) throws -> FitFacts {
        let model = subject.models.first
        guard let stack, subject.hasStack(stack) else {
            guard let model else {
                return FitFacts.nothing(missingPackages?.note ?? "nothing was found to deploy")
            }
            return factsAsItIs(model.facts, model.weightFiles)
        }
        var facts = FitFacts()
        facts.missing = "only running it tells: --entry NAME --measure"
        facts.missingZipped = "compressing tells: --zip"
        sizes(of: stack, into: &facts)
        facts.fileCount = stack.tree.files.count
        facts.names = NameFacts(paths: stack.tree.files.map(\.path))
        facts.written = Known(0, .assumed, note: "assuming that the code writes no files")
        if let model {
            facts.peakMemory = Known(
                low: Double(model.facts.weightBytes), high: nil, how: .computed, note: "the weights alone")
        }
        if let manifest = BundleManifest(in: stack.tree) {
            manifest.apply(to: &facts)
            accuracy = manifest.accuracy
            subject.found.append("a bundle of pack slim for \(manifest.target)")
        } else {
            facts.entryPoint = entryPoint(options, stack.tree)
            platformNeeds(of: stack, into: &facts)
        }
        if stack.tree.files.isEmpty { return FitFacts.nothing("nothing was found to deploy") }
        unresolved(&facts)
        return facts
    }

    private func sizes(of stack: Stack, into facts: inout FitFacts) {
        let tree = stack.tree
        let layered = tree.layers.reduce(0) { $0 + $1.bytes }
        let bytes = tree.form == .zip || tree.form == .image ? max(layered, tree.bytes) : tree.bytes
        facts.unpacked = Known(bytes: bytes, .measured)
        facts.image = facts.unpacked
        switch tree.form {
        case .zip:
            // Function and layers are uploaded one by one.
            let largest = tree.layers.map(\.storedBytes).max() ?? 0
            facts.zipped = Known(
                bytes: largest, .measured, note: tree.layers.count > 1 ? "the largest of the zips" : nil)
            facts.layerCount = max(tree.layers.count - 1, 0)
        case .wheels:
            let sum = tree.files.reduce(0) { $0 + ($1.zippedBytes ?? $1.bytes) + 2 * ($1.path.utf8.count + 46) }
            facts.zipped = Known(
                low: Double(sum) * 0.98, high: Double(sum) * 1.03, how: .estimated, note: "as the wheels compress it")
        case .folder, .image: break
        }
        guard let zipped = stack.zipped else { return }
        let weight = Double(zipped.bytes)
        facts.zipped =
            zipped.isEstimated
            ? Known(
                low: weight * 0.98, high: weight * 1.03, how: .estimated, note: "wheels as they compress their files")
            : Known(weight, .measured, note: "really compressed")
    }

    /// What the platform would start: a program named `bootstrap` at the root, else the handler that is named.
    private func entryPoint(_ options: StackOptions, _ tree: FileTree) -> EntryPoint {
        if let program = tree.files.first(where: { $0.path == "bootstrap" }) {
            return .program(name: "bootstrap", isExecutable: program.mode & 0o111 != 0)
        }
        guard let entry = options.entry else {
            return .unknown("--entry does not name what is called")
        }
        return .handler(entry)
    }

    /// What lists of packages ask for and the files do not hold makes sizes lower bounds.
    private func unresolved(_ facts: inout FitFacts) {
        guard let (missing, note) = missingPackages else { return }
        facts.missing = note
        facts.unpacked = facts.unpacked.map { Known(low: $0.low, high: nil, how: $0.how, note: note) }
        facts.image = facts.unpacked
        let known = missing.reduce(0) { $0 + ($1.zippedBytes ?? 0) }
        facts.zipped = Known(
            low: (facts.zipped?.low ?? 0) + Double(known), high: nil, how: .computed, note: note)
        facts.architectures = nil
        facts.libc = nil
        facts.missingLibraries = nil
    }

    /// What the list of packages asks for beyond those that are there; `nil` where nothing is missing.
    private var missingPackages: (packages: [DeclaredPackage], note: String)? {
        guard let list = subject.declared.first else { return nil }
        let missing = list.packages.filter { stack?.packages.index(named: $0.name) == nil && $0.certainty == .yes }
        guard !missing.isEmpty else { return nil }
        let names = missing.prefix(3).map(\.name).joined(separator: ", ") + (missing.count > 3 ? ", …" : "")
        let count = missing.count == 1 ? "1 package" : "\(missing.count) packages"
        return (missing, "\(count) of \(list.path) \(missing.count == 1 ? "is" : "are") not among the files (\(names))")
    }
}

extension FitFacts {
    /// Nothing is known, for a reason.
    static func nothing(_ reason: String) -> FitFacts {
        var facts = FitFacts()
        facts.missing = reason
        return facts
    }
}
