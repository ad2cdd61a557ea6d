/// Collects waste file by file. A file that is taken by a category is not looked at by later ones.
struct WasteFinder {
    let facts: Waste.Facts
    let paths: PathIndex
    /// Whether a file is counted.
    var isTaken: [Bool]
    /// Bytes of files that are counted while the rest of them is not.
    var stripped: [Int: Int] = [:]
    private var found: [Key: Found] = [:]
    /// Names of hard-linked bytes that stay.
    private var namesLeft: [UInt64: Int] = [:]
    /// For each package what is to be known of its files.
    private let traits: [PackageTraits]
    private let wrongBinaries: Set<Int>
    /// Packages of which all compiled files are for another processor.
    private let wrongPackages: Set<Int>
    private let foreign: Set<Int>
    /// Files that are imported or may be, in order.
    let reached: [Int]

    struct Key: Hashable {
        var category: Waste.Category
        var package: Int?
        var certainty: Waste.Certainty
        var reason: String
    }

    private struct Found {
        var files: [(file: Int, bytes: Int)] = []
    }

    /// What is said of a file.
    struct Verdict {
        var category: Waste.Category
        var certainty: Waste.Certainty
        var reason: String

        init(_ category: Waste.Category, _ certainty: Waste.Certainty, _ reason: String) {
            self.category = category
            self.certainty = certainty
            self.reason = reason
        }
    }

    init(_ facts: Waste.Facts) {
        self.facts = facts
        paths = PathIndex(facts.tree.files)
        isTaken = facts.tree.files.map { $0.link != nil }
        for file in facts.tree.files { if let identity = file.identity { namesLeft[identity, default: 0] += 1 } }
        let required = Set(facts.graph.edges.map(\.to))
        traits = facts.installed.packages.indices.map { index in
            PackageTraits(
                facts.installed.packages[index], isRequired: required.contains(index), use: facts.imports.isUsed(index),
                hasGraphics: facts.hasGraphics)
        }
        var wrong: [Int] = []
        if let target = facts.target {
            wrong = facts.binaries.all.lazy.filter { !$0.elf.isForDevice && $0.elf.architecture != target.architecture }
                .map(\.file)
        }
        foreign = Set(facts.binaries.foreign.map(\.file))
        wrongBinaries = foreign.union(wrong)
        wrongPackages = Set(
            facts.binaries.findings.filter { $0.kind == .wrongArchitecture }.map { $0.package ?? -1 })
        reached = facts.imports.reached.sorted()
    }

    /// Takes a file. `bytes` is what of it would go; all where it is `nil`.
    mutating func take(_ file: Int, _ verdict: Verdict, bytes: Int? = nil) {
        let entry = facts.tree.files[file]
        // Of a file that is stripped the names stay.
        if !isPart(verdict.category) {
            isTaken[file] = true
            if let identity = entry.identity {
                namesLeft[identity, default: 1] -= 1
            }
        }
        let key = Key(
            category: verdict.category, package: facts.installed.package(ofFile: file), certainty: verdict.certainty,
            reason: verdict.reason)
        found[key, default: Found()].files.append((file, bytes ?? entry.bytes))
    }

    /// Takes files by their names and folders.
    mutating func classify() {
        let weights = SecondWeights(facts.tree)
        for file in facts.tree.files.indices where !isTaken[file] {
            if let verdict = verdict(on: file, weights) { take(file, verdict) }
        }
    }

    private func verdict(on file: Int, _ weights: SecondWeights) -> Verdict? {
        if wrongBinaries.contains(file) { return otherPlatform(file) }
        let path = facts.tree.files[file].path
        if let package = facts.installed.package(ofFile: file) {
            if let verdict = traits[package].verdict { return verdict }
            if !facts.hasGraphics, let verdict = GraphicsNames.verdict(on: facts.tree.files[file].name) {
                return verdict
            }
            if let verdict = weights.verdict(on: path) { return verdict }
            if facts.imports.reached.contains(file) { return nil }
            let installed = facts.installed.packages[package]
            if let verdict = record(path, installed) { return verdict }
            if let verdict = folder(path, installed, file) { return verdict }
            if let verdict = suffix(file, traits[package]) { return verdict }
        } else if let verdict = weights.verdict(on: path) {
            return verdict
        }
        return cache(path)
    }

    /// A package that has binaries for the wrong platform only is a finding, and removing them would not help.
    private func otherPlatform(_ file: Int) -> Verdict? {
        let isOnlyWrong = wrongPackages.contains(facts.installed.package(ofFile: file) ?? -1)
        guard foreign.contains(file) || !isOnlyWrong else { return nil }
        return Verdict(.otherPlatforms, .safe, "It is for another system or processor.")
    }

    /// What `importlib.metadata` reads of a `.dist-info` stays.
    private func record(_ path: String, _ package: InstalledPackage) -> Verdict? {
        guard path.utf8.starts(with: (package.folder + "/").utf8), package.folder.endsInBytes(".dist-info") else {
            return nil
        }
        let rest = path.utf8.dropFirst(package.folder.utf8.count + 1)
        let isRead = [
            "METADATA", "RECORD", "WHEEL", "INSTALLER", "REQUESTED", "direct_url.json", "top_level.txt",
            "entry_points.txt",
        ]
        .contains { rest.elementsEqual($0.utf8) }
        guard !isRead else { return nil }
        return Verdict(
            .packageRecords, .doubtful,
            "Nothing reads it while programs run; licences may ask that their texts go along.")
    }

    private func cache(_ path: String) -> Verdict? {
        guard path.endsInBytes(".pyc") else { return nil }
        let folder = PathParts.folder(path)
        guard PathParts.name(folder).elementsEqual("__pycache__") else { return nil }
        let module = PathParts.name(path).prefix { $0 != "." } + ".py"
        guard paths[PathParts.join(PathParts.folder(folder), module)] != nil else { return nil }
        return Verdict(
            .caches, .safe,
            "Python compiles the source again, at every start where it can't write: imports take longer then.")
    }

    /// Whether a category is of parts of files, which stay.
    private func isPart(_ category: Waste.Category) -> Bool { category == .debugSections || category == .symbolTables }

    /// The items, hard links without those of which a name stays.
    func items() -> [Waste.Item] {
        var items: [Waste.Item] = []
        for (key, found) in found {
            var seen: Set<UInt64> = []
            let bytes = found.files.reduce(0) { sum, entry in
                guard let identity = facts.tree.files[entry.file].identity else { return sum + entry.bytes }
                let goes = isPart(key.category) || (namesLeft[identity] ?? 0) <= 0
                return goes && seen.insert(identity).inserted ? sum + entry.bytes : sum
            }
            guard bytes > 0 else { continue }
            let largest = found.files.sorted { $0.bytes != $1.bytes ? $0.bytes > $1.bytes : $0.file < $1.file }
            items.append(
                Waste.Item(
                    category: key.category, package: key.package, files: found.files.map(\.file).sorted(), bytes: bytes,
                    certainty: key.certainty, reason: key.reason,
                    examples: largest.prefix(3).map { facts.tree.files[$0.file].path }))
        }
        return items.sorted { ($0.bytes, $1.files[0]) > ($1.bytes, $0.files[0]) }
    }
}
