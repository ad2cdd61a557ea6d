/// SplitMix64, a generator of pseudo-random words (Steele, Lea and Flood, "Fast splittable pseudorandom number generators",
/// 2014). Not for secrets. A word can be had by its position too, in any order and by any thread.
public struct SplitMix: RandomNumberGenerator, Sendable {
    private static let step: UInt64 = 0x9E37_79B9_7F4A_7C15

    /// What the next word follows from.
    public var state: UInt64

    /// A generator whose words follow from `state`.
    public init(state: UInt64) { self.state = state }

    /// The next word.
    public mutating func next() -> UInt64 {
        state &+= Self.step
        return Self.mix(state)
    }

    /// The word that a generator with this state gives after so many others.
    public static func word(_ index: UInt64, state: UInt64) -> UInt64 {
        mix(state &+ (index &+ 1) &* step)
    }

    /// A word in which each bit depends on all of another's.
    public static func mix(_ word: UInt64) -> UInt64 {
        var z = word
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }
}
