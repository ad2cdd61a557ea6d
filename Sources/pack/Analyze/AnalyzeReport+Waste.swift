import PackDependencies
import PackReport

extension AnalyzeReport {
    /// What a deployment carries and never uses.
    var waste: [Document.Block] {
        guard let stack = examination.stack else { return [] }
        let groups = stack.wasteGroups
        guard !groups.isEmpty else { return [] }
        var table = Table([
            .init("BYTES", .right), .init("FILES", .right), .init("SURE"), .init("WHAT", overflow: .wrap),
            .init("SUCH AS", overflow: .cut),
        ])
        let shown = groups.prefix(12)
        table.rows = shown.map { group in
            [
                Text(NumberText.bytes(group.bytes)), Text(NumberText.grouped(group.files)),
                group.certainty == .safe ? Text("yes") : Text("a doubt", .doubtful), Text(stack.title(group)),
                Text(Self.tail(group.items.first?.examples.first ?? ""), .faint),
            ]
        }
        var blocks: [Document.Block] = [.heading("What a deployment never uses"), .table(table)]
        let rest = groups.dropFirst(12)
        if !rest.isEmpty {
            let bytes = NumberText.bytes(rest.reduce(0) { $0 + $1.bytes })
            blocks.append(.list([[Text("and \(rest.count) smaller, \(bytes) in all", .faint)]]))
        }
        return blocks
    }

    /// The end of a path that is too long for a column.
    static func tail(_ path: String) -> String { path.count > 48 ? "…" + path.suffix(47) : path }

    /// Waste for programs.
    var wasteJSON: JSON {
        let stack = examination.stack
        return .array(
            (stack?.wasteGroups ?? []).map { group in
                [
                    "id": .string(group.category.ruleID), "bytes": .int(group.bytes), "files": .int(group.files),
                    "certainty": .string(group.certainty.rawValue),
                    "package": .optional(group.package.flatMap { stack?.packages.packages[$0].normalizedName }),
                    "reason": .optional(group.items.first?.reason),
                    "examples": .array((group.items.first?.examples ?? []).map { .string($0) }),
                ]
            })
    }
}
