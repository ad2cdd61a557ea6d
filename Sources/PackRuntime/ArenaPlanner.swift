/// Places buffers with known lifetimes in one arena, so that buffers that are never alive together share bytes.
///
/// Buffers are opened in the order in which steps make them and closed after their last use; each goes into the smallest gap
/// between live buffers that holds it (best fit). Allocates nothing after its initializer.
struct ArenaPlanner {
    /// Buffers start on multiples of this many bytes: a cache line, and the widest vector.
    static let alignment = 64

    private struct Block {
        var offset: Int
        var bytes: Int
        var owner: Int
    }
    private var live: UnsafeMutableBufferPointer<Block>
    private var count = 0
    /// Bytes of arena that the buffers placed so far need.
    private(set) var peak = 0

    /// Makes a planner for at most `capacity` buffers alive at once.
    init(capacity: Int) {
        live = .allocate(capacity: Swift.max(capacity, 1))
        live.initialize(repeating: Block(offset: 0, bytes: 0, owner: 0))
    }

    func deallocate() { live.deallocate() }

    /// Forgets all buffers.
    mutating func reset() {
        count = 0
        peak = 0
    }

    /// Places a buffer and returns its offset, or nil if the arena would pass `limit`.
    mutating func open(owner: Int, bytes: Int, limit: Int) -> Int? {
        guard bytes <= limit - ArenaPlanner.alignment, count < live.count else { return nil }
        let bytes = (Swift.max(bytes, 1) + ArenaPlanner.alignment - 1) & ~(ArenaPlanner.alignment - 1)
        var best = count
        var bestGap = Int.max
        var end = 0
        for index in 0..<count {
            let gap = live[index].offset - end
            if gap >= bytes, gap < bestGap {
                best = index
                bestGap = gap
            }
            end = live[index].offset + live[index].bytes
        }
        let offset = best == 0 ? 0 : live[best - 1].offset + live[best - 1].bytes
        guard offset <= limit - bytes else { return nil }
        var index = count
        while index > best {
            live[index] = live[index - 1]
            index -= 1
        }
        live[best] = Block(offset: offset, bytes: bytes, owner: owner)
        count += 1
        peak = Swift.max(peak, offset + bytes)
        return offset
    }

    /// Frees the bytes of every buffer for which the predicate holds.
    mutating func close(where isDead: (Int) -> Bool) {
        var kept = 0
        for index in 0..<count where !isDead(live[index].owner) {
            live[kept] = live[index]
            kept += 1
        }
        count = kept
    }
}
