/// A JSON value and where it stands, for reading with errors that name the place.
struct TokenizerNode {
    let value: TokenizerJSON
    let path: String
    let file: String

    init(_ value: TokenizerJSON, path: String = "", file: String) {
        self.value = value
        self.path = path
        self.file = file
    }

    var isNull: Bool {
        if case .null = value { return true }
        return false
    }

    /// A member that may be missing; null counts as missing.
    func member(_ name: StaticString) throws(TokenizerImportError) -> TokenizerNode? {
        for (key, value) in try members()
        where key.elementsEqual(UnsafeBufferPointer(start: name.utf8Start, count: name.utf8CodeUnitCount)) {
            let node = TokenizerNode(value, path: path.isEmpty ? "\(name)" : "\(path).\(name)", file: file)
            return node.isNull ? nil : node
        }
        return nil
    }

    /// A member that must be there.
    func required(_ name: StaticString, hint: String? = nil) throws(TokenizerImportError) -> TokenizerNode {
        guard let node = try member(name) else {
            let place = path.isEmpty ? "\(name)" : "\(path).\(name)"
            throw .invalid(file: file, path: place, found: "nothing", expected: "a value", hint: hint)
        }
        return node
    }

    func members() throws(TokenizerImportError) -> [(key: [UInt8], value: TokenizerJSON)] {
        guard case .object(let members) = value else { throw invalid(expected: "an object") }
        return members
    }

    func elements() throws(TokenizerImportError) -> [TokenizerNode] {
        guard case .array(let elements) = value else { throw invalid(expected: "an array") }
        return elements.enumerated().map { TokenizerNode($1, path: "\(path)[\($0)]", file: file) }
    }

    func bytes() throws(TokenizerImportError) -> [UInt8] {
        guard case .string(let bytes) = value else { throw invalid(expected: "a string") }
        return bytes
    }

    /// A string for choosing between names; never for a vocabulary.
    func name() throws(TokenizerImportError) -> String { String(decoding: try bytes(), as: UTF8.self) }

    func bool() throws(TokenizerImportError) -> Bool {
        guard case .bool(let bool) = value else { throw invalid(expected: "true or false") }
        return bool
    }

    /// A whole number from 0 to a limit.
    func number(upTo limit: Int) throws(TokenizerImportError) -> Int {
        guard case .number(let digits) = value, let number = Int(String(decoding: digits, as: UTF8.self)),
            0...limit ~= number
        else { throw invalid(expected: "a whole number from 0 to \(limit)") }
        return number
    }

    /// An error about this value.
    func invalid(expected: String, hint: String? = nil) -> TokenizerImportError {
        .invalid(file: file, path: path, found: found, expected: expected, hint: hint)
    }

    /// An error that this value, a name, asks for something that is not implemented.
    func unsupported(_ supported: [String], hint: String? = nil) -> TokenizerImportError {
        .unsupported(file: file, path: path, found: found, supported: supported, hint: hint)
    }

    private var found: String {
        switch value {
        case .null: "null"
        case .bool(let bool): "\(bool)"
        case .number(let digits): String(decoding: digits.prefix(40), as: UTF8.self)
        case .string(let bytes): "\"" + String(decoding: bytes.prefix(80), as: UTF8.self) + "\""
        case .array(let elements): "an array of \(elements.count)"
        case .object(let members): "an object of \(members.count)"
        }
    }
}
