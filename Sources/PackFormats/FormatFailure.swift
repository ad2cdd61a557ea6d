import PackIO

/// Why a file is not what its format says.
public enum FormatFailure: Error, Hashable, Sendable {
    /// The file could not be read at all.
    case io(IOFailure)
    /// The file is not the JSON that it should be.
    case json(JSONFailure, file: String)
    /// The file is JSON, but not of the form that is needed.
    case form(file: String, path: String, offset: Int, found: String, expected: String)
    /// The safetensors file breaks a rule of its format.
    case safetensors(SafetensorsFailure)
    /// The index of a sharded checkpoint and its shards disagree.
    case shards(ShardFailure)
    /// The file breaks a rule of NumPy's array files, or arrays can't be put in one.
    case numpy(NumPyFailure)
    /// The zip file, or an entry of it, cannot be read.
    case zip(ZipFailure)
    /// The ONNX file breaks a rule of its format.
    case onnx(ONNXFailure)
}

extension FormatFailure: FactualError {
    /// The failure in parts, for a message.
    public var facts: ErrorFacts {
        switch self {
        case .io(let failure): failure.facts
        case .json(let failure, let file): failure.facts(file: file)
        case .form(let file, let path, let offset, let found, let expected):
            ErrorFacts(
                "has the wrong form", file: file, place: "\(path) (byte \(offset))", found: found, expected: expected)
        case .safetensors(let failure): failure.facts
        case .shards(let failure): failure.facts
        case .numpy(let failure): failure.facts
        case .zip(let failure): failure.facts
        case .onnx(let failure): failure.facts
        }
    }
}

extension JSONFailure {
    /// The failure in parts, for a message about a file.
    public func facts(file: String) -> ErrorFacts {
        var facts = ErrorFacts("is not valid JSON", file: file, place: "byte \(offset)")
        switch problem {
        case .ended: facts.found = "the end of the text"
        case .unexpected(let byte, let expected):
            facts.found = (0x21...0x7E).contains(byte) ? "'\(Character(Unicode.Scalar(byte)))'" : "byte \(byte)"
            facts.expected = expected.rawValue
        case .trailingBytes: (facts.found, facts.expected) = ("more text", "the end")
        case .notUTF8: (facts.found, facts.expected) = ("bytes that are not UTF-8", "UTF-8")
        case .badEscape: facts.found = "an escape that JSON does not have"
        case .tooDeep(let limit): (facts.found, facts.expected) = ("deeper nesting", "at most \(limit) levels")
        case .tooLong(let bytes, let limit):
            (facts.found, facts.expected) = ("\(bytes) bytes", "at most \(limit) bytes")
        case .duplicateKey(let key): (facts.found, facts.expected) = ("\"\(key)\" again", "each key once")
        }
        return facts
    }
}

extension FormatFailure {
    /// Runs what reads files, and turns its failure into one of this module.
    static func reading<Result>(_ body: () throws(IOFailure) -> Result) throws(FormatFailure) -> Result {
        do throws(IOFailure) {
            return try body()
        } catch {
            throw .io(error)
        }
    }

    /// A value of a JSON file that is not of the form that is needed.
    /// - Parameter path: Where it stands, `weight_map["a"]`.
    public static func form(_ value: JSONValue, at path: String, of file: String, expected: String) -> FormatFailure {
        .form(file: file, path: path, offset: value.offset, found: value.excerpt, expected: expected)
    }
}

extension JSONDocument {
    /// Reads a JSON file.
    public init(file: String, limit: Int = FileContents.settingsLimit) throws(FormatFailure) {
        let bytes = try FormatFailure.reading { () throws(IOFailure) in
            try FileContents.bytes(of: file, limit: limit)
        }
        do throws(JSONFailure) {
            self = try JSONDocument(bytes)
        } catch {
            throw .json(error, file: file)
        }
    }
}
