/// Tells whether requests of a model are so short that handing them to another thread would take longer than computing them.
///
/// That is so after many in a row. One that takes longer all the same is computed in place once; from then on it takes twice as many in
/// a row, so that nobody can delay others often. What counts is the time that the thread computed, so that a busy machine changes nothing.
struct ShortRequests {
    /// Bytes of a body from which on nothing is expected.
    static var longestBody: Int { 4096 }
    /// Nanoseconds of a short request: about what waking two threads takes.
    static var longest: UInt64 { 100_000 }

    private var inRow = 0
    private var needed = 64

    /// Whether a request of so many bytes is expected to be short.
    func includes(_ bodyBytes: Int) -> Bool { inRow >= needed && bodyBytes <= Self.longestBody }

    /// Takes note of a request that the thread computed for so many nanoseconds.
    mutating func note(_ bodyBytes: Int, _ effort: UInt64) {
        guard bodyBytes <= Self.longestBody else { return }
        if effort < Self.longest {
            inRow = min(inRow + 1, needed)
        } else {
            if inRow >= needed { needed = min(needed * 2, 1 << 16) }
            inRow = 0
        }
    }
}
