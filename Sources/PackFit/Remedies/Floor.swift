import PackProfiles

/// A part of a deployment that is needed: a package, the model.
public struct Component: Hashable, Sendable {
    /// Its name, with its version: `torch 2.6.0`.
    public var name: String
    /// Bytes of its files, without what savings would leave out.
    public var unpacked: Known
    /// Bytes that it takes in the zip.
    public var zipped: Known?

    /// Describes a part.
    public init(name: String, unpacked: Known, zipped: Known? = nil) {
        self.name = name
        self.unpacked = unpacked
        self.zipped = zipped
    }
}

/// What is left when everything that can be left out is, and is still too much.
public struct Floor: Hashable, Sendable {
    /// The limit.
    public var id: Check.ID
    /// Bytes allowed.
    public var limit: Double
    /// Bytes that are left.
    public var bytes: Known
    /// Bytes that are still over the limit.
    public var over: Double
    /// The largest part.
    public var largest: Component?
    /// Whether the largest part alone is over the limit, so that only replacing it helps.
    public var isOneTooLarge: Bool

    /// - Returns: `nil` where leaving everything out is enough.
    init?(_ facts: FitFacts, on profile: Profile, components: [Component]) {
        guard
            let excess = SavingNeed(facts, on: profile).excesses.max(by: { $0.bytes / $0.limit < $1.bytes / $1.limit })
        else { return nil }
        let isZip = excess.id == .packageZipped
        func size(_ component: Component) -> Double {
            isZip ? component.zipped?.low ?? 0 : component.unpacked.low
        }
        let bytes = isZip ? facts.zipped : excess.id == .imageSize ? facts.image : facts.unpacked
        id = excess.id
        limit = excess.limit
        over = excess.bytes
        self.bytes = bytes ?? Known(low: 0, high: nil, how: .assumed)
        largest = components.max { (size($0), $1.name) < (size($1), $0.name) }
        isOneTooLarge = largest.map { size($0) > excess.limit } ?? false
    }
}
