import Glibc
import PackIO

/// Reads requirements files and those that they include.
struct RequirementsReader {
    let environment: [String: String]
    /// The folder outside of which nothing is read, free of links.
    private let root: String
    /// Files that are being read, outermost first: paths as given, and free of links.
    private var stack: [(path: String, resolved: String)] = []
    private var seen: Set<Included> = []
    var order: [String] = []
    var entries: [RequirementEntry] = []
    var options: [RequirementsFile.Option] = []
    var problems: [TreeProblem] = []

    private struct Included: Hashable {
        let resolved: String
        let isConstraint: Bool
    }

    init(path: String, root: String?, environment: [String: String]) throws(DependencyError) {
        self.environment = environment
        self.root = try Self.resolve(root ?? Self.folder(of: path))
    }

    /// Reads a file.
    mutating func read(
        _ path: String, isConstraint: Bool, includedAt place: DeclaredPackage.Place?
    ) throws(DependencyError) {
        let resolved = try Self.resolve(path)
        if stack.contains(where: { $0.resolved == resolved }) {
            let circle = stack.drop { $0.resolved != resolved }.map(\.path) + [path]
            throw .cycle(
                file: place?.file ?? path, line: place?.line, what: "includes itself in a circle", names: circle)
        }
        guard seen.insert(Included(resolved: resolved, isConstraint: isConstraint)).inserted else { return }
        let bytes = try DependencyError.reading { () throws(IOFailure) in
            try FileContents.bytes(of: path, limit: RequirementsFile.byteLimit)
        }
        try UTF8Text.check(bytes, file: path)
        order.append(path)
        stack.append((path, resolved))
        defer { stack.removeLast() }
        for (number, line) in RequirementsLines.split(bytes) {
            let place = DeclaredPackage.Place(file: path, line: number)
            let (text, unknown) = RequirementsLines.expand(line, environment)
            for name in unknown { note(place, "has a variable whose value is not known here: ${\(name)}") }
            try take(RequirementsOptions(text), place, isConstraint: isConstraint)
        }
    }

    private mutating func take(
        _ line: RequirementsOptions, _ place: DeclaredPackage.Place, isConstraint: Bool
    ) throws(DependencyError) {
        guard entries.count < RequirementsFile.entryLimit else {
            throw .form(
                "asks for too much", file: place.file, line: place.line,
                expected: "at most \(RequirementsFile.entryLimit) entries")
        }
        if let unknown = line.unknown { note(place, "has an option that can't be read: \(unknown)") }
        let hashes = line.options.filter { $0.name == "--hash" }.compactMap(\.value)
        if !line.text.isEmpty { append(line.text, hashes, place, isConstraint: isConstraint) }
        for (name, value) in line.options {
            switch (name, value) {
            case ("--requirement", let value?): try include(value, isConstraint: isConstraint, at: place)
            case ("--constraint", let value?): try include(value, isConstraint: true, at: place)
            case ("--editable", let value?):
                append(value, hashes, place, isConstraint: isConstraint, isEditable: true)
            case ("--hash", _): break
            default:
                if line.text.isEmpty { options.append(.init(name: name, value: value, place: place)) }
            }
        }
    }

    private mutating func append(
        _ text: String, _ hashes: [String], _ place: DeclaredPackage.Place, isConstraint: Bool, isEditable: Bool = false
    ) {
        guard var entry = RequirementEntry(text, isConstraint: isConstraint, place: place) else {
            return note(place, "is no requirement: \(DependencyError.excerpt(text))")
        }
        entry.hashes = hashes
        entry.isEditable = isEditable
        entries.append(entry)
    }

    /// Follows a file's name, which is relative to the file that includes it.
    private mutating func include(
        _ name: String, isConstraint: Bool, at place: DeclaredPackage.Place
    ) throws(DependencyError) {
        guard !name.contains("://") else {
            return note(place, "includes a file of the network, which is not read: \(DependencyError.excerpt(name))")
        }
        let path = name.hasPrefix("/") ? name : "\(Self.folder(of: place.file))/\(name)"
        guard let resolved = try? Self.resolve(path) else {
            return note(place, "includes a file that can't be found: \(DependencyError.excerpt(name))")
        }
        guard root == "/" || resolved.hasPrefix(root + "/") else {
            return note(
                place, "includes a file outside the project, which is not read: \(DependencyError.excerpt(name))")
        }
        guard order.count < RequirementsFile.fileLimit, stack.count < RequirementsFile.depthLimit else {
            return note(place, "includes more files than are read")
        }
        do {
            try read(Self.shortened(path), isConstraint: isConstraint, includedAt: place)
        } catch {
            // A circle is an error of the whole; a file that can't be read is a problem of its line.
            if case .cycle = error { throw error }
            let facts = error.facts
            note(place, "includes \(name), which \(facts.what)" + (facts.found.map { ": \($0)" } ?? ""))
        }
    }

    private mutating func note(_ place: DeclaredPackage.Place, _ text: String) {
        guard problems.count < LockFields.problemLimit else { return }
        problems.append(TreeProblem(path: place.description, text: text))
    }

    /// A path without `./` in it, and without `name/..`.
    private static func shortened(_ path: String) -> String {
        var result: [Substring] = []
        for part in path.split(separator: "/") where part != "." {
            if part == "..", let last = result.last, last != ".." {
                result.removeLast()
            } else {
                result.append(part)
            }
        }
        return (path.hasPrefix("/") ? "/" : "") + result.joined(separator: "/")
    }

    private static func folder(of path: String) -> String {
        guard let slash = path.utf8.lastIndex(of: UInt8(ascii: "/")) else { return "." }
        return slash == path.startIndex ? "/" : String(path[..<slash])
    }

    private static func resolve(_ path: String) throws(DependencyError) -> String {
        try DependencyError.reading { () throws(IOFailure) in try ContainedFolder.resolve(path) }
    }
}

extension RequirementEntry {
    /// Reads a requirement, a URL or a path.
    init?(_ text: String, isConstraint: Bool, place: DeclaredPackage.Place) {
        self.text = text
        self.isConstraint = isConstraint
        self.place = place
        if let requirement = Requirement(text) {
            self.requirement = requirement
            origin = requirement.url
            return
        }
        let (location, marker) = Self.split(text)
        let isURL = location.contains("://")
        let isPath =
            location.hasPrefix(".") || location.contains("/")
            || [".whl", ".zip", ".tar.gz", ".tar.bz2", ".tgz"].contains { location.hasSuffix($0) }
        guard isURL || isPath, !location.contains(" ") else { return nil }
        origin = location
        requirement = Self.named(location, marker: marker)
    }

    /// A location, and the marker behind ` ;`.
    private static func split(_ text: String) -> (location: String, marker: String) {
        guard let start = text.utf8.firstIndex(of: UInt8(ascii: ";")), start > text.startIndex,
            text.utf8[text.utf8.index(before: start)] == 0x20
        else { return (text, "") }
        return (ASCII.trimmed(text[..<start]), String(text[start...]))
    }

    /// The package that a location names: by `#egg=`, or as a wheel.
    private static func named(_ location: String, marker: String) -> Requirement? {
        if let wheel = WheelName(LockedFile.name(of: location)) {
            return Requirement("\(wheel.package)==\(wheel.version)\(marker)")
        }
        guard let hash = location.utf8.firstIndex(of: UInt8(ascii: "#")) else { return nil }
        for part in location[location.utf8.index(after: hash)...].split(separator: "&") where part.hasPrefix("egg=") {
            return Requirement(part.dropFirst(4) + marker)
        }
        return nil
    }
}
