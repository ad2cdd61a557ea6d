/// A request, read from JSON. One is kept and filled again for each request; its memory is reused.
///
///     {"text": "…", "text_pair": "…"}            one text, or a pair such as a question and its context
///     {"texts": ["…", …], "text_pairs": ["…"]}   several, computed as one batch
///     {"inputs": {"NAME": [[…]], …}}             tensors as nested arrays, or as {"shape": […], "data": […]}
///
/// beside one of these, `"outputs": true | false | ["NAME", …]` says which tensors the answer holds, and `"top"` how many
/// candidates a masked language model names.
public final class Request {
    /// Where a text and its partner stand in `text`.
    struct TextRange {
        var first: ByteRange
        var second: ByteRange
        var hasSecond: Bool
    }

    /// A range of `text`.
    struct ByteRange {
        var start: Int
        var end: Int
    }

    /// An input's name in `text`, and where its value starts in the body.
    struct InputRange {
        var name: ByteRange
        var value: Int
    }

    /// Which tensors the answer holds.
    enum Selection {
        case standard, all, none, named
    }

    /// Texts that one request may hold.
    public var maximumTexts = 256

    let text = ByteBuffer()
    let texts = PlainList<TextRange>()
    let inputs = PlainList<InputRange>()
    private(set) var isBatch = false
    private(set) var hasInputs = false
    private(set) var selection = Selection.standard
    let selected = PlainList<ByteRange>()
    private(set) var top = 5
    private let second = PlainList<ByteRange>()
    private let name = ByteBuffer()
    private let scratch = ByteBuffer()

    /// The bytes of a range of `text`.
    func bytes(_ range: ByteRange) -> UnsafeRawBufferPointer {
        text.bytes(range.start..<max(range.start, range.end))
    }

    /// A request without content.
    public init() {}

    private func clear() {
        text.clear(keeping: 1 << 20)
        scratch.clear(keeping: 1 << 20)
        texts.clear()
        inputs.clear()
        selected.clear()
        second.clear()
        isBatch = false
        hasInputs = false
        selection = .standard
        top = 5
    }

    /// Starts a request that comes in another form than `read` reads: with texts, or with inputs, that follow.
    func begin(hasInputs: Bool) {
        clear()
        isBatch = !hasInputs
        self.hasInputs = hasInputs
    }

    /// Sets how many candidates a masked language model names.
    func setTop(_ count: Int) { top = count }

    /// Reads a body; what the request held before is gone.
    public func read(_ body: UnsafeRawBufferPointer) throws(RequestError) {
        clear()
        var reader = JSONReader(body)
        try reader.enterObject()
        var isFirst = true
        var forms = 0
        while try reader.nextMember(&isFirst, name: name) {
            forms += try readField(&reader)
        }
        try reader.finish()
        guard forms == 1 else { throw RequestError(.needsOneForm) }
        if texts.overflowed || inputs.overflowed || selected.overflowed || second.overflowed || text.overflowed {
            throw RequestError(.outOfMemory, found: body.count)
        }
        try joinPairs()
    }

    /// Reads the value of the field `name`; 1 if it is one of the three forms of a request.
    private func readField(_ reader: inout JSONReader) throws(RequestError) -> Int {
        let field = name.bytes
        if matches(field, "text") {
            let range = try readText(&reader)
            texts.append(TextRange(first: range, second: range, hasSecond: false))
            return 1
        }
        if matches(field, "texts") {
            isBatch = true
            try readTexts(&reader, second: false)
            return 1
        }
        if matches(field, "inputs") {
            try readInputs(&reader)
            return 1
        }
        if matches(field, "text_pair") {
            second.append(try readText(&reader))
        } else if matches(field, "text_pairs") {
            try readTexts(&reader, second: true)
        } else if matches(field, "outputs") {
            try readSelection(&reader)
        } else if matches(field, "top") {
            try readTop(&reader)
        } else {
            throw RequestError(.unknownField, name: copied(field))
        }
        return 0
    }

