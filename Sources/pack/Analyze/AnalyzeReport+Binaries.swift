import PackDependencies
import PackReport

extension AnalyzeReport {
    /// What compiled files were linked against: for which processors they are, and the newest versions that they ask for.
    var compiled: [Document.Block] {
        guard let stack = examination.stack, let binaries = stack.binaries, !binaries.all.isEmpty else { return [] }
        var counts: [String: Int] = [:]
        for binary in binaries.all { counts[binary.elf.architecture, default: 0] += 1 }
        let processors = counts.sorted { ($1.value, $0.key) < ($0.value, $1.key) }.map {
            "\(NumberText.grouped($0.value)) for \($0.key)"
        }
        var table = Table([.init("SYMBOLS"), .init("HIGHEST"), .init("ASKED FOR BY", overflow: .wrap)])
        table.rows = newest(binaries).map { family, needed in
            [
                Text(family), Text("\(needed.version)"),
                Text(
                    [needed.package.map(stack.title), stack.tree.files[needed.file].path].compactMap { $0 }.joined(
                        separator: ": ")),
            ]
        }
        return [.heading("Compiled files"), .list([[Text(processors.joined(separator: ", "))]])]
            + (table.rows.isEmpty ? [] : [.table(table)])
    }

    /// The newest versions for programs.
    var compiledJSON: JSON {
        guard let stack = examination.stack, let binaries = stack.binaries else { return [] }
        return .array(
            newest(binaries).map { family, needed in
                [
                    "symbols": .string(family), "highest": .string("\(needed.version)"),
                    "package": .optional(needed.package.map { stack.packages.packages[$0].normalizedName }),
                    "file": .string(stack.tree.files[needed.file].path),
                ]
            })
    }

    private func newest(_ binaries: Binaries) -> [(family: String, needed: Binaries.Needed)] {
        ["GLIBC", "GLIBCXX", "CXXABI"].compactMap { family in binaries.highest(family).map { (family, $0) } }
    }
}
