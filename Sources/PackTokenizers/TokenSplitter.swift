import PackCore

/// A text in which added tokens can be found: the source bytes, or the scalars of the normalized text.
protocol SearchedText {
    /// Number of positions.
    var count: Int { get }
    /// The first position, from one on, at which a token of the set may start.
    func candidate(from position: Int, in set: AddedTokens) -> Int?
    /// The longest token that starts at a position, and the position after it.
    func longest(at position: Int, in set: AddedTokens) -> (index: Int, end: Int)?
    /// The scalar before a position greater than 0, and its length in positions.
    func scalar(before position: Int) -> (scalar: UInt32, length: Int)
    /// The scalar at a position less than `count`, and its length in positions.
    func scalar(at position: Int) -> (scalar: UInt32, length: Int)
}

/// A part of a text: an added token, or what stands between two.
struct TextPart {
    var start: Int
    var end: Int
    /// The index of the added token in its set; nil for other text.
    var token: Int?
}

/// Splits a text at added tokens as Hugging Face `tokenizers` does: leftmost and longest matches that don't overlap; a token
/// that must be a single word is left where it is not; tokens that strip take the white space beside them along.
struct TokenSplitter<Text: SearchedText> {
    let text: Text
    let set: AddedTokens
    private var position = 0
    private var covered = 0
    private var waiting: TextPart?

    init(_ text: Text, _ set: AddedTokens) {
        self.text = text
        self.set = set
    }

    mutating func next() -> TextPart? {
        if let part = waiting {
            waiting = nil
            return part
        }
        while position < text.count, let candidate = text.candidate(from: position, in: set) {
            guard let (token, end) = text.longest(at: candidate, in: set) else {
                position = candidate + 1
                continue
            }
            position = end
            guard !set.isSingleWord(token) || standsAlone(candidate, end) else { continue }
            let part = TextPart(start: stripped(token, candidate), end: extended(token, end), token: token)
            let before = TextPart(start: covered, end: part.start)
            covered = part.end
            guard before.start < before.end else { return part }
            waiting = part
            return before
        }
        position = text.count
        guard covered < text.count else { return nil }
        defer { covered = text.count }
        return TextPart(start: covered, end: text.count)
    }

    private func standsAlone(_ start: Int, _ end: Int) -> Bool {
        if start > 0, set.isWord(text.scalar(before: start).scalar) { return false }
        return end == text.count || !set.isWord(text.scalar(at: end).scalar)
    }

    private func stripped(_ token: Int, _ start: Int) -> Int {
        var start = start
        guard set.stripsLeft(token) else { return start }
        while start > covered {
            let (scalar, length) = text.scalar(before: start)
            guard UTF8Decoding.isSpace(scalar) else { break }
            start -= length
        }
        return start
    }

    private func extended(_ token: Int, _ end: Int) -> Int {
        var end = end
        guard set.stripsRight(token) else { return end }
        while end < text.count {
            let (scalar, length) = text.scalar(at: end)
            guard UTF8Decoding.isSpace(scalar) else { break }
            end += length
        }
        return end
    }
}

/// The source text, by bytes.
struct SourceText: SearchedText {
    let bytes: UnsafePointer<UInt8>
    let count: Int

    func candidate(from position: Int, in set: AddedTokens) -> Int? {
        for at in position..<count where set.canStart(with: bytes[at]) { return at }
        return nil
    }

    func longest(at position: Int, in set: AddedTokens) -> (index: Int, end: Int)? {
        var cursor = set.cursor
        var found: (index: Int, end: Int)?
        var at = position
        while at < count, set.advance(&cursor, by: bytes[at]) {
            at += 1
            if let index = set.complete(cursor) { found = (index, at) }
        }
        return found
    }

    func scalar(before position: Int) -> (scalar: UInt32, length: Int) {
        UTF8Decoding.scalarBefore(bytes, position, 0)
    }

    func scalar(at position: Int) -> (scalar: UInt32, length: Int) { UTF8Decoding.scalar(bytes, position, count) }
}

/// The normalized text, by scalars.
struct NormalizedText: SearchedText {
    let units: UnsafeBufferPointer<Unit>

    var count: Int { units.count }

    func candidate(from position: Int, in set: AddedTokens) -> Int? {
        for at in position..<count {
            let (bytes, _) = utf8(at)
            if set.canStart(with: UInt8(truncatingIfNeeded: bytes)) { return at }
        }
        return nil
    }

    func longest(at position: Int, in set: AddedTokens) -> (index: Int, end: Int)? {
        var cursor = set.cursor
        var found: (index: Int, end: Int)?
        for at in position..<count {
            var (bytes, length) = utf8(at)
            while length > 0 {
                guard set.advance(&cursor, by: UInt8(truncatingIfNeeded: bytes)) else { return found }
                bytes >>= 8
                length -= 1
            }
            if let index = set.complete(cursor) { found = (index, at + 1) }
        }
        return found
    }

    func scalar(before position: Int) -> (scalar: UInt32, length: Int) { (units[position - 1].scalar, 1) }
    func scalar(at position: Int) -> (scalar: UInt32, length: Int) { (units[position].scalar, 1) }

    /// The bytes of a scalar, the first lowest.
    private func utf8(_ position: Int) -> (bytes: UInt32, length: Int) {
        var bytes: UInt32 = 0
        let scalar = units[position].scalar
        let length = withUnsafeMutableBytes(of: &bytes) { room in
            guard let base = room.baseAddress else { return 0 }
            return UTF8Decoding.write(scalar, to: base.assumingMemoryBound(to: UInt8.self))
        }
        return (bytes, length)
    }
}
