import PackCore

/// Turns a stretch of source text into words, and words into tokens.
///
/// Normalizing is one table look-up a scalar: clean-up, spaces around ideographs, decomposition, removal of accents and lower
/// case are all in the table. Only the canonical order of marks needs more than one scalar at a time. A stretch is either
/// tokenized as it is read, or, where added tokens are to be found in the normalized text, first collected in `units`.
struct Scanner {
    let text: UnsafePointer<UInt8>
    private let ascii: UnsafePointer<UInt8>
    private let blocks: UnsafePointer<UInt16>
    private let values: UnsafePointer<UInt16>
    private let records: UnsafePointer<UInt32>
    private let recordUnits: UnsafePointer<UInt32>
    private let model: WordPiece
    private let unknown: Int32
    private let wordLimit: Int

    // The word at hand: its bytes, their spans, and what is known of it.
    private let word: UnsafeMutablePointer<UInt8>
    private let wordSpans: UnsafeMutablePointer<Span>
    private let hashes: UnsafeMutablePointer<UInt32>
    private var length = 0
    private var scalars = 0
    private var hash = PieceHash.seed
    private var wordSpan = Span(start: 0, end: 0)

    /// The tokens found.
    var tokens: TokenList
    /// Scanning may stop when there are more tokens than this.
    let enough: Int
    /// Whether the normalized text is collected instead of tokenized.
    let collects: Bool
    var scratch = Scratch()

    init(
        _ tokenizer: Tokenizer, text: UnsafePointer<UInt8>, memory: WordMemory, tokens: TokenList, enough: Int
    ) {
        let table = tokenizer.table
        self.text = text
        ascii = table.bytes(.ascii)
        blocks = table.halves(.blocks)
        values = table.halves(.values)
        records = table.words(.records)
        recordUnits = table.words(.units)
        model = tokenizer.model
        unknown = Int32(table.unknownID)
        wordLimit = table.wordLimit
        word = memory.bytes
        wordSpans = memory.spans
        hashes = memory.hashes
        self.tokens = tokens
        self.enough = enough
        collects = !tokenizer.normalizedTokens.isEmpty
    }

    /// Whether no more tokens are needed.
    var isSated: Bool { tokens.count > enough }

    /// Reads the bytes from one offset to before another.
    mutating func scan(_ start: Int, _ end: Int) {
        var at = start
        while at < end, !isSated {
            let byte = text[at]
            if byte < 0x80, !collects {
                let code = ascii[Int(byte)]
                if code != TokenizerTable.Ascii.general {
                    if !scratch.pending.isEmpty, code != TokenizerTable.Ascii.drop { order() }
                    at = code < 0x80 ? scanWord(at, end) : scanOther(at, code)
                    continue
                }
            }
            let (scalar, length) = UTF8Decoding.scalar(text, at, end)
            normalize(scalar, Self.span(at, at + length))
            at += length
        }
        if !scratch.pending.isEmpty { order() }
        if !collects { endWord() }
    }

    @inline(__always)
    private static func span(_ start: Int, _ end: Int) -> Span {
        Span(start: UInt32(truncatingIfNeeded: start), end: UInt32(truncatingIfNeeded: end))
    }

    /// Reads ASCII bytes of a word; returns the offset after them.
    @inline(__always)
    private mutating func scanWord(_ start: Int, _ end: Int) -> Int {
        var at = start
        while at < end, text[at] < 0x80 {
            let code = ascii[Int(text[at])]
            guard code < 0x80 else { break }
            push(code, Self.span(at, at + 1))
            at += 1
        }
        return at
    }

    @inline(__always)
    private mutating func scanOther(_ at: Int, _ code: UInt8) -> Int {
        if code == TokenizerTable.Ascii.drop { return at + 1 }
        endWord()
        if code == TokenizerTable.Ascii.alone {
            push(text[at], Self.span(at, at + 1))
            endWord()
        }
        return at + 1
    }

    /// Adds an ASCII byte to the word.
    @inline(__always)
    private mutating func push(_ byte: UInt8, _ span: Span) {
        if scalars == 0 { wordSpan.start = span.start }
        wordSpan.end = span.end
        scalars += 1
        guard scalars <= wordLimit else { return }
        word[length] = byte
        wordSpans[length] = span
        length += 1
        hash = PieceHash.extended(hash, by: byte)
    }

