extension ImportWalk {
    /// The files of entry points, and those that were not found.
    func resolve(_ entries: [String]) -> (files: [Int], missing: [String]) {
        guard !entries.isEmpty else { return (ownSources, []) }
        var (files, missing): ([Int], [String]) = ([], [])
        for entry in entries {
            if let file = file(of: entry) {
                if !files.contains(file) { files.append(file) }
            } else {
                missing.append(entry)
            }
        }
        return (files, missing)
    }

    /// A path, or a module with an attribute behind a dot or colon: `app.handler`, `pkg.main:run`, `src/app.handler`.
    private func file(of entry: String) -> Int? {
        let resolved = PathParts.resolve(entry.utf8, below: "").map { String(decoding: $0, as: UTF8.self) }
        if let resolved, let file = paths[resolved] { return file }
        let module = entry.prefix { $0 != ":" }
        let folders = [""] + installed.sites.prefix(Self.siteLimit).map(\.path) + ["var/task", "app", "src"]
        for name in [module, module.lastIndex(of: ".").map { module[..<$0] }].compactMap({ $0 }) {
            let path = String(name.utf8.map { $0 == UInt8(ascii: ".") ? UInt8(ascii: "/") : $0 }.withUTF8)
            for folder in folders {
                let base = PathParts.join(folder, path)
                if let file = paths[base + ".py"] ?? paths[base + "/__main__.py"] ?? paths[base + "/__init__.py"] {
                    return file
                }
            }
        }
        return nil
    }

    /// Sources that belong to no package, and to no Python and no system in the tree.
    private var ownSources: [Int] {
        let sites = installed.sites.prefix(Self.siteLimit).filter { !$0.path.isEmpty }.map { $0.path + "/" }
        return tree.files.indices.filter { index in
            let file = tree.files[index]
            guard installed.owners[index] < 0, file.link == nil, file.path.endsInBytes(".py") else { return false }
            if sites.contains(where: { file.path.utf8.starts(with: $0.utf8) }) { return false }
            return !isOfSystem(file.path)
        }
    }

    private func isOfSystem(_ path: String) -> Bool {
        let parts = path.utf8.split(separator: UInt8(ascii: "/")).dropLast()
        if tree.form == .image, let first = parts.first,
            ["usr", "lib", "lib64", "bin", "sbin", "etc", "root"].contains(where: { first.elementsEqual($0.utf8) })
        {
            return true
        }
        return parts.contains { part in
            part.starts(with: "python3.".utf8) || part.elementsEqual("site-packages".utf8)
                || part.elementsEqual("dist-packages".utf8)
        }
    }
}

extension Array<UInt8> {
    /// The bytes as text.
    fileprivate var withUTF8: String { String(decoding: self, as: UTF8.self) }
}
