/// What is unusual about the names of a deployment's files.
///
/// Lengths by `linux/limits.h`: `NAME_MAX` 255 bytes for a part of a path, `PATH_MAX` 4096 bytes for a path with its
/// end, of which `rootLength` are left for the folder that the platform unpacks into.
public struct NameFacts: Hashable, Sendable {
    /// Names with bytes below 0x20 or 0x7F.
    public var controlCharacters = Names()
    /// Names that are too long, or have a part that is.
    public var tooLong = Names()
    /// Names that begin at the root or lead out of the folder.
    public var outside = Names()
    /// Names with a backslash, which some programs take for a slash.
    public var backslashes = Names()
    /// Names that are not UTF-8.
    public var notUTF8 = Names()
    /// Names that differ from another one only in ASCII case.
    public var caseClashes = Names()

    /// A number of names, and the first of them in order of bytes.
    public struct Names: Hashable, Sendable {
        /// How many.
        public var count = 0
        /// One of them, control characters and bytes that are not UTF-8 shown as `?`.
        public var example: String?

        /// None.
        public init() {}
    }

    /// Bytes that a path of the platform may take before the name: `/var/task/` and the like.
    static let rootLength = 32
    static let longestPart = 255
    static let longestPath = 4095 - rootLength

    /// Nothing is unusual.
    public init() {}

    /// Looks at names: paths with slashes, below the root of the deployment.
    public init(paths: [[UInt8]]) {
        for path in paths { look(at: path) }
        findClashes(in: paths)
    }

    /// Looks at names: paths with slashes, below the root of the deployment.
    public init(paths: [String]) { self.init(paths: paths.map { Array($0.utf8) }) }

    private mutating func look(at path: [UInt8]) {
        if path.contains(where: { $0 < 0x20 || $0 == 0x7F }) { controlCharacters.add(path) }
        if path.contains(UInt8(ascii: "\\")) { backslashes.add(path) }
        let parts = path.split(separator: UInt8(ascii: "/"))
        if path.count > Self.longestPath || parts.contains(where: { $0.count > Self.longestPart }) {
            tooLong.add(path)
        }
        let up = [UInt8(ascii: "."), UInt8(ascii: ".")]
        if path.first == UInt8(ascii: "/") || parts.contains(where: { $0.elementsEqual(up) }) { outside.add(path) }
        if String(validating: path, as: UTF8.self) == nil { notUTF8.add(path) }
    }

    private mutating func findClashes(in paths: [[UInt8]]) {
        var seen: [[UInt8]: [UInt8]] = [:]
        seen.reserveCapacity(paths.count)
        for path in paths {
            let folded = path.map { (0x41...0x5A).contains($0) ? $0 | 0x20 : $0 }
            if let other = seen[folded] {
                if other != path { caseClashes.add(path) }
            } else {
                seen[folded] = path
            }
        }
    }
}

extension NameFacts.Names {
    mutating func add(_ path: [UInt8]) {
        count += 1
        let cut = path.prefix(200).map { $0 < 0x20 || $0 == 0x7F ? UInt8(ascii: "?") : $0 }
        let text = String(decoding: cut, as: UTF8.self).replacing("\u{FFFD}", with: "?")
        guard let example else { return self.example = text }
        if text.utf8.lexicographicallyPrecedes(example.utf8) { self.example = text }
    }

    /// `3 names with a backslash, such as a\b`; `nil` for none.
    func text(_ what: String) -> String? {
        guard count > 0 else { return nil }
        return "\(count) name\(count == 1 ? "" : "s") \(what)" + (example.map { ", such as \($0)" } ?? "")
    }
}
