extension PackageFinder {
    /// What becomes of a row of a RECORD.
    private enum Place {
        case file(Int)
        case missing
        case outside(isOrdinary: Bool)
    }

    /// Folders beside site-packages that installers put files of packages in ("Installation paths" of Python's
    /// sysconfig).
    private static let schemeFolders: Set<String> = [
        "bin", "Scripts", "share", "etc", "include", "lib", "lib64", "man", "data",
    ]

    /// Gives a package the files that its RECORD names.
    mutating func claim(_ record: [UInt8], _ package: Int, site: String) {
        let bad = RecordRows.read(record) { row in claim(row, package, site: site) }
        guard bad > 0 else { return }
        report(.recordMalformed, package, result.packages[package].folder + "/RECORD", "\(bad) rows are none")
    }

    private mutating func claim(_ row: RecordRows.Row, _ package: Int, site: String) {
        switch place(of: row.path, site: site) {
        case .file(let index):
            let owner = result.owners[index]
            if owner >= 0, owner != package {
                let other = result.packages[Int(owner)].name
                report(.claimedTwice, package, tree.files[index].path, "also a file of \(other)")
            } else {
                result.owners[index] = Int32(package)
            }
            guard let stated = row.bytes, tree.files[index].link == nil, tree.files[index].bytes != stated else {
                return
            }
            report(
                .sizeDiffers, package, tree.files[index].path, "\(tree.files[index].bytes) bytes, RECORD says \(stated)"
            )
        case .missing:
            // Caches come and go, and installers record those that they write.
            guard !row.path.suffix(4).elementsEqual(".pyc".utf8) else { return }
            report(.recordedFileMissing, package, String(decoding: row.path, as: UTF8.self), "is not in the tree")
        case .outside(let isOrdinary):
            guard !isOrdinary else { return }
            report(.recordClimbs, package, String(decoding: row.path, as: UTF8.self), "leads out of the tree")
        }
    }

    private func place(of path: ArraySlice<UInt8>, site: String) -> Place {
        let resolved = PathParts.resolve(path, below: site)
        if let resolved, let index = paths[resolved] { return .file(index) }
        let climbs = path.first == UInt8(ascii: "/") || path.starts(with: "..".utf8)
        guard climbs else { return resolved == nil ? .outside(isOrdinary: false) : .missing }
        // `pip install --target` moves scripts and data into the folder itself, and leaves RECORD as it was.
        let rest = PathParts.withoutClimbs(path)
        if let inside = PathParts.resolve(rest, below: site), let index = paths[inside] { return .file(index) }
        let folder = String(decoding: rest.prefix { $0 != UInt8(ascii: "/") }, as: UTF8.self)
        return .outside(isOrdinary: PackageFinder.schemeFolders.contains(folder))
    }

    /// Gives a package without RECORD the files of its top-level modules that nobody else has.
    mutating func claimByName(_ package: Int) {
        let installed = result.packages[package]
        guard
            !InfoFolder(path: installed.folder, site: "", files: [], isEgg: installed.folder.endsInBytes(".egg-info"))
                .isOfSources
        else { return }
        var names = installed.topLevel
        if names.isEmpty { names = [String(installed.normalizedName.map { $0 == "-" ? "_" : $0 })] }
        let site = result.sites[installed.site].path
        for name in names.prefix(1000) where !name.isEmpty && name != "." && name != ".." {
            let path = PathParts.join(site, name)
            for index in paths.range(below: path) where result.owners[index] < 0 {
                result.owners[index] = Int32(package)
            }
            if let index = paths[path + ".py"], result.owners[index] < 0 { result.owners[index] = Int32(package) }
            claimExtension(path, package)
        }
    }

    /// Extension modules are `name.TAG.so`, in the order of bytes behind `name.`.
    private mutating func claimExtension(_ path: String, _ package: Int) {
        let prefix = Array((path + ".").utf8)
        var index = paths.lowerBound(prefix)
        while index < tree.files.count, tree.files[index].path.utf8.starts(with: prefix) {
            let rest = tree.files[index].path.utf8.dropFirst(prefix.count)
            if result.owners[index] < 0, !rest.contains(UInt8(ascii: "/")), tree.files[index].path.endsInBytes(".so") {
                result.owners[index] = Int32(package)
            }
            index += 1
        }
    }

    /// Gives caches to the packages of their sources: `__pycache__/name.TAG.pyc` to that of `name.py` (PEP 3147).
    mutating func claimCaches() {
        for (index, file) in tree.files.enumerated() where result.owners[index] < 0 && file.path.endsInBytes(".pyc") {
            let folder = PathParts.folder(file.path)
            guard PathParts.name(folder).elementsEqual("__pycache__") else { continue }
            let module = String(file.name.prefix { $0 != "." }) + ".py"
            guard let source = paths[PathParts.join(PathParts.folder(folder), module)] else { continue }
            result.owners[index] = result.owners[source]
        }
    }

    /// Sums what each package has, and what none has.
    mutating func collect() {
        var folders: [String: UnownedFiles] = [:]
        for (index, file) in tree.files.enumerated() {
            let owner = Int(result.owners[index])
            if owner >= 0 {
                result.packages[owner].files.append(index)
                result.packages[owner].bytes += file.bytes
                continue
            }
            let end = file.path.utf8.firstIndex(of: UInt8(ascii: "/"))
            let folder = end.map { String(file.path[..<$0]) } ?? ""
            folders[folder, default: UnownedFiles(folder: folder, count: 0, bytes: 0)].count += 1
            folders[folder]?.bytes += file.bytes
        }
        result.unowned = folders.values.sorted {
            $0.bytes != $1.bytes ? $0.bytes > $1.bytes : $0.folder.utf8.lexicographicallyPrecedes($1.folder.utf8)
        }
    }
}
