import PackProfiles
import PackReport

/// Profiles as reports. JSON: `{"schema": "pack.profiles/1", "profiles": […]}`, numbers of bytes and seconds in `base`.
enum ProfilesReport {
    /// One line a profile.
    static func list(_ profiles: [Profile]) -> Document {
        var table = Table([
            .init("PROFILE"), .init("AS OF"), .init("PACKAGE"), .init("MEMORY", .right),
            .init("START", .right), .init("ARCHITECTURES"), .init("WHAT", overflow: .wrap),
        ])
        table.rows = profiles.map { profile in
            [
                Text(profile.name, .strong), Text(profile.asOf), Text(package(profile)),
                Text(profile.limits[.memoryMaximum].map(short) ?? "–"),
                Text(profile.limits[.startupTime].map(short) ?? "–"),
                Text(profile.architectures.map(\.name).joined(separator: ", ")), Text(profile.title),
            ]
        }
        let chosen = profiles.filter(\.isDefault).map(\.name)
        return Document([
            .table(table),
            .paragraph(["\"pack profiles NAME\" shows all numbers of one with their sources."]),
            .paragraph([
                Text(
                    "PACKAGE: the zip / what it unpacks to, or the image, uncompressed. –: not known, or not stated.",
                    .faint)
            ]),
            .paragraph([
                Text("Looked at without --target: " + chosen.joined(separator: ", ") + "; --target all: every one.")
            ]),
        ])
    }

    private static func package(_ profile: Profile) -> String {
        switch profile.packaging {
        case .zip:
            "zip \(profile.limits[.packageZipped].map(short) ?? "–")"
                + " / \(profile.limits[.packageUnpacked].map(short) ?? "–")"
        case .image: "image \(profile.limits[.imageSize].map(short) ?? "–")"
        }
    }

    /// The number as it is written, or as people know it when it is written in bytes.
    private static func short(_ quantity: Quantity) -> String {
        guard let value = quantity.value else { return "no limit" }
        if quantity.unit == "B", let bytes = quantity.bytes { return NumberText.binaryBytes(bytes) }
        return quantity.unit == "count" ? NumberText.grouped(Int(value)) : plain(value) + " " + quantity.unit
    }

    private static func plain(_ value: Double) -> String {
        value < 0.001 ? "\(value)" : NumberText.significant(value)
    }

    /// All about some profiles.
    static func document(of profiles: [Profile]) -> Document {
        let note = Text("* recalled, not read in a source: check it before you rely on it", .faint)
        return Document(profiles.flatMap(blocks) + [.paragraph([note])])
    }

    /// All about one profile.
    private static func blocks(of profile: Profile) -> [Document.Block] {
        var blocks: [Document.Block] = [
            .paragraph([Text(profile.name, .strong), Text("  \(profile.title), as of \(profile.asOf)")]),
            .paragraph([Text(summary(profile))]),
            .heading("Limits"),
            .table(numbers(LimitID.allCases.compactMap { id in profile.limits[id].map { (id.rawValue, $0) } })),
        ]
        if !profile.unknownLimits.isEmpty {
            blocks.append(
                .list([[Text("not known: " + profile.unknownLimits.map(\.rawValue).joined(separator: ", "))]]))
        }
        blocks += [
            .heading("Processors and C library"), .table(platform(profile)),
        ]
        if !profile.sizes.isEmpty { blocks += [.heading("Memory by processors"), .table(sizes(profile))] }
        if !profile.memorySizes.isEmpty {
            let sizes = profile.memorySizes.map { NumberText.binaryBytes($0) }
            blocks += [.heading("Memory sizes"), .list([[Text(sizes.joined(separator: ", "))]])]
        }
        if !profile.prices.isEmpty {
            let prices = PriceID.allCases.compactMap { id in profile.prices[id].map { (id.rawValue, $0) } }
            blocks += [.heading("Prices"), .table(numbers(prices))]
        }
        for scaler in Profile.Scaler.allCases {
            guard let rules = profile.scaling[scaler] else { continue }
            let entries = ScalingID.allCases.compactMap { id in rules[id].map { (id.rawValue, $0) } }
            blocks += [.heading("Scaling: \(scaler.rawValue)"), .table(numbers(entries))]
        }
        return blocks
    }

    private static func summary(_ profile: Profile) -> String {
        let runtime = profile.runtime.map { ", runtime \($0)" } ?? ""
        let files = profile.filesCountAsMemory ? "; files that are written count as memory" : ""
        let python = profile.python.isEmpty ? "" : " with Python \(profile.python.joined(separator: ", "))"
        return
            "packaging \(profile.packaging.rawValue)\(runtime)\(python), protocol \(profile.requestProtocol.rawValue)\(files)"
    }

    private static func numbers(_ entries: [(String, Quantity)]) -> Table {
        var table = Table([
            .init("NAME"), .init("VALUE", .right), .init("BYTES", .right), .init("DATE"),
            .init("SOURCE", overflow: .wrap), .init("NOTE", overflow: .wrap),
        ])
        table.rows = entries.map { name, quantity in
            let bytes = quantity.bytes.map {
                ["B", "KB", "MB", "GB", "KiB", "MiB", "GiB"].contains(quantity.unit) ? NumberText.grouped($0) : ""
            }
            let note = [quantity.provenance.note, quantity.liftedBy.map { "lifted by \($0)" }].compactMap { $0 }
            return [
                Text(name), Text(short(quantity)), Text(bytes ?? ""), Text(quantity.provenance.date),
                source(quantity.provenance), Text(note.joined(separator: "; ")),
            ]
        }
        return table
    }

    private static func source(_ provenance: Provenance) -> Text {
        provenance.verified ? Text(provenance.source) : Text("* " + provenance.source, .doubtful)
    }

    private static func platform(_ profile: Profile) -> Table {
        var table = Table([
            .init("WHAT"), .init("PROMISED", overflow: .wrap), .init("DATE"), .init("SOURCE", overflow: .wrap),
            .init("NOTE", overflow: .wrap),
        ])
        table.rows = profile.architectures.map { architecture in
            [
                Text(architecture.name), Text(architecture.features.joined(separator: ", ")),
                Text(architecture.provenance.date), source(architecture.provenance),
                Text(architecture.provenance.note ?? ""),
            ]
        }
        let libc = profile.libc
        let name = [libc.kind.rawValue, libc.version].compactMap { $0 }.joined(separator: " ")
        table.rows.append([
            "C library", Text(name), Text(libc.provenance.date), source(libc.provenance),
            Text(libc.provenance.note ?? ""),
        ])
        return table
    }

    private static func sizes(_ profile: Profile) -> Table {
        var table = Table([.init("VCPU", .right), .init("LEAST MEMORY", .right), .init("MOST MEMORY", .right)])
        table.rows = profile.sizes.map { size in
            [
                Text(NumberText.significant(size.vcpus)), Text(NumberText.binaryBytes(size.minimum)),
                Text(NumberText.binaryBytes(size.maximum)),
            ]
        }
        return table
    }
}
