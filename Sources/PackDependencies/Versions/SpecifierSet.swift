/// Clauses that a version must all fulfil, such as `>=1.2,<2` (PEP 440). The empty set takes any version.
public struct SpecifierSet: Hashable, Sendable {
    /// The clauses in the order of the text.
    public let specifiers: [Specifier]

    /// Clauses that are read.
    static let countLimit = 256

    /// Makes a set of clauses.
    public init(_ specifiers: [Specifier]) {
        self.specifiers = specifiers
    }

    /// Reads clauses with commas between them; `nil` if one is none, or there are more than 256.
    public init?(_ text: some StringProtocol) {
        let parts = text.split(separator: ",", maxSplits: Self.countLimit, omittingEmptySubsequences: false)
        guard parts.count <= Self.countLimit else { return nil }
        var specifiers: [Specifier] = []
        for part in parts where !ASCII.trimmed(part).isEmpty {
            guard let specifier = Specifier(part) else { return nil }
            specifiers.append(specifier)
        }
        self.specifiers = specifiers
    }

    /// Whether a version fulfils all clauses; pre-releases are compared like others.
    public func matches(_ version: PythonVersion) -> Bool {
        specifiers.allSatisfy { $0.matches(version) }
    }

    /// Whether one of the clauses asks for pre-releases by naming one.
    public var allowsPrereleases: Bool { specifiers.contains { $0.namesPrerelease } }

    /// Whether a version fulfils all clauses, and is no pre-release unless those are allowed.
    public func admits(_ version: PythonVersion, prereleases: Bool = false) -> Bool {
        matches(version) && (prereleases || allowsPrereleases || !version.isPrerelease)
    }

    /// The only version that fulfils the set, if a clause names one: `==1.2` or `===1.2`.
    public var pinned: PythonVersion? {
        specifiers.first { ($0.comparison == .equal && !$0.isPrefix) || $0.comparison == .identical }?.version
    }
}

extension SpecifierSet: CustomStringConvertible {
    /// The clauses, with commas between them.
    public var description: String { specifiers.map(\.description).joined(separator: ",") }
}
