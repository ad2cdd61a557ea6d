/// Reads a TOML text into a flat list of values.
struct TOMLReader {
    let bytes: [UInt8]
    let file: String
    var position = 0
    var line = 1
    var nodes: [TOMLNode] = [TOMLNode(kind: .table, line: 1, origin: .header)]
    /// The table that keys go into.
    private var current = 0

    init(bytes: [UInt8], file: String) {
        self.bytes = bytes
        self.file = file
        if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { position = 3 }
    }

    var next: UInt8 { position < bytes.count ? bytes[position] : 0 }

    func failure(_ found: String, expected: String? = nil, at line: Int? = nil) -> DependencyError {
        .form("is not valid TOML", file: file, line: line ?? self.line, found: found, expected: expected)
    }

    /// The next byte in words.
    var nextInWords: String {
        guard position < bytes.count else { return "the end of the text" }
        switch next {
        case 0x0A, 0x0D: return "the end of the line"
        case 0x21...0x7E: return "'\(Character(Unicode.Scalar(next)))'"
        default: return "byte \(next)"
        }
    }

    mutating func readDocument() throws(DependencyError) {
        while true {
            try skipBlankLines()
            guard position < bytes.count else { return }
            if next == UInt8(ascii: "[") {
                try readHeader()
            } else {
                try readPair(into: current, depth: 0)
            }
            try endLine()
        }
    }

    private mutating func readHeader() throws(DependencyError) {
        let start = line
        position += 1
        let repeats = next == UInt8(ascii: "[")
        if repeats { position += 1 }
        let path = try readKey()
        for _ in 0..<(repeats ? 2 : 1) {
            guard next == UInt8(ascii: "]") else { throw failure(nextInWords, expected: "']'") }
            position += 1
        }
        var table = 0
        for part in path.dropLast() { table = try enter(part, of: table, origin: .implied) }
        let name = path[path.count - 1]
        current = repeats ? try addElement(name, to: table, line: start) : try define(name, in: table, line: start)
    }

    /// The table of a key on the way to another; made if it is missing.
    private mutating func enter(
        _ key: String, of table: Int, origin: TOMLNode.Origin
    ) throws(DependencyError) -> Int {
        guard let found = nodes[table].places[key] else {
            return try add(TOMLNode(kind: .table, line: line, origin: origin), key, to: table)
        }
        switch (nodes[found].kind, nodes[found].origin) {
        case (.table, .dotted): return found
        case (.table, .implied), (.table, .header): if origin == .implied { return found }
        case (.array, .repeated):
            if origin == .implied, let last = nodes[found].children.last { return last }
        default: break
        }
        throw failure("\"\(DependencyError.excerpt(key))\" again", expected: "each key once")
    }

    private mutating func define(_ key: String, in table: Int, line: Int) throws(DependencyError) -> Int {
        guard let found = nodes[table].places[key] else {
            return try add(TOMLNode(kind: .table, line: line, origin: .header), key, to: table)
        }
        guard nodes[found].kind == .table, nodes[found].origin == .implied else {
            throw failure("\"\(DependencyError.excerpt(key))\" again", expected: "each table once", at: line)
        }
        nodes[found].origin = .header
        nodes[found].line = line
        return found
    }

    private mutating func addElement(_ key: String, to table: Int, line: Int) throws(DependencyError) -> Int {
        let array: Int
        if let found = nodes[table].places[key] {
            guard nodes[found].origin == .repeated else {
                throw failure("\"\(DependencyError.excerpt(key))\" again", expected: "each key once", at: line)
            }
            array = found
        } else {
            array = try add(TOMLNode(kind: .array, line: line, origin: .repeated), key, to: table)
        }
        let element = try append(TOMLNode(kind: .table, line: line, origin: .header))
        nodes[array].children.append(element)
        return element
    }

    /// Reads `key = value`.
    mutating func readPair(into table: Int, depth: Int) throws(DependencyError) {
        let start = line
        let path = try readKey()
        guard next == UInt8(ascii: "=") else { throw failure(nextInWords, expected: "'='") }
        position += 1
        skipBlanks()
        var target = table
        for part in path.dropLast() { target = try enter(part, of: target, origin: .dotted) }
        let name = path[path.count - 1]
        guard nodes[target].places[name] == nil else {
            throw failure("\"\(DependencyError.excerpt(name))\" again", expected: "each key once", at: start)
        }
        let value = try readValue(depth: depth)
        link(value, name, to: target)
    }

    mutating func append(_ node: TOMLNode) throws(DependencyError) -> Int {
        guard nodes.count < TOMLDocument.valueLimit else {
            throw failure("more values", expected: "at most \(TOMLDocument.valueLimit)")
        }
        nodes.append(node)
        return nodes.count - 1
    }

    private mutating func add(_ node: TOMLNode, _ key: String, to table: Int) throws(DependencyError) -> Int {
        let index = try append(node)
        link(index, key, to: table)
        return index
    }

    private mutating func link(_ index: Int, _ key: String, to table: Int) {
        nodes[table].places[key] = index
        nodes[table].keys.append(key)
        nodes[table].children.append(index)
    }

    /// Reads a key of one or more parts, and the blanks behind it.
    private mutating func readKey() throws(DependencyError) -> [String] {
        var parts: [String] = []
        while true {
            skipBlanks()
            guard parts.count < TOMLDocument.depthLimit else {
                throw failure("a key of more parts", expected: "at most \(TOMLDocument.depthLimit)")
            }
            parts.append(try readKeyPart())
            skipBlanks()
            guard next == UInt8(ascii: ".") else { return parts }
            position += 1
        }
    }

    private mutating func readKeyPart() throws(DependencyError) -> String {
        if next == UInt8(ascii: "\"") || next == UInt8(ascii: "'") { return try readLineString() }
        let start = position
        while ASCII.isAlphanumeric(next) || next == UInt8(ascii: "_") || next == UInt8(ascii: "-") { position += 1 }
        guard position > start else { throw failure(nextInWords, expected: "a key") }
        return String(decoding: bytes[start..<position], as: UTF8.self)
    }

    mutating func skipBlanks() {
        while next == 0x20 || next == 0x09 { position += 1 }
    }

    /// Passes over blanks, comments and ends of lines.
    mutating func skipBlankLines() throws(DependencyError) {
        while true {
            skipBlanks()
            if next == UInt8(ascii: "#") {
                while position < bytes.count, next != 0x0A {
                    if next < 0x20 && next != 0x09 && next != 0x0D { throw failure(nextInWords) }
                    position += 1
                }
            }
            if next == 0x0D && position + 1 < bytes.count && bytes[position + 1] == 0x0A { position += 1 }
            guard position < bytes.count, next == 0x0A else { return }
            position += 1
            line += 1
        }
    }

    private mutating func endLine() throws(DependencyError) {
        skipBlanks()
        guard position < bytes.count, next != UInt8(ascii: "#"), next != 0x0A else { return }
        if next == 0x0D && position + 1 < bytes.count && bytes[position + 1] == 0x0A { return }
        throw failure(nextInWords, expected: "the end of the line")
    }
}
