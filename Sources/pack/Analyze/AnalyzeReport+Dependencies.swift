import PackDependencies
import PackReport

extension AnalyzeReport {
    /// The packages, the largest first, or as a tree.
    var packages: [Document.Block] {
        guard let stack = examination.stack, !stack.packages.packages.isEmpty else { return [] }
        return (showsTree ? treeView(of: stack) : flatView(of: stack)) + ownFiles(of: stack)
    }

    private func flatView(of stack: Stack) -> [Document.Block] {
        let zipped = stack.zippedBytes()
        let total = max(stack.tree.bytes, 1)
        var table = Table([
            .init("BYTES", .right), .init("SHARE", .right), .init("ZIPPED", .right), .init("IMPORTED"),
            .init("PACKAGE", overflow: .cut), .init("WHY", overflow: .wrap),
        ])
        let order = stack.packages.packages.indices.sorted { left, right in
            let (a, b) = (stack.packages.packages[left], stack.packages.packages[right])
            return (b.bytes, a.normalizedName) < (a.bytes, b.normalizedName)
        }
        table.rows = order.prefix(10).map { index in
            let package = stack.packages.packages[index]
            return [
                Text(NumberText.bytes(package.bytes)),
                Text(NumberText.percent(Double(package.bytes) / Double(total))),
                Text(zipped.map { NumberText.bytes($0.packages[index]) } ?? "–"), imported(index, stack),
                Text(stack.title(index)), Text(reason(index, stack), .faint),
            ]
        }
        var blocks: [Document.Block] = [.heading("Packages, the largest first"), .table(table)]
        let rest = order.dropFirst(10)
        if !rest.isEmpty {
            let bytes = rest.reduce(0) { $0 + stack.packages.packages[$1].bytes }
            blocks.append(
                .list([[Text("and \(rest.count) smaller, \(NumberText.bytes(bytes)) in all", .faint)]]))
        }
        return blocks
    }

    /// Each package below who needs it; what was shown before is not followed again.
    private func treeView(of stack: Stack) -> [Document.Block] {
        guard let graph = stack.graph else { return [] }
        let tree = PackageTree(stack.packages, graph)
        var table = Table([
            .init("OWN", .right), .init("WITH ALL", .right), .init("ALONE", .right), .init("IMPORTED"),
            .init("PACKAGE", overflow: .cut),
        ])
        table.rows = tree.rows.prefix(2000).map { row in
            let sizes = tree.sizes[row.package]
            let mark = row.isRepeated ? " (shown above)" : ""
            return [
                Text(NumberText.bytes(sizes.own)), Text(sizes.subtree.map { NumberText.bytes($0) } ?? "–"),
                Text(NumberText.bytes(sizes.unique)), imported(row.package, stack),
                Text(
                    String(repeating: "· ", count: row.depth) + stack.title(row.package) + mark,
                    row.isRepeated ? .faint : .plain),
            ]
        }
        return [
            .heading("Packages, each below who needs it"), .table(table),
            .list([[Text("WITH ALL: with all that it needs; ALONE: what would go if it went", .faint)]]),
        ]
    }

    /// What a list of packages asks for, where none of it is among the files.
    var declared: [Document.Block] {
        guard let list = examination.subject.declared.first, !list.packages.isEmpty,
            examination.stack?.packages.packages.isEmpty ?? true
        else { return [] }
        var table = Table([
            .init("PACKAGE"), .init("VERSION"), .init("ZIPPED", .right), .init("WHEEL", overflow: .cut),
            .init("NOTE", overflow: .wrap),
        ])
        table.rows = list.packages.prefix(100).map { package in
            let notes =
                package.refusals.prefix(1) + (package.isSourceOnly ? ["has to be built from source"] : [])
                + (package.certainty == .unknown ? ["whether it is needed is not known"] : [])
            return [
                Text(package.name), package.version.map { Text($0) } ?? Text("not fixed", .doubtful),
                Text(package.zippedBytes.map { NumberText.bytes($0) } ?? "–"), Text(package.wheel ?? "–", .faint),
                Text(notes.joined(separator: "; "), .doubtful),
            ]
        }
        var blocks: [Document.Block] = [.heading("Packages of \(list.path)"), .table(table)]
        if list.packages.count > 100 {
            blocks.append(.list([[Text("and \(list.packages.count - 100) more", .faint)]]))
        }
        return blocks
    }

