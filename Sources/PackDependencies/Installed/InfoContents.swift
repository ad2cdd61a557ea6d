import PackFormats

/// What a file in a `.dist-info` or `.egg-info` says.
enum InfoContents {
    case metadata(HeaderFields)
    case wheel(HeaderFields)
    case record([UInt8])
    case installer(String)
    case origin(PackageOrigin)
    case topLevel([String])
    case entryPoints([PackageEntryPoint])
    case eggRequires(String)

    private static let metadataFields: Set<String> = [
        "name", "version", "summary", "license", "license-expression", "requires-dist", "requires-python",
        "provides-extra",
    ]

    /// The most lines that are taken of lists.
    private static let lineLimit = 20_000

    /// Whether a file is one of those that are read.
    static func isRead(_ file: TreeFile, in info: InfoFolder) -> Bool {
        guard file.link == nil else { return false }
        if file.path == info.path { return true }
        guard file.path.utf8.count == info.path.utf8.count + 1 + file.name.utf8.count else { return false }
        switch file.name {
        case "METADATA", "WHEEL", "RECORD", "INSTALLER", "direct_url.json": return !info.isEgg
        case "PKG-INFO", "requires.txt": return info.isEgg
        case "top_level.txt", "entry_points.txt": return true
        default: return false
        }
    }

    init?(_ file: TreeFile, _ bytes: UnsafeRawBufferPointer) {
        switch file.name {
        case "WHEEL": self = .wheel(HeaderFields(bytes, wanted: ["tag", "root-is-purelib"]))
        case "RECORD": self = .record(Array(bytes))
        case "INSTALLER":
            self = .installer(String(decoding: bytes.prefix(64).prefix { $0 > 0x20 }, as: UTF8.self))
        case "direct_url.json":
            guard let origin = PackageOrigin(Array(bytes)) else { return nil }
            self = .origin(origin)
        case "top_level.txt": self = .topLevel(InfoContents.lines(bytes).map(String.init))
        case "entry_points.txt": self = .entryPoints(InfoContents.entryPoints(bytes))
        case "requires.txt": self = .eggRequires(InfoContents.lines(bytes).joined(separator: "\n"))
        default: self = .metadata(HeaderFields(bytes, wanted: InfoContents.metadataFields))
        }
    }

    private static func lines(_ bytes: UnsafeRawBufferPointer) -> [Substring] {
        let text = String(decoding: bytes.prefix(1 << 20), as: UTF8.self)
        return text.split(maxSplits: lineLimit) { $0.isNewline }.prefix(lineLimit).compactMap {
            let line = $0.drop { $0 == " " || $0 == "\t" }
            return line.isEmpty ? nil : line
        }
    }

    /// Groups in brackets and `name = module:object [extras]`, as Python's `configparser` reads them.
    private static func entryPoints(_ bytes: UnsafeRawBufferPointer) -> [PackageEntryPoint] {
        var points: [PackageEntryPoint] = []
        var group = ""
        for line in lines(bytes) where !line.hasPrefix("#") && !line.hasPrefix(";") {
            if line.hasPrefix("[") {
                group = String(line.dropFirst().prefix { $0 != "]" })
            } else if let equal = line.firstIndex(of: "=") {
                let name = line[..<equal].split(separator: " ").joined(separator: " ")
                let value = line[line.index(after: equal)...].drop { $0 == " " }
                let module = value.prefix { $0 != ":" && $0 != " " && $0 != "[" }
                points.append(PackageEntryPoint(group: group, name: name, module: String(module)))
            }
        }
        return points
    }

    func apply(to package: inout InstalledPackage) {
        switch self {
        case .metadata(let fields): apply(fields, &package)
        case .wheel(let fields):
            package.tags = fields.all("tag")
            package.isPure = fields.first("root-is-purelib").map { $0.lowercased() == "true" }
        case .record: break
        case .installer(let name): package.installer = name.isEmpty ? nil : name
        case .origin(let origin): package.origin = origin
        case .topLevel(let names): package.topLevel = names
        case .entryPoints(let points): package.entryPoints = points
        case .eggRequires(let text):
            if package.requires.isEmpty { package.requires = InfoContents.requirements(inEgg: text) }
        }
    }

    private func apply(_ fields: HeaderFields, _ package: inout InstalledPackage) {
        if let name = fields.first("name") {
            package.name = name
            package.normalizedName = PackageName.normalized(name)
        }
        if let version = fields.first("version") { package.version = version }
        let requires = fields.all("requires-dist").filter { !$0.isEmpty }
        if !requires.isEmpty { package.requires = requires }
        package.requiresPython = fields.first("requires-python")
        package.extras = fields.all("provides-extra")
        package.summary = fields.first("summary")
        package.license = fields.first("license-expression") ?? fields.first("license")
    }

    /// The requirements of an egg's `requires.txt`, where a heading holds an extra's name, a marker or both:
    /// `[extra:marker]`.
    static func requirements(inEgg text: String) -> [String] {
        var (requirements, heading): ([String], String) = ([], "")
        for line in text.split(separator: "\n") {
            if line.hasPrefix("[") {
                heading = marker(ofHeading: line.dropFirst().prefix { $0 != "]" })
            } else {
                requirements.append(heading.isEmpty ? String(line) : "\(line) ; \(heading)")
            }
        }
        return requirements
    }

    private static func marker(ofHeading heading: Substring) -> String {
        let parts = heading.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
        let extra = parts.first.flatMap { $0.isEmpty ? nil : "extra == '\($0)'" }
        let marker = parts.count > 1 && !parts[1].isEmpty ? "(\(parts[1]))" : nil
        return [extra, marker].compactMap { $0 }.joined(separator: " and ")
    }
}

extension PackageOrigin {
    /// Reads a `direct_url.json`; `nil` if it is not what PEP 610 says.
    init?(_ bytes: [UInt8]) {
        guard let document = try? JSONDocument(bytes) else { return nil }
        var (url, isEditable, commit): (String?, Bool, String?) = (nil, false, nil)
        document.root.forEachMember { key, value in
            switch key.string {
            case "url": url = value.string
            case "dir_info":
                value.forEachMember { if $0.string == "editable" { isEditable = $1.bool ?? false } }
            case "vcs_info":
                value.forEachMember { if $0.string == "commit_id" { commit = $1.string } }
            default: break
            }
        }
        guard let url else { return nil }
        self.init(url: url, isEditable: isEditable, commit: commit)
    }
}
