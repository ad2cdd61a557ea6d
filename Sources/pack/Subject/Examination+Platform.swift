import PackDependencies
import PackFit
import PackFormats
import PackProfiles
import PackReport

extension Examination {
    /// What the binaries ask of a platform: processors, the C library, libraries that are not there.
    func platformNeeds(of stack: Stack, into facts: inout FitFacts) {
        guard let binaries = stack.binaries else { return }
        let own = binaries.all.filter { !$0.elf.isForDevice }
        guard !own.isEmpty else {
            facts.architectures = [.init(name: "x86_64"), .init(name: "arm64")]
            facts.libc = .anything
            facts.missingLibraries = []
            return
        }
        let architectures = Self.architectures(own, stack)
        facts.architectures = architectures.names.map { .init(name: $0) }
        facts.architectureCulprit = architectures.culprit
        libc(own, stack, architectures.names.first, into: &facts)
        facts.python = stack.compiledFor
        facts.missingLibraries = binaries.findings.filter { $0.kind == .libraryMissing && !$0.isDoubt }.map {
            stack.culprit($0.file, $0.package, needs: $0.found, others: $0.count - 1)
        }
    }

    /// The processors for which every package with binaries has some, and who stands against the others.
    private static func architectures(
        _ binaries: [Binaries.Binary], _ stack: Stack
    ) -> (names: [String], culprit: Culprit?) {
        var byPackage: [Int: (names: Set<String>, first: Binaries.Binary, count: Int)] = [:]
        for binary in binaries {
            let key = binary.package ?? -1
            byPackage[key, default: ([], binary, 0)].names.insert(binary.elf.architecture)
            byPackage[key]?.count += 1
        }
        let all = byPackage.values.reduce(into: Set(byPackage.values.flatMap(\.names))) {
            $0.formIntersection($1.names)
        }
        let order = byPackage.sorted { ($1.value.count, $0.key) < ($0.value.count, $1.key) }
        // Blamed is who lacks what most platforms run: of one processor the first package, of several one that differs.
        let blamed = order.first { !$0.value.names.contains("x86_64") } ?? order.first
        let culprit = blamed.map { _, value in
            stack.culprit(
                value.first.file, value.first.package, needs: value.names.sorted().joined(separator: " or "),
                others: value.count - 1)
        }
        return (all.sorted(by: >), culprit)
    }

    private func libc(
        _ binaries: [Binaries.Binary], _ stack: Stack, _ architecture: String?, into facts: inout FitFacts
    ) {
        if let musl = binaries.first(where: { $0.elf.libc == .musl }) {
            facts.libc = .musl
            facts.libcCulprit = stack.culprit(musl.file, musl.package, needs: "musl", others: 0)
            return
        }
        guard let highest = stack.binaries?.highest("GLIBC", architecture: architecture) else {
            facts.libc = binaries.contains { $0.elf.isDynamic } ? .anything : .nothing
            return
        }
        let version = highest.version.description
        facts.libc = .glibc(version)
        let count = binaries.count { $0.elf.highestVersion("GLIBC") == highest.version }
        facts.libcCulprit = stack.culprit(
            highest.file, highest.package, needs: "glibc \(version)", others: max(count - 1, 0))
    }

    /// What is to be known about the packages, worst first.
    var findings: [ModelFacts.Finding] {
        guard let stack else { return [] }
        return stack.tree.doubtFindings + stack.unmetFindings + stack.installedFindings + stack.binaryFindings
            + stack.importFindings
    }
}

extension Stack {
    /// A file that is refused, with its package.
    func culprit(_ file: Int, _ package: Int?, needs: String, others: Int, instead: String? = nil) -> Culprit {
        Culprit(
            package: package.map(title), file: tree.files[file].path, needs: needs, instead: instead, others: others)
    }

    /// The Python that extension modules are for, where they are for one alone.
    fileprivate var compiledFor: String? {
        guard let releases = binaries?.pythons(in: tree), releases.count == 1 else { return nil }
        return releases.first?.map(String.init).joined(separator: ".")
    }

    /// A package's name and version.
    func title(_ package: Int) -> String {
        "\(packages.packages[package].name) \(packages.packages[package].version)"
    }

    fileprivate var unmetFindings: [ModelFacts.Finding] {
        guard let graph else { return [] }
        return graph.unmet.map { unmet in
            let there = unmet.installedVersion.map { "\($0) is there" } ?? "it is not there"
            return .init(
                id: "requirement.missing", text: "\(title(unmet.from)) requires \(unmet.requirement); \(there)")
        }
    }