    private func ownFiles(of stack: Stack) -> [Document.Block] {
        let own = stack.packages.unowned.prefix(5).map { folder in
            "\(NumberText.bytes(folder.bytes)) in \(folder.folder.isEmpty ? "the top folder" : folder.folder)"
        }
        return own.isEmpty ? [] : [.list([[Text("files of no package: " + own.joined(separator: ", "), .faint)]])]
    }

    private func imported(_ package: Int, _ stack: Stack) -> Text {
        guard let imports = stack.imports, imports.isKnown else { return Text("–", .faint) }
        switch imports.isUsed(package) {
        case true?: return Text("yes")
        case false?: return Text("no", .doubtful)
        case nil: return Text("perhaps", .faint)
        }
    }

    /// The path from what was asked for: `transformers → tokenizers`.
    private func reason(_ package: Int, _ stack: Stack) -> String {
        guard let path = stack.graph?.path(to: package) else { return "nobody requires it" }
        guard path.count > 1 else { return stack.graph?.missingRoots.isEmpty == false ? "asked for" : "" }
        return path.dropLast().map { stack.packages.packages[$0].name }.joined(separator: " → ")
    }
}

extension AnalyzeReport {
    /// The packages for programs; null where there is no code around the model.
    var dependenciesJSON: JSON {
        guard let stack = examination.stack, examination.subject.hasStack(stack) else { return declaredJSON }
        let zipped = stack.zippedBytes()
        let sizes = stack.graph.map { PackageTree(stack.packages, $0).sizes }
        let packages = stack.packages.packages.enumerated().map { index, package -> JSON in
            let used = stack.imports.flatMap { $0.isUsed(index) }
            let path = stack.graph?.path(to: index) ?? []
            return [
                "name": .string(package.name), "version": .string(package.version),
                "bytes": [
                    "unpacked": .int(package.bytes), "zipped": .optional(zipped?.packages[index]),
                    "unique": .optional(sizes?[index].unique),
                ],
                "files": .int(package.files.count), "imported": used.map { .bool($0) } ?? .null,
                "why": .array(path.map { .string(stack.packages.packages[$0].normalizedName) }),
                "importChain": .array(chain(index, stack).map { .string($0) }),
            ]
        }
        return [
            "packages": .array(packages),
            "bytes": ["unpacked": .int(stack.tree.bytes), "zipped": .optional(stack.zipped?.bytes)],
            "files": .int(stack.tree.files.count),
            "python": .optional(stack.python.map { $0.map(String.init).joined(separator: ".") }),
            "unused": wasteJSON,
            "compiled": compiledJSON,
            "declared": declaredPackages,
        ]
    }

    /// `app.py:1`, `numpy/__init__.py`.
    private func chain(_ package: Int, _ stack: Stack) -> [String] {
        guard let imports = stack.imports, imports.chains.indices.contains(package) else { return [] }
        return imports.chains[package].map { step in
            stack.tree.files[step.file].path + (step.line > 0 ? ":\(step.line)" : "")
        }
    }

    /// What lists of packages say, where no package is among the files.
    private var declaredJSON: JSON {
        guard let list = examination.subject.declared.first else { return .null }
        let zipped =
            list.packages.allSatisfy { $0.zippedBytes != nil }
            ? list.packages.reduce(0) { $0 + ($1.zippedBytes ?? 0) } : nil
        return [
            "packages": [], "bytes": ["unpacked": .null, "zipped": .optional(zipped)], "files": .int(0),
            "python": .null,
            "unused": [], "compiled": [], "declared": declaredPackages,
        ]
    }

    private var declaredPackages: JSON {
        .array(
            (examination.subject.declared.first?.packages ?? []).map { package in
                [
                    "name": .string(package.name), "version": .optional(package.version),
                    "wheel": .optional(package.wheel), "zippedBytes": .optional(package.zippedBytes),
                    "place": .string(package.place.description),
                    "certain": .bool(package.certainty == .yes),
                ]
            })
    }
}
