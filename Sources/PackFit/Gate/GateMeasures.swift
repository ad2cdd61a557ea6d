/// What was measured of a deployment, as far as budgets can be set for it, and what it is made of.
public struct GateMeasures: Sendable {
    /// Numbers in base units; an absent one is not known.
    public var values: [GateMeasure: Known] = [:]
    /// Packages, files and tensors that bytes are in, no byte in two of them.
    public var parts: [Part] = []
    /// The smallest cosine between the bundle's answers and the original's, where a bundle states it.
    public var accuracy: Double?

    /// Something that takes bytes.
    public struct Part: Hashable, Sendable {
        /// What it is.
        public var kind: Kind
        /// Its name: a package's normalized name, a file's path.
        public var name: String
        /// A package's version.
        public var version: String?
        /// Its bytes.
        public var bytes: Int

        /// What takes bytes.
        public enum Kind: String, CaseIterable, Sendable {
            case package
            case model
            case file
        }

        /// Describes a part.
        public init(kind: Kind, name: String, version: String? = nil, bytes: Int) {
            self.kind = kind
            self.name = name
            self.version = version
            self.bytes = bytes
        }
    }

    /// Nothing is known.
    public init() {}

    /// Takes over what platforms are told.
    public init(_ facts: FitFacts) {
        values[.packageZipped] = facts.zipped
        values[.packageUnpacked] = facts.unpacked
        values[.imageSize] = facts.image
        values[.disk] = facts.written
        values[.memoryPeak] = facts.peakMemory
        values[.startupTime] = facts.startup
        values[.responseSize] = facts.response
    }
}

/// The measures of an earlier state, which growth is judged against.
public struct GateBaseline: Sendable {
    /// Numbers in base units, the less favourable end where a range was known.
    public var values: [GateMeasure: Double]
    /// What it was made of.
    public var parts: [GateMeasures.Part]

    /// Describes a baseline.
    public init(values: [GateMeasure: Double], parts: [GateMeasures.Part]) {
        self.values = values
        self.parts = parts
    }

    /// The present state as the baseline of later ones.
    public init(_ measures: GateMeasures) {
        values = measures.values.mapValues { $0.high ?? $0.low }
        parts = measures.parts
    }
}

/// How the bytes of one part changed since the baseline.
public struct GateChange: Hashable, Sendable {
    /// The part as it is now, or as it was if it is gone.
    public var part: GateMeasures.Part
    /// Its version at the baseline.
    public var versionBefore: String?
    /// Its bytes at the baseline; `nil` if it is new.
    public var before: Int?
    /// Its bytes now; `nil` if it is gone.
    public var after: Int?

    /// Bytes that it grew by.
    public var difference: Int { (after ?? 0) - (before ?? 0) }

    /// What changed, the largest difference first.
    public static func between(_ baseline: GateBaseline, _ measures: GateMeasures) -> [GateChange] {
        struct Key: Hashable {
            var kind: GateMeasures.Part.Kind
            var name: String
        }
        var before: [Key: GateMeasures.Part] = [:]
        for part in baseline.parts { before[Key(kind: part.kind, name: part.name)] = part }
        var changes: [GateChange] = []
        for part in measures.parts {
            let old = before.removeValue(forKey: Key(kind: part.kind, name: part.name))
            guard old?.bytes != part.bytes else { continue }
            changes.append(
                GateChange(part: part, versionBefore: old?.version, before: old?.bytes, after: part.bytes))
        }
        changes += before.values.filter { $0.bytes != 0 }.map {
            GateChange(part: $0, versionBefore: $0.version, before: $0.bytes, after: nil)
        }
        return changes.sorted {
            ($1.difference.magnitude, $0.part.kind.rawValue, $0.part.name)
                < ($0.difference.magnitude, $1.part.kind.rawValue, $1.part.name)
        }
    }
}
