extension Tokenizer {
    /// Encodes a text, or two, with the special tokens of the template around them.
    ///
    /// Of a pair that is too long the longer text is shortened first (`longest_first`), then both.
    /// - Parameters:
    ///   - text: UTF-8; at most 4 GiB of it are read.
    ///   - pair: a second text, for the pair template.
    ///   - maximum: the most tokens to return, special ones included.
    ///   - output: takes the tokens; what it held is gone.
    public func encode(
        _ text: UnsafeRawBufferPointer, pair: UnsafeRawBufferPointer? = nil, maximum: Int, into output: inout Encoding
    ) {
        output.removeAll()
        let maximum = max(0, maximum)
        let isPair = pair != nil
        let section: TokenizerTable.Section = isPair ? .pair : .single
        let parts = UnsafeBufferPointer(start: table.words(section), count: 2 * table.count(section))
        let room = max(0, maximum - addedCount(pair: isPair))
        var texts = (TextTokens(), TextTokens())
        for index in 0..<parts.count / 2 {
            switch parts[2 * index] & 0xFF {
            case 1: texts.0 = append(text, room: room, canStop: !isPair, to: &output)
            case 2: texts.1 = append(pair ?? text, room: room, canStop: false, to: &output)
            default:
                output.ids.append(Int32(bitPattern: parts[2 * index + 1]))
                output.spans.append(Span(start: 0, end: 0))
            }
        }
        Self.truncate(&texts, to: room)
        arrange(parts, texts, in: &output)
        trim(to: maximum, &output)
    }

    /// What one text became.
    struct TextTokens {
        /// Tokens that it has, tokens of it in the output, and tokens of it to keep.
        var found = 0
        var held = 0
        var kept = 0
    }

    /// The numbers of tokens to keep, as `tokenizers` chooses them.
    private static func truncate(_ texts: inout (TextTokens, TextTokens), to room: Int) {
        let (first, second) = (texts.0.found, texts.1.found)
        (texts.0.kept, texts.1.kept) = (first, second)
        let (total, isOver) = first.addingReportingOverflow(second)
        guard isOver || total > room else { return }
        var (shorter, longer) = (min(first, second), max(first, second))
        longer = shorter > room ? shorter : max(shorter, room - shorter)
        if shorter > room || shorter + longer > room {
            shorter = room / 2
            longer = shorter + room % 2
        }
        (texts.0.kept, texts.1.kept) = first > second ? (longer, shorter) : (shorter, longer)
    }

    /// Closes the gaps of tokens left out, and fills in types and sources.
    private func arrange(
        _ parts: UnsafeBufferPointer<UInt32>, _ texts: (TextTokens, TextTokens), in output: inout Encoding
    ) {
        var (read, write) = (0, 0)
        for index in 0..<parts.count / 2 {
            let kind = parts[2 * index] & 0xFF
            let tokens = kind == 0 ? TextTokens(found: 1, held: 1, kept: 1) : kind == 1 ? texts.0 : texts.1
            let first = table.truncatesStart ? read + tokens.held - tokens.kept : read
            if first != write {
                for offset in 0..<tokens.kept {
                    output.ids[write + offset] = output.ids[first + offset]
                    output.spans[write + offset] = output.spans[first + offset]
                }
            }
            for _ in 0..<tokens.kept {
                output.typeIDs.append(UInt8(truncatingIfNeeded: parts[2 * index] >> 8))
                output.sources.append(kind == 0 ? 255 : UInt8(truncatingIfNeeded: kind - 1))
            }
            if tokens.kept < tokens.found { output.wasTruncated = true }
            read += tokens.held
            write += tokens.kept
        }
        output.ids.removeLast(output.ids.count - write)
        output.spans.removeLast(output.spans.count - write)
    }

    /// Leaves out special tokens that a very small maximum has no room for.
    private func trim(to maximum: Int, _ output: inout Encoding) {
        let excess = output.ids.count - maximum
        guard excess > 0 else { return }
        output.ids.removeLast(excess)
        output.typeIDs.removeLast(excess)
        output.spans.removeLast(excess)
        output.sources.removeLast(excess)
        output.wasTruncated = true
    }

    /// Appends a text's tokens.
    private func append(
        _ text: UnsafeRawBufferPointer, room: Int, canStop: Bool, to output: inout Encoding
    ) -> TextTokens {
        guard let base = text.baseAddress, text.count > 0 else { return TextTokens() }
        let count = min(text.count, Int(UInt32.max))
        let before = output.ids.count
        let memory = output.wordMemory(count: 4 * table.wordLimit, hashCount: model.scratchCount)
        var scanner = Scanner(
            self, text: base.assumingMemoryBound(to: UInt8.self), memory: memory,
            tokens: TokenList(start: before, limit: table.truncatesStart ? Int.max : room),
            enough: canStop && !table.truncatesStart ? room : Int.max)
        Self.exchange(&scanner, &output)
        run(&scanner, count)
        Self.exchange(&scanner, &output)
        let found = scanner.tokens.count
        return withExtendedLifetime(memory) {
            TextTokens(found: found, held: output.ids.count - before, kept: found)
        }
    }

    /// Lends the output's arrays to a scanner, or takes them back, without copies.
    private static func exchange(_ scanner: inout Scanner, _ output: inout Encoding) {
        swap(&scanner.tokens.ids, &output.ids)
        swap(&scanner.tokens.spans, &output.spans)
        swap(&scanner.scratch, &output.scratch)
    }

    /// Splits a text at the added tokens and scans what is between.
    private func run(_ scanner: inout Scanner, _ count: Int) {
        var splitter = TokenSplitter(SourceText(bytes: scanner.text, count: count), rawTokens)
        while !scanner.isSated, let part = splitter.next() {
            if let token = part.token {
                scanner.tokens.append(
                    rawTokens.id(token),
                    Span(start: UInt32(truncatingIfNeeded: part.start), end: UInt32(truncatingIfNeeded: part.end)))
            } else {
                scanner.scan(part.start, part.end)
                if scanner.collects { runCollected(&scanner) }
            }
        }
    }

    /// Splits the collected text at the added tokens that are found there, and tokenizes what is between.
    private func runCollected(_ scanner: inout Scanner) {
        var units: [Unit] = []
        swap(&units, &scanner.scratch.units)
        units.withUnsafeBufferPointer { units in
            var splitter = TokenSplitter(NormalizedText(units: units), normalizedTokens)
            while !scanner.isSated, let part = splitter.next() {
                if let token = part.token {
                    let span = Span(start: units[part.start].span.start, end: units[part.end - 1].span.end)
                    scanner.tokens.append(normalizedTokens.id(token), span)
                } else {
                    scanner.consume(part.start..<part.end, of: units)
                }
            }
        }
        units.removeAll(keepingCapacity: true)
        swap(&units, &scanner.scratch.units)
    }
}
