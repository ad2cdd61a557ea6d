import PackDependencies
import PackFit
import PackReport

extension AnalyzeReport {
    /// The packages, largest first.
    var packages: [Document.Block] {
        guard let stack = examination.stack, !stack.packages.packages.isEmpty else { return [] }
        let zipped = stack.zippedBytes()
        let total = max(stack.tree.bytes, 1)
        var table = Table([
            .init("BYTES", .right), .init("SHARE", .right), .init("ZIPPED", .right), .init("FILES", .right),
            .init("PACKAGE", overflow: .cut),
        ])
        let order = stack.packages.packages.indices.sorted { left, right in
            let (a, b) = (stack.packages.packages[left], stack.packages.packages[right])
            return (b.bytes, a.normalizedName) < (a.bytes, b.normalizedName)
        }
        let shown = 10
        table.rows = order.prefix(shown).map { index in
            let package = stack.packages.packages[index]
            return [
                Text(NumberText.bytes(package.bytes)),
                Text(NumberText.percent(Double(package.bytes) / Double(total))),
                Text(zipped.map { NumberText.bytes($0.packages[index]) } ?? "–"),
                Text(NumberText.grouped(package.files.count)), Text("\(package.name) \(package.version)"),
            ]
        }
        var blocks: [Document.Block] = [.heading("Packages, the largest first"), .table(table)]
        var lines: [[Text]] = []
        let rest = order.dropFirst(shown)
        if !rest.isEmpty {
            let bytes = rest.reduce(0) { $0 + stack.packages.packages[$1].bytes }
            lines.append([Text("and \(rest.count) smaller, \(NumberText.bytes(bytes)) in all", .faint)])
        }
        let own = stack.packages.unowned.prefix(5).map { folder in
            "\(NumberText.bytes(folder.bytes)) in \(folder.folder.isEmpty ? "the top folder" : folder.folder)"
        }
        if !own.isEmpty { lines.append([Text("files of no package: " + own.joined(separator: ", "), .faint)]) }
        if !lines.isEmpty { blocks.append(.list(lines)) }
        return blocks
    }
}

extension AnalyzeReport {
    /// The packages for programs; null where there is no code around the model.
    var dependenciesJSON: JSON {
        guard let stack = examination.stack, examination.subject.hasStack(stack) else { return .null }
        let zipped = stack.zippedBytes()
        let packages = stack.packages.packages.enumerated().map { index, package -> JSON in
            [
                "name": .string(package.name), "version": .string(package.version),
                "bytes": [
                    "unpacked": .int(package.bytes), "zipped": .optional(zipped?.packages[index]),
                ],
                "files": .int(package.files.count), "imported": .null,
            ]
        }
        return [
            "packages": .array(packages),
            "bytes": [
                "unpacked": .int(stack.tree.bytes), "zipped": .optional(stack.zipped?.bytes),
            ],
            "files": .int(stack.tree.files.count),
            "python": .optional(stack.python.map { $0.map(String.init).joined(separator: ".") }),
        ]
    }
}
