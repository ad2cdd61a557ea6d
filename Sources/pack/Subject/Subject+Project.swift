import PackDependencies
import PackIO
import PackImport

extension Subject {
    /// Folders of a project that are never deployed.
    private static let toolFolders: Set<Substring> = [
        ".git", ".hg", ".svn", ".tox", ".nox", ".mypy_cache", ".pytest_cache", ".ruff_cache", ".idea", ".vscode",
        "node_modules",
    ]

    /// The files of a folder that would be deployed, its models, and its lists of packages.
    mutating func project(
        _ tree: FileTree, _ selection: DependencySelection
    ) throws -> [(tree: FileTree, name: String)] {
        let environments = tree.files.filter { $0.name == "pyvenv.cfg" }.map { folder(of: $0.path) }
        let own = leaveOut(tree, environments)
        try readModels(in: own)
        try readLists(in: own, selection)
        var result = [(tree: own, name: "")]
        folders.append(tree.path)
        for root in environments {
            for site in sitePackages(of: root, in: tree) {
                let path = [tree.path, site].filter { !$0.isEmpty }.joined(separator: "/")
                result.append((try FileTree.folder(path), ""))
                folders.append(path)
                found.append("\(path): a virtual environment's packages, taken as deployed beside the code")
            }
        }
        return result
    }

    private func folder(of path: String) -> String {
        path.utf8.lastIndex(of: UInt8(ascii: "/")).map { String(path[..<$0]) } ?? ""
    }

    /// The tree without tools' folders, lists of packages that are its only file, and virtual environments.
    private mutating func leaveOut(_ tree: FileTree, _ environments: [String]) -> FileTree {
        var counts: [String: (files: Int, bytes: Int)] = [:]
        let prefixes = environments.map { $0.isEmpty ? "" : $0 + "/" }
        let kept = tree.filtered { file in
            let reason: String
            if prefixes.contains(where: { file.path.hasPrefix($0) }) {
                reason = "virtual environments, but for their packages"
            } else if let name = Self.toolFolder(of: file.path) {
                reason = name + " folders"
            } else {
                return true
            }
            counts[reason, default: (0, 0)].files += 1
            counts[reason, default: (0, 0)].bytes += file.bytes
            return false
        }
        for (reason, count) in counts.sorted(by: { $0.key < $1.key }) {
            leftOut.append("\(reason) (\(count.files) files, \(count.bytes) B)")
        }
        return kept
    }

    private static func toolFolder(of path: String) -> String? {
        // Most paths have no component that begins with a dot or an n; looking for those first keeps this cheap.
        guard path.utf8.contains(UInt8(ascii: ".")) || path.utf8.contains(UInt8(ascii: "n")) else { return nil }
        return path.split(separator: "/").dropLast().first { toolFolders.contains($0) }.map(String.init)
    }

    private func sitePackages(of root: String, in tree: FileTree) -> [String] {
        let prefix = root.isEmpty ? "" : root + "/"
        var folders: Set<String> = []
        for file in tree.files where file.path.hasPrefix(prefix) {
            let parts = file.path.dropFirst(prefix.count).split(separator: "/", maxSplits: 3)
            guard parts.count == 4, parts[0] == "lib", parts[1].hasPrefix("python"), parts[2] == "site-packages" else {
                continue
            }
            folders.insert(prefix + parts[0...2].joined(separator: "/"))
        }
        return folders.sorted()
    }

    /// Reads the models of a folder: where weights as safetensors stand, beside a `config.json` below the root, and the
    /// largest ONNX files.
    ///
    /// A folder that holds nothing but a model must be a whole one; a model in a project that cannot be read is a problem.
    private mutating func readModels(in tree: FileTree) throws {
        var weights: Set<String> = []
        var configurations: Set<String> = []
        var isProject = false
        for file in tree.files {
            let name = file.name
            if name == "config.json" { configurations.insert(folder(of: file.path)) }
            if name.hasSuffix(".safetensors") || name.hasSuffix(".safetensors.index.json") {
                weights.insert(folder(of: file.path))
            }
            if name.hasSuffix(".py") || name == "METADATA" { isProject = true }
        }
        let isONNX = !isProject && ONNXImport.path(at: tree.path) != nil
        let isModel = isONNX || weights.contains("") || (configurations.contains("") && !isProject)
        if isModel { models.append(try read(tree.path)) }
        var roots: [String] = isModel ? [""] : []
        for candidate in weights.intersection(configurations).sorted() {
            // Folders inside a model's are its modules.
            guard !roots.contains(where: { $0.isEmpty || candidate.hasPrefix($0 + "/") }) else { continue }
            roots.append(candidate)
            let path = "\(tree.path)/\(candidate)"
            do {
                models.append(try ModelReading.read(path))
                found.append("\(path): a model")
            } catch let error as any FactualError {
                problems.append(ErrorMessage.sentenceWithHint(error.facts))
            }
        }
        if !isONNX { readONNX(in: tree) }
        models.sort { $0.facts.weightBytes > $1.facts.weightBytes }
    }

    /// Small files are parts of tests and tutorials; of large ones the first few count.
    private mutating func readONNX(in tree: FileTree) {
        let files = tree.files.filter { $0.name.hasSuffix(".onnx") && $0.bytes >= 1_000_000 }
        for file in files.sorted(by: { $0.bytes > $1.bytes }).prefix(8) {
            let path = "\(tree.path)/\(file.path)"
            do {
                models.append(try ModelReading.read(path))
                found.append("\(path): a model")
            } catch let error as any FactualError {
                problems.append(ErrorMessage.sentenceWithHint(error.facts))
            } catch {
                problems.append("\(path): \(error)")
            }
        }
    }

    /// Reads the lists of packages at the root of a folder.
    private mutating func readLists(in tree: FileTree, _ selection: DependencySelection) throws {
        let files = try ProjectFiles(in: tree.path, selection: selection)
        if let used = files.used { add(used) }
        leftOut += files.ignored.map { "\($0.path): \($0.reason)" }
        problems += files.failures.map { ErrorMessage.sentenceWithHint($0.facts) }
    }
}
