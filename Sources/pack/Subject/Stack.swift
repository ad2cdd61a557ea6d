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
    var zipped: ZippedSize?

    /// Reads the packages of a tree.
    init(_ tree: FileTree) {
        self.tree = tree
        packages = InstalledPackages.find(in: tree)
        python = Self.python(of: packages)
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

    /// Compresses all files, where they lie on disk.
    mutating func compress(progress: @escaping @Sendable (Int, Int) -> Bool) -> [TreeProblem] {
        let files = tree.files.map { file in
            ZippedFile(name: file.path, size: file.link.map(\.utf8.count) ?? file.bytes, source: source(of: file))
        }
        zipped = ZippedSize.measure(files, progress: progress)
        return (zipped?.problems ?? []).map {
            TreeProblem(path: tree.files[$0.index].path, text: ErrorMessage.sentence($0.failure.facts))
        }
    }

    private func source(of file: TreeFile) -> ZippedFile.Source {
        if let link = file.link {
            let bytes = Array(link.utf8)
            return .lent { body in bytes.withUnsafeBytes(body) }
        }
        return tree.location(of: file).map { .path($0) } ?? .nothing
    }
}

extension ZippedFile {
    /// A file of which the name and the place of its bytes are known.
    init(name: String, size: Int, source: Source) {
        self.init(nameBytes: name.utf8.count, size: size, source: source)
    }
}
