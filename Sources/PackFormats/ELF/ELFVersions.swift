/// Versions of symbols that a file needs of one library (`Elfxx_Verneed`).
public struct ELFVersionNeed: Hashable, Sendable {
    /// The library, as DT_NEEDED names it.
    public var library: String
    /// The versions, such as `GLIBC_2.28`.
    public var names: [String]
    /// Those of `names` that may be missing (VER_FLG_WEAK).
    public var weak: Set<String>
}

/// Numbers with dots between them, compared number by number.
public struct DottedVersion: Hashable, Sendable, Comparable, CustomStringConvertible {
    /// The numbers.
    public var numbers: [Int]

    /// Takes numbers.
    public init(_ numbers: [Int]) { self.numbers = numbers }

    /// Reads `2.28`; `nil` if it is anything else, or longer than six numbers of nine digits.
    public init?(_ text: some StringProtocol) {
        var numbers: [Int] = []
        for part in text.utf8.split(separator: UInt8(ascii: "."), maxSplits: 6, omittingEmptySubsequences: false) {
            guard (1...9).contains(part.count), part.allSatisfy({ (0x30...0x39).contains($0) }) else { return nil }
            numbers.append(part.reduce(0) { $0 * 10 + Int($1 - 0x30) })
        }
        guard numbers.count <= 6 else { return nil }
        self.numbers = numbers
    }

    /// Whether one version is before another; missing numbers count as 0.
    public static func < (left: DottedVersion, right: DottedVersion) -> Bool {
        for index in 0..<max(left.numbers.count, right.numbers.count) {
            let a = index < left.numbers.count ? left.numbers[index] : 0
            let b = index < right.numbers.count ? right.numbers[index] : 0
            if a != b { return a < b }
        }
        return left.numbers.count < right.numbers.count
    }

    /// The numbers with dots.
    public var description: String { numbers.map(String.init).joined(separator: ".") }
}

extension ELFFile {
    /// The highest version of a family of symbols that it cannot do without: `GLIBC`, `GLIBCXX`, `CXXABI`, `GCC`.
    ///
    /// `GLIBC_ABI_DT_RELR` stands for glibc 2.36, which was the first to have it.
    public func highestVersion(_ family: String) -> DottedVersion? {
        var highest: DottedVersion?
        let prefix = family + "_"
        for need in versions {
            for name in need.names where name.utf8.starts(with: prefix.utf8) && !need.weak.contains(name) {
                let rest = name.utf8.dropFirst(prefix.utf8.count)
                let version =
                    name == "GLIBC_ABI_DT_RELR" ? DottedVersion([2, 36]) : DottedVersion(Substring(rest))
                if let version, highest.map({ $0 < version }) ?? true { highest = version }
            }
        }
        return highest
    }
}
