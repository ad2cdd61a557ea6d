import PackFormats
import PackIO

/// The Python packages of a tree, and which of its files are whose.
///
/// Found as `pip list --path` and `importlib.metadata` do, by `*.dist-info` and `*.egg-info`, in every folder of the
/// tree that holds
/// some. Those within the files of another package are vendored, and no packages of the tree. Files are assigned by
/// RECORD; without
/// one by the names of top-level modules. Specifications: "Recording installed projects", "Core metadata", PEP 610.
public struct InstalledPackages: Sendable {
    /// The folders with packages, those of fewer components first.
    public internal(set) var sites: [PackageSite] = []
    /// The packages in order of site and name.
    public internal(set) var packages: [InstalledPackage] = []
    /// For each file of the tree the index of its package, or -1.
    public internal(set) var owners: [Int32]
    /// What is not as it should be.
    public internal(set) var findings: [InstalledFinding] = []
    /// Files that could not be read.
    public internal(set) var problems: [TreeProblem] = []
    /// Files of no package, by top folder, largest first.
    public internal(set) var unowned: [UnownedFiles] = []

    /// The most bytes of a metadata file that are read.
    package static let fileLimit = 64 << 20

    /// Finds the packages.
    public static func find(in tree: FileTree) -> InstalledPackages {
        var finder = PackageFinder(tree)
        return finder.find()
    }

    /// The index of the package with a name, in any site; the one of the first site.
    public func index(named name: some StringProtocol) -> Int? {
        let normalized = PackageName.normalized(name)
        return packages.firstIndex { $0.normalizedName == normalized }
    }

    /// The package that a file belongs to.
    public func package(ofFile index: Int) -> Int? {
        owners.indices.contains(index) && owners[index] >= 0 ? Int(owners[index]) : nil
    }
}

/// Finds the packages of a tree.
struct PackageFinder {
    let tree: FileTree
    let paths: PathIndex
    var result: InstalledPackages
    private var candidates: [InfoFolder]
    private var contents: [Int: InfoContents] = [:]
    /// Indices of sites by path, of packages by normalized name, the first of each, and of findings by package and
    /// kind.
    private var sitesByPath: [String: Int] = [:]
    private var packagesByName: [String: Int] = [:]
    private var findingPlaces: [FindingKey: Int] = [:]

    private struct FindingKey: Hashable {
        var kind: InstalledFinding.Kind
        var package: Int
    }

    init(_ tree: FileTree) {
        self.tree = tree
        paths = PathIndex(tree.files)
        result = InstalledPackages(owners: [Int32](repeating: -1, count: tree.files.count))
        candidates = InfoFolder.all(in: tree)
    }

    mutating func find() -> InstalledPackages {
        read()
        candidates.sort { left, right in
            let depths = (PathParts.depth(left.site), PathParts.depth(right.site))
            guard depths.0 == depths.1 else { return depths.0 < depths.1 }
            guard left.site == right.site else { return left.site.utf8.lexicographicallyPrecedes(right.site.utf8) }
            let names = (PackageName.normalized(left.statedName), PackageName.normalized(right.statedName))
            guard names.0 == names.1 else { return names.0.utf8.lexicographicallyPrecedes(names.1.utf8) }
            return left.path.utf8.lexicographicallyPrecedes(right.path.utf8)
        }
        for candidate in candidates where !isVendored(candidate) { add(candidate) }
        for index in result.packages.indices where result.packages[index].record == nil { claimByName(index) }
        claimCaches()
        collect()
        return result
    }

    /// Whether it lies within another package.
    private func isVendored(_ info: InfoFolder) -> Bool {
        if info.files.contains(where: { result.owners[$0] >= 0 }) { return true }
        return PathParts.name(info.site).elementsEqual("_vendor")
    }

    private mutating func read() {
        let wanted = candidates.flatMap { info in info.files.filter { InfoContents.isRead(tree.files[$0], in: info) } }
        var contents: [Int: InfoContents] = [:]
        result.problems = tree.visit(wanted, limit: InstalledPackages.fileLimit) { index, bytes in
            contents[index] = InfoContents(tree.files[index], bytes)
        }
        self.contents = contents
    }

    private mutating func add(_ info: InfoFolder) {
        let site = sitesByPath[info.site] ?? addSite(info.site)
        let index = result.packages.count
        var package = InstalledPackage(
            name: info.statedName, version: info.statedVersion, site: site, folder: info.path)
        var record: [UInt8]?
        for file in info.files {
            guard let content = contents[file] else { continue }
            content.apply(to: &package)
            if case .record(let bytes) = content {
                record = bytes
                package.record = file
            }
        }
        check(package, info, index)
        result.packages.append(package)
        for file in info.files where result.owners[file] < 0 { result.owners[file] = Int32(index) }
        if let record { claim(record, index, site: info.site) }
    }

    private mutating func addSite(_ path: String) -> Int {
        result.sites.append(PackageSite(path: path, python: PackageSite.python(in: path)))
        sitesByPath[path] = result.sites.count - 1
        return result.sites.count - 1
    }

    private mutating func check(_ package: InstalledPackage, _ info: InfoFolder, _ index: Int) {
        if !info.files.contains(where: { if case .metadata = contents[$0] { true } else { false } }) {
            report(.metadataIncomplete, index, info.path, "no METADATA or PKG-INFO could be read")
        } else if package.name.isEmpty || package.version.isEmpty {
            report(.metadataIncomplete, index, info.path, package.name.isEmpty ? "no name" : "no version")
        }
        let stated = PackageName.normalized(info.statedName)
        if !stated.isEmpty, stated != package.normalizedName {
            report(.nameDiffers, index, info.path, "the metadata name it \(package.name)")
        }
        if let first = packagesByName[package.normalizedName] {
            let other = result.packages[first]
            report(
                .duplicate, index, info.path,
                "version \(package.version), also \(other.folder) (version \(other.version))")
        } else {
            packagesByName[package.normalizedName] = index
        }
    }

    /// Adds a finding, or counts one more file for the one of the same kind.
    mutating func report(_ kind: InstalledFinding.Kind, _ package: Int, _ path: String, _ detail: String) {
        let key = FindingKey(kind: kind, package: package)
        if let index = findingPlaces[key] {
            result.findings[index].count += 1
        } else {
            findingPlaces[key] = result.findings.count
            result.findings.append(
                InstalledFinding(kind: kind, package: package, path: path, count: 1, detail: detail))
        }
    }
}

extension PackageSite {
    /// The release in a path such as `usr/lib/python3.12/site-packages`.
    static func python(in path: String) -> [Int]? {
        for part in path.utf8.split(separator: UInt8(ascii: "/")).reversed() where part.starts(with: "python".utf8) {
            if let version = DottedVersion(Substring(part.dropFirst(6))) { return version.numbers }
        }
        return nil
    }
}
