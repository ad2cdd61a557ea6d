import PackFormats

/// Judges the compiled files of a tree for a target.
struct BinaryJudge {
    let tree: FileTree
    let installed: InstalledPackages
    let target: TargetEnvironment?
    private var findings: [BinaryFinding] = []
    /// Names that some file of the tree needs.
    private var needed: Set<String> = []
    /// Places in `findings` by kind, package and, for libraries, name.
    private var places: [FindingKey: Int] = [:]

    private struct FindingKey: Hashable {
        var kind: BinaryFinding.Kind
        var package: Int
        var found: String
    }

    init(_ tree: FileTree, _ installed: InstalledPackages, _ target: TargetEnvironment?) {
        self.tree = tree
        self.installed = installed
        self.target = target
    }

    mutating func judge(_ binaries: inout Binaries) {
        provide(&binaries)
        let fitting = Set(binaries.all.filter(isFitting).map { $0.package ?? -1 })
        for binary in binaries.all {
            judge(binary, hasFitting: fitting.contains(binary.package ?? -1))
        }
        for binary in Unneeded(tree, installed, binaries).find() {
            add(.unneeded, binary, found: String(tree.files[binary.file].name), isDoubt: true, isNamed: true)
        }
        binaries.findings = findings
    }

    private func isFitting(_ binary: Binaries.Binary) -> Bool {
        target.map { binary.elf.architecture == $0.architecture } ?? true
    }

    /// Finds who provides the needed libraries.
    private mutating func provide(_ binaries: inout Binaries) {
        var names = Set(
            tree.files.lazy.filter { $0.name.utf8.starts(with: "lib".utf8) || $0.link != nil }.map { String($0.name) })
        for binary in binaries.all {
            names.insert(String(tree.files[binary.file].name))
            if let soname = binary.elf.soname { names.insert(soname) }
            needed.formUnion(binary.elf.needed)
        }
        for index in binaries.all.indices {
            binaries.all[index].providers = binaries.all[index].elf.needed.map { name in
                if names.contains(String(PathParts.name(name))) { return .tree }
                let platform = PlatformLibraries.provider(of: name, libc: target?.libc)
                // An image brings its whole system, except for what the machine below it adds.
                return tree.form == .image && platform != .driver ? .nothing : platform
            }
        }
    }

    private mutating func judge(_ binary: Binaries.Binary, hasFitting: Bool) {
        let elf = binary.elf
        if elf.isForDevice { return }
        if !elf.problems.isEmpty {
            add(.damaged, binary, found: elf.problems[0].problem.words, isDoubt: true)
        }
        if let target, elf.architecture != target.architecture {
            if !hasFitting { add(.wrongArchitecture, binary, found: elf.architecture, expected: target.architecture) }
            return
        }
        judgeLibC(binary)
        judgePython(binary)
        for (name, provider) in zip(elf.needed, binary.providers) where provider == .nothing || provider == .desktop {
            // The other C library's are missing with it, which is said once.
            if isOfOtherLibC(elf), PlatformLibraries.provider(of: name, libc: nil) == .libc { continue }
            add(.libraryMissing, binary, found: name, isDoubt: provider == .desktop || isPlugin(binary), isNamed: true)
        }
        if elf.stack == .executable, elf.kind == .shared || elf.kind == .executable {
            add(.executableStack, binary, found: "an executable stack", isDoubt: true)
        }
        if elf.instructionSets & ~3 != 0 {
            let level = elf.instructionSets & 8 != 0 ? "x86-64-v4 (AVX-512)" : "x86-64-v3 (AVX2)"
            add(.instructionSet, binary, found: level, isDoubt: true)
        }
    }

    /// Whether it is a library that only code which knows its name would load, so that it may never be.
    private func isPlugin(_ binary: Binaries.Binary) -> Bool {
        let name = tree.files[binary.file].name
        guard binary.elf.kind == .shared, binary.elf.interpreter == nil, !needed.contains(String(name)) else {
            return false
        }
        if let soname = binary.elf.soname, needed.contains(soname) { return false }
        return BinaryNames.python(ofExtension: name) == nil && !name.endsInBytes(".abi3.so")
    }

    private func isOfOtherLibC(_ elf: ELFFile) -> Bool {
        switch (elf.libc, target?.libc) {
        case (.musl, .glibc), (.glibc, .musl): true
        default: false
        }
    }

    private mutating func judgeLibC(_ binary: Binaries.Binary) {
        if isOfOtherLibC(binary.elf) {
            let isMusl = binary.elf.libc == .musl
            add(.wrongLibC, binary, found: isMusl ? "musl" : "glibc", expected: isMusl ? "glibc" : "musl")
            return
        }
        guard case .glibc(let major, let minor) = target?.libc, let needed = binary.elf.highestVersion("GLIBC"),
            DottedVersion([major, minor]) < needed
        else { return }
        add(.glibcTooNew, binary, found: "glibc \(needed)", expected: "glibc \(major).\(minor) at most")
    }

    private mutating func judgePython(_ binary: Binaries.Binary) {
        let name = tree.files[binary.file].name
        guard let wanted = target?.python.prefix(2), let python = BinaryNames.python(ofExtension: name),
            python != Array(wanted)
        else { return }
        let text = wanted.map(String.init).joined(separator: ".")
        add(.wrongPython, binary, found: "Python \(python[0]).\(python[1])", expected: "Python \(text)")
    }

    /// Adds a finding, or counts one more file for one of the same kind. Of versions the highest stays.
    private mutating func add(
        _ kind: BinaryFinding.Kind, _ binary: Binaries.Binary, found: String, expected: String? = nil,
        isDoubt: Bool = false,
        isNamed: Bool = false
    ) {
        let key = FindingKey(kind: kind, package: binary.package ?? -1, found: isNamed ? found : "")
        guard let place = places[key] else {
            places[key] = findings.count
            findings.append(
                BinaryFinding(
                    kind: kind, package: binary.package, file: binary.file, count: 1, found: found, expected: expected,
                    isDoubt: isDoubt))
            return
        }
        findings[place].count += 1
        guard kind == .glibcTooNew, let old = DottedVersion(findings[place].found.dropFirst(6)),
            let new = DottedVersion(found.dropFirst(6)), old < new
        else { return }
        findings[place].found = found
        findings[place].file = binary.file
    }
}