    private func joinPairs() throws(RequestError) {
        if isBatch && texts.count == 0 { throw RequestError(.noTexts) }
        guard second.count > 0 else { return }
        guard !hasInputs else { throw RequestError(.contradiction, detail: StaticText("inputs has no text_pair")) }
        guard second.count == texts.count else {
            throw RequestError(.contradiction, detail: StaticText("there must be as many text_pairs as texts"))
        }
        for index in 0..<texts.count {
            texts[index] = TextRange(first: texts[index].first, second: second[index], hasSecond: true)
        }
    }

    // MARK: Values

    /// Refuses a value of another type than the field wants, with the field's name.
    private func expect(
        _ kind: JSONReader.Kind, _ reader: inout JSONReader, _ expected: StaticString
    ) throws(RequestError) {
        let found = try reader.kind()
        guard found == kind else {
            throw RequestError(
                .wrongType, name: copied(name.bytes), detail: StaticText(expected), offset: reader.offset)
        }
    }

    private func readText(_ reader: inout JSONReader) throws(RequestError) -> ByteRange {
        try expect(.string, &reader, "a string")
        return try readString(&reader)
    }

    private func readString(_ reader: inout JSONReader) throws(RequestError) -> ByteRange {
        let start = text.count
        try reader.readString(into: text)
        return ByteRange(start: start, end: text.count)
    }

    private func readTexts(_ reader: inout JSONReader, second isSecond: Bool) throws(RequestError) {
        try expect(.array, &reader, "an array of strings")
        try reader.enterArray()
        var isFirst = true
        var count = 0
        while try reader.nextElement(&isFirst) {
            try expect(.string, &reader, "an array of strings")
            count += 1
            guard count <= maximumTexts else {
                let found = try countRest(&reader, count)
                throw RequestError(.tooManyTexts, found: found, expected: maximumTexts)
            }
            let range = try readString(&reader)
            if isSecond {
                second.append(range)
            } else {
                texts.append(TextRange(first: range, second: range, hasSecond: false))
            }
        }
    }

    /// Elements of the array at hand, of which `count` were met and the last one is not yet read.
    private func countRest(_ reader: inout JSONReader, _ count: Int) throws(RequestError) -> Int {
        var count = count
        var isFirst = false
        try reader.skipValue(scratch)
        while try reader.nextElement(&isFirst) {
            try reader.skipValue(scratch)
            count += 1
        }
        return count
    }

    private func readInputs(_ reader: inout JSONReader) throws(RequestError) {
        try expect(.object, &reader, "an object of arrays by input name")
        hasInputs = true
        try reader.enterObject()
        var isFirst = true
        while try reader.nextMember(&isFirst, name: name) {
            let start = text.count
            text.append(name.bytes)
            _ = try reader.peek()
            let range = ByteRange(start: start, end: text.count)
            inputs.append(InputRange(name: range, value: reader.offset))
            try reader.skipValue(scratch)
        }
    }

    private func readSelection(_ reader: inout JSONReader) throws(RequestError) {
        if try reader.kind() == .boolean {
            let isAll = try reader.readBoolean()
            selection = isAll ? .all : .none
            return
        }
        try expect(.array, &reader, "true, false or an array of output names")
        try reader.enterArray()
        selection = .named
        var isFirst = true
        while try reader.nextElement(&isFirst) {
            try expect(.string, &reader, "true, false or an array of output names")
            selected.append(try readString(&reader))
        }
    }

    private func readTop(_ reader: inout JSONReader) throws(RequestError) {
        try expect(.number, &reader, "a whole number from 1 to 100")
        let offset = reader.offset
        let number = try reader.readNumber()
        guard case .integer(let value) = number, value >= 1, value <= 100 else {
            throw RequestError(
                .wrongType, name: copied(name.bytes), detail: StaticText("a whole number from 1 to 100"), offset: offset
            )
        }
        top = Int(value)
    }
}
