/// Where a statement in a profile comes from.
public struct Provenance: Hashable, Sendable {
    /// The document or measurement.
    public var source: String
    /// The day that the source is of, or was read on: `YYYY-MM-DD`.
    public var date: String
    /// Whether the source was read; `false` marks what is only recalled, to be checked before it is relied on.
    public var verified: Bool
    /// A remark for readers.
    public var note: String?

    /// Describes a source.
    public init(source: String, date: String, verified: Bool, note: String? = nil) {
        self.source = source
        self.date = date
        self.verified = verified
        self.note = note
    }
}

/// A number of a profile with its unit and its source.
public struct Quantity: Hashable, Sendable {
    /// The number as written; `nil` where the platform states that there is no such limit.
    public var value: Double?
    /// The unit as written, for example `MiB`.
    public var unit: String
    /// The number in bytes, seconds, dollars or pieces; `nil` as `value` is.
    public var base: Double?
    /// How to get around the limit without changing what is deployed, where the platform offers that.
    public var liftedBy: String?
    /// Where the number comes from.
    public var provenance: Provenance
    /// Whether the profile says that the number is not known; such a quantity is not kept in a profile.
    var isUnknown = false

    /// The number in whole bytes, for a quantity of bytes.
    public var bytes: Int? { base.flatMap { Int(exactly: $0.rounded()) } }

    /// Describes a quantity; `base` is the number in its base unit.
    public init(value: Double?, unit: String, base: Double?, liftedBy: String? = nil, provenance: Provenance) {
        self.value = value
        self.unit = unit
        self.base = base
        self.liftedBy = liftedBy
        self.provenance = provenance
    }
}
