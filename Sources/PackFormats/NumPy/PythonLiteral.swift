/// Reads the little of Python's syntax that NumPy's headers use.
struct PythonLiteral {
    private let text: [UInt8]
    private var position = 0

    /// A header's three fields.
    struct Header {
        var descr: String
        var isFortran: Bool
        var shape: [Int]
    }

    init(_ text: [UInt8]) { self.text = text }

    /// The dictionary, in which each of the three keys stands once, and nothing but blanks after it.
    mutating func header() throws(NumPyFault) -> Header {
        var descr: String?
        var isFortran: Bool?
        var shape: [Int]?
        try take("{", "a dictionary")
        while !skip("}") {
            let key = try string()
            try take(":", "a colon")
            switch key {
            case "descr" where descr == nil: descr = try type()
            case "fortran_order" where isFortran == nil: isFortran = try truth()
            case "shape" where shape == nil: shape = try tuple()
            default:
                throw NumPyFault(
                    .headerForm, found: "key '\(key)'", expected: "descr, fortran_order and shape, each once")
            }
            if !skip(",") {
                try take("}", "a comma or the end of the dictionary")
                break
            }
        }
        blanks()
        guard position == text.count else { throw unexpected("the end of the header") }
        guard let descr, let isFortran, let shape else {
            throw NumPyFault(
                .headerForm, found: "a field less", expected: "descr, fortran_order and shape, each once")
        }
        return Header(descr: descr, isFortran: isFortran, shape: shape)
    }

    /// A type's name; structured types are lists.
    private mutating func type() throws(NumPyFault) -> String {
        blanks()
        guard position < text.count, text[position] != UInt8(ascii: "[") else {
            throw NumPyFault(.dtypeUnknown, found: "a structured type", expected: "a number or truth value an element")
        }
        return try string()
    }

    private mutating func string() throws(NumPyFault) -> String {
        blanks()
        guard position < text.count, [UInt8(ascii: "'"), UInt8(ascii: "\"")].contains(text[position]) else {
            throw unexpected("a string")
        }
        let quote = text[position]
        let start = position + 1
        guard let end = text[start...].firstIndex(of: quote), end - start <= 64,
            text[start..<end].allSatisfy({ (0x20..<0x7F).contains($0) && $0 != UInt8(ascii: "\\") })
        else { throw unexpected("a short string of plain characters") }
        position = end + 1
        return String(decoding: text[start..<end], as: UTF8.self)
    }

    private mutating func truth() throws(NumPyFault) -> Bool {
        if skip("True") { return true }
        try take("False", "True or False")
        return false
    }

    private mutating func tuple() throws(NumPyFault) -> [Int] {
        try take("(", "a tuple")
        var extents: [Int] = []
        while !skip(")") {
            extents.append(try count())
            if skip(",") { continue }
            // A count in parentheses alone is a number, not a tuple.
            guard extents.count > 1 else { throw unexpected("a comma") }
            try take(")", "a comma or the end of the tuple")
            break
        }
        return extents
    }

    private mutating func count() throws(NumPyFault) -> Int {
        blanks()
        let digits = text[position...].prefix { (0x30...0x39).contains($0) }
        guard !digits.isEmpty else { throw unexpected("a count") }
        guard let value = Int(String(decoding: digits, as: UTF8.self)) else {
            throw NumPyFault(.shapeOverflows, found: "an extent of \(digits.count) digits", expected: "less than 2^63")
        }
        position = digits.endIndex
        // Python 2 wrote long integers so.
        if position < text.count, text[position] == UInt8(ascii: "L") { position += 1 }
        return value
    }

    private mutating func blanks() {
        while position < text.count, [0x20, 0x09, 0x0A, 0x0D].contains(text[position]) { position += 1 }
    }

    private mutating func skip(_ token: String) -> Bool {
        blanks()
        guard text[position...].starts(with: token.utf8) else { return false }
        position += token.utf8.count
        return true
    }

    private mutating func take(_ token: String, _ expected: String) throws(NumPyFault) {
        guard skip(token) else { throw unexpected(expected) }
    }

    private func unexpected(_ expected: String) -> NumPyFault {
        let found = position < text.count ? "byte \(text[position])" : "the end"
        return NumPyFault(.headerForm, found: "\(found) at \(position) of the header", expected: expected)
    }
}
