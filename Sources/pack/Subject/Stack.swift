import PackBundle
import PackDependencies
import PackFit
import PackIO

/// The code and packages of a deployment, as far as its files tell.
struct Stack {
    /// All files.
    let tree: FileTree
    /// The packages among them.
    let packages: InstalledPackages
    /// The Python release that they are for, where they tell it.
    let python: [Int]?
    /// What a zip of the files would weigh; `nil` where that was not asked for.
    private(set) var zipped: Zipped?

    /// The weight of a zip.
    struct Zipped {
        /// Bytes of the zip.
        var bytes: Int
        /// Bytes of each file in it, headers included, in the order of the tree's files.
        var entryBytes: [Int]
        /// Whether some files count as the archives that they are in compress them.
        var isEstimated: Bool
    }
    /// The compiled files; `nil` until they were looked at.
    private(set) var binaries: Binaries?
    /// Which package requires which; `nil` until that was looked at.
    private(set) var graph: DependencyGraph?
    /// What is imported; `nil` until that was looked at.
    private(set) var imports: ImportScan?
    /// What a deployment never uses; `nil` until that was looked at.
    private(set) var waste: Waste?

    /// What keeps packages from being used on the target.
    private(set) var targetFindings: [InstalledFinding] = []

    /// Bytes up to which files of equal size are compared, to find copies: more takes longer than a look may.
    private static let comparedBytes = 1 << 30

    /// Reads the packages of a tree.
    init(_ tree: FileTree) {
        self.tree = tree
        packages = InstalledPackages.find(in: tree)
        python = Self.python(of: packages)
    }

    /// Looks at what depends on the target.
    ///
    /// - Parameters:
    ///   - declared: The requirements that the project itself states.
    ///   - entry: Where imports begin; all sources of no package if `nil`.
    ///   - comparesContents: Whether files of equal size are compared; if not said, where that is quick.
    mutating func look(
        for target: TargetEnvironment, declared: [String], entry: String?, comparesContents: Bool? = nil
    ) {
        let binaries = Binaries(tree, packages, target: target)
        let graph = DependencyGraph(packages, target: target, declared: declared)
        let imports = ImportScan(
            tree, packages, graph: graph, binaries: binaries, entries: entry.map { [$0] } ?? [])
        let facts = Waste.Facts(
            tree, packages, graph: graph, binaries: binaries, imports: imports, target: target)
        waste = Waste(facts, comparesContents: comparesContents ?? (tree.bytes <= Self.comparedBytes))
        (self.binaries, self.graph, self.imports) = (binaries, graph, imports)
        targetFindings = packages.findings(for: target)
    }

    /// The release that the paths of site-packages name, else the one that most wheels are built for.
    private static func python(of packages: InstalledPackages) -> [Int]? {
        if let named = packages.sites.lazy.compactMap(\.python).first(where: { $0.count >= 2 }) { return named }
        var counts: [Int: Int] = [:]
        for package in packages.packages {
            var minors: Set<Int> = []
            for tag in package.tags {
                let parts = tag.split(separator: "-")
                // A stable interface (abi3) is for later releases as well, and says nothing.
                guard parts.count == 3, parts[0].hasPrefix("cp3"), !parts[1].hasPrefix("abi") else { continue }
                if let minor = Int(parts[0].dropFirst(3)) { minors.insert(minor) }
            }
            if minors.count == 1, let minor = minors.first { counts[minor, default: 0] += 1 }
        }
        return counts.max { ($0.value, $0.key) < ($1.value, $1.key) }.map { [3, $0.key] }
    }

    /// For each file the name of its package with the version, if it is of one.
    var owners: [String?] {
        let names = packages.packages.map { "\($0.name) \($0.version)" }
        return tree.files.indices.map { index in packages.package(ofFile: index).map { names[$0] } }
    }

    /// Bytes in the zip by package, and of the files of none.
    func zippedBytes() -> (packages: [Int], rest: Int)? {
        guard let zipped else { return nil }
        var sums = [Int](repeating: 0, count: packages.packages.count)
        var rest = 0
        for (index, bytes) in zipped.entryBytes.enumerated() {
            if let package = packages.package(ofFile: index) { sums[package] += bytes } else { rest += bytes }
        }
        return (sums, rest)
    }

    /// Compresses all files; what is compressed in archives counts as it is there.
    mutating func compress(progress: @escaping @Sendable (Int, Int) -> Bool) -> [TreeProblem] {
        var packed: [Int] = []
        let files = tree.files.enumerated().map { index, file -> ZippedFile in
            if let link = file.link {
                let bytes = Array(link.utf8)
                return ZippedFile(
                    nameBytes: file.path.utf8.count, size: bytes.count,
                    source: .lent { body in bytes.withUnsafeBytes(body) })
            }
            let location = tree.location(of: file)
            if location == nil ? file.zippedBytes == nil : !EscapedPath.isPlain(file.path) {
                // Only the tree knows the bytes of such a path, or of what lies in no file and is not compressed yet.
                return ZippedFile(
                    nameBytes: EscapedPath.bytes(file.path).count, size: file.bytes,
                    source: .lent { [tree] body in _ = tree.visit([index], limit: .max) { body($1) } })
            }
            guard let path = location else {
                packed.append(index)
                return ZippedFile(nameBytes: file.path.utf8.count, size: 0, source: .nothing)
            }
            return ZippedFile(name: file.path, size: file.bytes, path: path)
        }
        guard let size = ZippedSize.measure(files, progress: progress) else { return [] }
        var sizes = Zipped(bytes: size.bytes, entryBytes: size.entryBytes, isEstimated: !packed.isEmpty)
        for index in packed {
            let bytes = tree.files[index].zippedBytes ?? tree.files[index].bytes
            sizes.bytes += bytes
            sizes.entryBytes[index] += bytes
        }
        zipped = sizes
        return size.problems.map {
            TreeProblem(path: tree.files[$0.index].path, text: ErrorMessage.sentence($0.failure.facts))
        }
    }
}
