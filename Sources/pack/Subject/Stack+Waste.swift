import PackDependencies
import PackFit
import PackReport

/// What a deployment never uses, of one kind.
struct WasteGroup {
    /// The kind.
    let category: Waste.Category
    /// How sure it is.
    let certainty: Waste.Certainty
    /// The package, where each one is a matter of its own.
    let package: Int?
    /// What it consists of, the largest first.
    let items: [Waste.Item]

    /// Bytes that would go.
    var bytes: Int { items.reduce(0) { $0 + $1.bytes } }
    /// Files that it is about.
    var files: Int { items.reduce(0) { $0 + $1.files.count } }
    /// Whether the files would go as a whole.
    var isWholeFiles: Bool { category != .debugSections && category != .symbolTables }
}

extension Stack {
    /// What is never used, by kind and certainty, most bytes first. Unused packages stand for themselves.
    var wasteGroups: [WasteGroup] {
        struct Key: Hashable {
            var category: Waste.Category
            var certainty: Waste.Certainty
            var package: Int?
        }
        let groups = Dictionary(grouping: waste?.items ?? []) { item in
            Key(
                category: item.category, certainty: item.certainty,
                package: item.category == .unusedPackages ? item.package : nil)
        }
        return groups.map { key, items in
            WasteGroup(category: key.category, certainty: key.certainty, package: key.package, items: items)
        }.sorted {
            ($1.bytes, $0.category.rawValue, $0.package ?? -1) < ($0.bytes, $1.category.rawValue, $1.package ?? -1)
        }
    }

    /// A kind in words, with its package.
    func title(_ group: WasteGroup) -> String {
        group.package.map { "\(title($0)), which nothing was seen to import" } ?? group.category.words
    }

    /// What could be left out; no byte is in two of them.
    var savings: [Saving] {
        wasteGroups.map { group in
            let isDoubtful = group.certainty == .doubtful
            let package = group.package.map { ":" + packages.packages[$0].normalizedName } ?? ""
            let files = "\(NumberText.grouped(group.files)) file\(group.files == 1 ? "" : "s")"
            let action =
                group.category == .graphics
                ? "install builds for the CPU, without \(group.category.words)" : "drop \(title(group)) (\(files))"
            return Saving(
                id: group.category.ruleID + package + (isDoubtful ? "?" : ""), action: action,
                unpacked: Known(bytes: group.bytes, .measured), zipped: zippedBytes(of: group),
                certainty: isDoubtful ? .doubtful : .safe, rank: isDoubtful ? 3 : group.category.trouble)
        }
    }

    private func zippedBytes(of group: WasteGroup) -> Known? {
        guard let zipped else { return nil }
        guard group.isWholeFiles else {
            return Known(low: 0, high: Double(group.bytes), how: .estimated)
        }
        return Known(
            bytes: group.items.reduce(0) { sum, item in item.files.reduce(sum) { $0 + zipped.entryBytes[$1] } },
            zipped.isEstimated ? .estimated : .measured)
    }

    /// What is never used, as findings.
    var wasteFindings: [ModelFacts.Finding] {
        wasteGroups.map { group in
            let doubt = group.certainty == .doubtful ? "; a doubt" : ""
            return .init(
                id: group.category.ruleID,
                text: "\(title(group)): \(NumberText.grouped(group.files)) files\(doubt)", bytes: group.bytes)
        }
    }

    /// Indices of files that would go as a whole.
    var unusedFiles: Set<Int> {
        Set(wasteGroups.filter { $0.isWholeFiles && $0.certainty == .safe }.flatMap { $0.items.flatMap(\.files) })
    }
}

extension Waste.Category {
    /// The kind in words.
    var words: String {
        switch self {
        case .otherPlatforms: "binaries of other platforms"
        case .graphics: "parts for graphics processors"
        case .secondWeights: "weights in a second format"
        case .installers: "pip, setuptools and wheel"
        case .tests: "tests"
        case .documentation: "documents and examples"
        case .headers: "C and C++ headers"
        case .sources: "type stubs and sources of Cython"
        case .staticLibraries: "static libraries"
        case .caches: "byte code beside its source"
        case .translations: "translations"
        case .packageRecords: "licence texts and records of packages"
        case .unneededLibraries: "libraries that nothing needs"
        case .duplicates: "further copies of the same files"
        case .debugSections: "debug sections"
        case .symbolTables: "symbol tables"
        case .unusedPackages: "packages that nothing was seen to import"
        }
    }

    /// The rule that findings of the kind are of.
    var ruleID: String {
        switch self {
        case .otherPlatforms: "waste.other-platform"
        case .graphics: "dependencies.cuda"
        case .secondWeights: "weights.second-copy"
        case .installers: "waste.installers"
        case .tests: "waste.tests"
        case .documentation: "waste.docs"
        case .headers: "waste.headers"
        case .sources: "waste.stubs"
        case .staticLibraries: "waste.static-libraries"
        case .caches: "waste.bytecode"
        case .translations: "waste.translations"
        case .packageRecords: "waste.records"
        case .unneededLibraries: "waste.unneeded-library"
        case .duplicates: "waste.duplicates"
        case .debugSections: "waste.debug"
        case .symbolTables: "waste.symbols"
        case .unusedPackages: "package.unused"
        }
    }

    /// How much trouble it is to leave it out.
    fileprivate var trouble: Int {
        switch self {
        case .debugSections, .symbolTables, .packageRecords, .translations: 2
        default: 1
        }
    }
}