    fileprivate var installedFindings: [ModelFacts.Finding] {
        (packages.findings + targetFindings).map { finding in
            let more = finding.count > 1 ? " (and \(finding.count - 1) more)" : ""
            let id =
                switch finding.kind {
                case .duplicate: "package.duplicate"
                case .tagsRefused, .pythonRefused: "wheel.tag"
                default: "record.differs"
                }
            return .init(
                id: id,
                text: "\(title(finding.package)): \(finding.path): \(finding.kind.words), \(finding.detail)\(more)")
        }
    }

    /// What could not be read, a line each.
    var problems: [String] {
        let problems = (binaries?.problems ?? []) + (imports?.problems ?? []) + (waste?.problems ?? [])
        return problems.map { "\($0.path) \($0.text)" }
    }

    fileprivate var importFindings: [ModelFacts.Finding] {
        guard let imports else { return [] }
        let missing = imports.missingEntries.map {
            ModelFacts.Finding(id: "entry.point", text: "the entry point \($0) is not among the files")
        }
        guard let first = imports.doubts.first else { return missing }
        let more = imports.doubts.count > 1 ? " and \(imports.doubts.count - 1) more places" : ""
        let text =
            "imports that only show when the code runs: \(first.call) in \(tree.files[first.file].path):\(first.line)\(more)"
        return missing + [.init(id: "import.dynamic", text: text)]
    }

    /// One finding for each kind and package, with the names of what is wrong.
    fileprivate var binaryFindings: [ModelFacts.Finding] {
        struct Key: Hashable {
            var kind: BinaryFinding.Kind
            var package: Int?
            var isDoubt: Bool
        }
        let groups = Dictionary(grouping: binaries?.findings ?? []) {
            Key(kind: $0.kind, package: $0.package, isDoubt: $0.isDoubt)
        }
        return groups.compactMap { key, findings in
            guard let id = key.kind.ruleID, let first = findings.first else { return nil }
            let who = key.package.map(title) ?? tree.files[first.file].path
            let names = findings.prefix(3).map(\.found).joined(separator: ", ")
            let rest = findings.count > 3 ? " and \(findings.count - 3) more" : ""
            let expected = first.expected.map { ", the target has \($0)" } ?? ""
            let file = key.package == nil ? "" : ", such as \(tree.files[first.file].path)"
            let count = findings.reduce(0) { $0 + $1.count }
            let files = count == 1 ? "1 file" : "\(NumberText.grouped(count)) files"
            return .init(
                id: id,
                text: "\(who): \(key.kind.words): \(names)\(rest)\(expected) (\(files)\(file))"
                    + (key.isDoubt ? "; a doubt" : ""))
        }.sorted { ($0.id, $0.text) < ($1.id, $1.text) }
    }
}

extension FileTree {
    /// What was taken and looks suspicious.
    fileprivate var doubtFindings: [ModelFacts.Finding] {
        doubts.map { .init(id: "archive.expands", text: "\($0.path) \($0.text)") }
    }
}

extension InstalledFinding.Kind {
    /// The kind in words.
    var words: String {
        switch self {
        case .recordedFileMissing: "RECORD names it and it is not there"
        case .recordClimbs: "RECORD names a file outside the tree"
        case .sizeDiffers: "its size is not what RECORD says"
        case .digestDiffers: "its digest is not what RECORD says"
        case .recordMalformed: "RECORD is malformed"
        case .claimedTwice: "two packages claim it"
        case .metadataIncomplete: "its metadata are incomplete"
        case .nameDiffers: "its folder has another name"
        case .duplicate: "the package is there twice"
        case .tagsRefused: "its wheel is for another target"
        case .pythonRefused: "it asks for another Python"
        }
    }
}

extension BinaryFinding.Kind {
    /// The rule that findings of the kind are of; `nil` for what the checks of platforms say themselves.
    fileprivate var ruleID: String? {
        switch self {
        case .wrongArchitecture, .glibcTooNew, .wrongLibC, .unneeded: nil
        case .libraryMissing: "elf.library"
        case .wrongPython: "wheel.tag"
        case .executableStack: "elf.executable-stack"
        case .instructionSet: "elf.instructions"
        case .damaged: "damaged"
        }
    }

    /// The kind in words.
    fileprivate var words: String {
        switch self {
        case .wrongArchitecture: "is for another processor"
        case .wrongLibC: "is for another C library"
        case .glibcTooNew: "needs a later glibc"
        case .wrongPython: "is for another Python"
        case .libraryMissing: "needs a library that not every platform has"
        case .executableStack: "asks for an executable stack"
        case .instructionSet: "needs instructions that not every processor has"
        case .unneeded: "is a library that nothing needs"
        case .damaged: "is damaged"
        }
    }
}