    private mutating func push(_ scalar: UInt32, _ span: Span) {
        if scalars == 0 { wordSpan.start = span.start }
        wordSpan.end = span.end
        scalars += 1
        guard scalars <= wordLimit else { return }
        let end = length + UTF8Decoding.write(scalar, to: word + length)
        while length < end {
            hash = PieceHash.extended(hash, by: word[length])
            wordSpans[length] = span
            length += 1
        }
    }

    /// Puts what the normalizer makes of a scalar into the word or the collected text.
    private mutating func normalize(_ scalar: UInt32, _ span: Span) {
        typealias Value = TokenizerTable.Value
        let value = values[Int(blocks[Int(scalar >> 8)]) << 8 + Int(scalar & 0xFF)]
        switch value {
        case Value.word: receive(scalar, .word, span)
        case Value.drop: return
        case Value.divider: order()
        case Value.space: receive(0x20, .space, span)
        case Value.alone: receive(scalar, .alone, span)
        case Value.ideograph:
            receive(0x20, .space, span)
            receive(scalar, .word, span)
            receive(0x20, .space, span)
        case Value.hangul: takeApart(scalar, span)
        default:
            let record = records[Int(value - Value.firstRecord)]
            let first = Int(record & 0xFF_FFFF)
            for index in first..<first + Int(record >> 24) { receive(Unit(packed: recordUnits[index], span: span)) }
        }
    }

    /// The Unicode Standard's arithmetic for Hangul syllables (section 3.12).
    private mutating func takeApart(_ scalar: UInt32, _ span: Span) {
        guard 0xAC00...0xD7A3 ~= scalar else { return receive(scalar, .word, span) }
        let index = scalar - 0xAC00
        receive(0x1100 + index / 588, .word, span)
        receive(0x1161 + index % 588 / 28, .word, span)
        if index % 28 != 0 { receive(0x11A7 + index % 28, .word, span) }
    }

    @inline(__always)
    private mutating func receive(_ scalar: UInt32, _ kind: TokenizerTable.Class, _ span: Span) {
        receive(Unit(packed: scalar | kind.rawValue << 21, span: span))
    }

    private mutating func receive(_ unit: Unit) {
        if unit.combiningClass != 0 {
            scratch.pending.append(unit)
            // A word of so many marks is the unknown token in any order.
            if !collects, scratch.pending.count > wordLimit { order() }
            return
        }
        if !scratch.pending.isEmpty { order() }
        keep(unit)
    }

    /// Ends a run of marks: keeps them in the order of their combining classes, each in the place of the one that stood there.
    private mutating func order() {
        scratch.ordered.removeAll(keepingCapacity: true)
        var done = 0
        while scratch.ordered.count < scratch.pending.count {
            var next = 256
            for unit in scratch.pending where unit.combiningClass > done { next = min(next, unit.combiningClass) }
            for unit in scratch.pending where unit.combiningClass == next { scratch.ordered.append(unit) }
            done = next
        }
        for index in scratch.ordered.indices {
            keep(Unit(packed: scratch.ordered[index].packed, span: scratch.pending[index].span))
        }
        scratch.pending.removeAll(keepingCapacity: true)
    }

    private mutating func keep(_ unit: Unit) {
        if collects { scratch.units.append(unit) } else { consume(unit) }
    }

    /// Tokenizes collected scalars.
    mutating func consume(_ range: Range<Int>, of units: UnsafeBufferPointer<Unit>) {
        for index in range {
            if isSated { break }
            consume(units[index])
        }
        endWord()
    }

    private mutating func consume(_ unit: Unit) {
        let isWord = unit.kind == TokenizerTable.Class.word.rawValue
        if !isWord { endWord() }
        if unit.kind == TokenizerTable.Class.space.rawValue { return }
        push(unit.scalar, unit.span)
        if !isWord { endWord() }
    }

    @inline(__always)
    private mutating func endWord() {
        guard scalars > 0 else { return }
        if scalars > wordLimit {
            tokens.append(unknown, wordSpan)
        } else {
            model.append(
                UnsafeBufferPointer(start: word, count: length), hash: hash, spans: wordSpans, scratch: hashes,
                to: &tokens)
        }
        length = 0
        scalars = 0
        hash = PieceHash.seed
    }
}
