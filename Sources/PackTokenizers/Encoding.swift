/// Where in a source text something starts and ends, in bytes.
public struct Span: Equatable, Sendable {
    /// The first byte.
    public var start: UInt32
    /// The byte after the last.
    public var end: UInt32

    /// A span from one byte to before another.
    public init(start: UInt32, end: UInt32) {
        self.start = start
        self.end = end
    }
}

/// What a text becomes, in memory that is used again for the next text.
///
/// Once its arrays have grown to what a text needs, encoding another of that size allocates nothing.
public struct Encoding: Sendable {
    /// The tokens' ids, special ones included.
    public internal(set) var ids: [Int32] = []
    /// For each token the type that the template gives its text, 0 or 1 as a rule.
    public internal(set) var typeIDs: [UInt8] = []
    /// For each token its bytes in the text that it comes from; 0 to 0 for a token of the template.
    public internal(set) var spans: [Span] = []
    /// For each token the text that it comes from, 0 or 1; 255 for a token of the template.
    public internal(set) var sources: [UInt8] = []
    /// Whether tokens were left out to stay within the maximum.
    public internal(set) var wasTruncated = false
    var scratch = Scratch()
    private var memory: WordMemory?

    /// An encoding without tokens.
    public init() {}

    mutating func removeAll() {
        ids.removeAll(keepingCapacity: true)
        typeIDs.removeAll(keepingCapacity: true)
        spans.removeAll(keepingCapacity: true)
        sources.removeAll(keepingCapacity: true)
        wasTruncated = false
    }

    /// Memory for a word that no copy of this encoding uses.
    mutating func wordMemory(count: Int, hashCount: Int) -> WordMemory {
        if isKnownUniquelyReferenced(&memory), let memory, memory.count >= count, memory.hashCount >= hashCount {
            return memory
        }
        let made = WordMemory(count: count, hashCount: hashCount)
        memory = made
        return made
    }
}

/// Memory that encoding works in, apart from the word at hand.
struct Scratch: Sendable {
    /// Marks that wait to be put in order.
    var pending: [Unit] = []
    var ordered: [Unit] = []
    /// The normalized text, if added tokens are to be found in it.
    var units: [Unit] = []
}

/// Memory for one word, of fixed size. One encoding uses it: `Encoding` checks that it is the only owner.
final class WordMemory: @unchecked Sendable {
    /// The word's bytes and where each of them comes from.
    let bytes: UnsafeMutablePointer<UInt8>
    let spans: UnsafeMutablePointer<Span>
    let count: Int
    /// Hashes of the word's prefixes.
    let hashes: UnsafeMutablePointer<UInt32>
    let hashCount: Int

    init(count: Int, hashCount: Int) {
        bytes = .allocate(capacity: count)
        spans = .allocate(capacity: count)
        hashes = .allocate(capacity: hashCount)
        self.count = count
        self.hashCount = hashCount
    }

    deinit {
        bytes.deallocate()
        spans.deallocate()
        hashes.deallocate()
    }
}

/// A scalar of the normalized text.
struct Unit: Sendable {
    /// The scalar, class and combining class, packed as in the table's section `units`.
    var packed: UInt32
    var span: Span

    var scalar: UInt32 { packed & 0x1F_FFFF }
    var kind: UInt32 { packed >> 21 & 7 }
    var combiningClass: Int { Int(packed >> 24) }
}

/// Tokens as they are found. It keeps as many as can be needed and counts all.
struct TokenList {
    var ids: [Int32] = []
    var spans: [Span] = []
    /// Tokens already there when the text began.
    let start: Int
    /// Most tokens of this text to keep.
    let limit: Int
    /// Tokens of this text, kept or not.
    private(set) var count = 0

    init(start: Int, limit: Int) {
        self.start = start
        self.limit = limit
    }

    var mark: Int { count }

    @inline(__always)
    mutating func append(_ id: Int32, _ span: Span) {
        if count < limit {
            ids.append(id)
            spans.append(span)
        }
        count += 1
    }

    mutating func rewind(to mark: Int) {
        count = mark
        let kept = start + min(mark, limit)
        guard ids.count > kept else { return }
        ids.removeSubrange(kept...)
        spans.removeSubrange(kept...)
    }
}
