import PackIO

extension WasteFinder {
    /// The fewest bytes of files that are compared.
    private static let comparedBytes = 4096
    /// The bytes that are compared before whole files are.
    private static let sampledBytes = 65_536

    /// Takes libraries that nothing was seen to need.
    mutating func addUnneeded() {
        for finding in facts.binaries.findings where finding.kind == .unneeded && !isTaken[finding.file] {
            take(
                finding.file,
                Verdict(.unneededLibraries, .doubtful, "Nothing needs it by name; code may load it while it runs."))
        }
    }

    /// Takes files whose bytes another file has, of each group all but the first. Hard links to the same bytes are one
    /// file.
    mutating func addDuplicates() -> [TreeProblem] {
        let files = facts.tree.files
        var seen: Set<UInt64> = []
        let candidates = files.indices.filter { index in
            guard !isTaken[index], files[index].bytes >= Self.comparedBytes else { return false }
            return files[index].identity.map { seen.insert($0).inserted } ?? true
        }
        var problems: [TreeProblem] = []
        var groups = Dictionary(grouping: candidates) { files[$0].bytes }.values.filter { $0.count > 1 }
        groups = split(groups, limit: Self.sampledBytes, &problems)
        groups =
            split(groups.filter { files[$0[0]].bytes > Self.sampledBytes }, limit: .max, &problems)
            + groups.filter { files[$0[0]].bytes <= Self.sampledBytes }
        for group in groups {
            for file in group.dropFirst() {
                take(file, Verdict(.duplicates, .doubtful, "Another file has the same bytes; a link to it would do."))
            }
        }
        return problems
    }

    /// Splits groups by the digests of the first bytes.
    private func split(_ groups: [[Int]], limit: Int, _ problems: inout [TreeProblem]) -> [[Int]] {
        var digests: [Int: SHA256Digest] = [:]
        problems += facts.tree.visit(groups.flatMap { $0 }.sorted(), limit: limit) { index, bytes in
            digests[index] = SHA256Digest(of: bytes)
        }
        return groups.flatMap { group in
            Dictionary(grouping: group.filter { digests[$0] != nil }) { digests[$0]?.bytes ?? [] }
                .values.filter { $0.count > 1 }.map { $0.sorted() }
        }
    }

    /// Counts what stripping would remove of compiled files that stay.
    mutating func addStrippable() {
        var seen: Set<UInt64> = []
        for binary in facts.binaries.all where !isTaken[binary.file] {
            if let identity = facts.tree.files[binary.file].identity, !seen.insert(identity).inserted { continue }
            guard let strippable = binary.elf.strippable, binary.elf.kind == .shared || binary.elf.kind == .executable
            else { continue }
            let bytes = facts.tree.files[binary.file].bytes
            let debug = min(strippable.debug, bytes)
            stripped[binary.file] = min(bytes, debug + strippable.symbols)
            if debug > 0 {
                take(
                    binary.file,
                    Verdict(.debugSections, .safe, "`strip --strip-debug` removes it; only debuggers read it."),
                    bytes: debug)
            }
            let symbols = min(strippable.symbols, bytes - debug)
            if symbols > 0 {
                take(
                    binary.file,
                    Verdict(
                        .symbolTables, .doubtful,
                        "`strip` removes it. Libraries that were patched after linking do not always survive that."),
                    bytes: symbols)
            }
        }
    }

    /// Takes what is left of packages that nothing was seen to import or link with.
    mutating func addUnused() {
        for (package, installed) in facts.installed.packages.enumerated() where facts.imports.isUsed(package) == false {
            for file in installed.files where !isTaken[file] {
                take(
                    file, Verdict(.unusedPackages, .doubtful, "No import was seen to lead to this package."),
                    bytes: facts.tree.files[file].bytes - (stripped[file] ?? 0))
            }
        }
    }
}
