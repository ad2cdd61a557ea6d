import PackIO

/// Fields of a JSON object in a document about containers. What is not asked for may be there.
struct ContainerFields {
    let value: JSONValue
    /// Where the object stands in the document.
    let path: String
    /// The document, for messages.
    let file: String

    init(_ value: JSONValue, at path: String, of file: String) throws(FormatFailure) {
        guard value.kind == .object else { throw .form(value, at: path, of: file, expected: "an object") }
        (self.value, self.path, self.file) = (value, path, file)
    }

    /// Reads a text.
    static func document(_ bytes: [UInt8], of file: String) throws(FormatFailure) -> JSONValue {
        do throws(JSONFailure) {
            return try JSONDocument(bytes).root
        } catch {
            throw .json(error, file: file)
        }
    }

    func failure(_ key: String, _ value: JSONValue? = nil, expected: String) -> FormatFailure {
        .form(value ?? self.value, at: "\(path).\(key)", of: file, expected: expected)
    }

    /// A field, absent or `null` being the same.
    subscript(_ key: String) -> JSONValue? {
        value[key].flatMap { $0.kind == .null ? nil : $0 }
    }

    func optionalString(_ key: String) throws(FormatFailure) -> String? {
        guard let field = self[key] else { return nil }
        guard let text = field.string else { throw failure(key, field, expected: "a string") }
        return text
    }

    func string(_ key: String) throws(FormatFailure) -> String {
        guard let text = try optionalString(key) else { throw failure(key, expected: "a string") }
        return text
    }

    /// A list of strings; empty if the field is absent.
    func strings(_ key: String) throws(FormatFailure) -> [String] {
        guard let field = self[key] else { return [] }
        guard field.kind == .array else { throw failure(key, field, expected: "a list of strings") }
        var result: [String] = []
        for element in field.elements {
            guard let text = element.string else { throw failure(key, element, expected: "a string") }
            result.append(text)
        }
        return result
    }

    /// An object; nil if the field is absent.
    func object(_ key: String) throws(FormatFailure) -> ContainerFields? {
        guard let field = self[key] else { return nil }
        return try ContainerFields(field, at: "\(path).\(key)", of: file)
    }

    /// The objects of a list; nil if the field is absent.
    func objects(_ key: String) throws(FormatFailure) -> [ContainerFields]? {
        guard let field = self[key] else { return nil }
        guard field.kind == .array else { throw failure(key, field, expected: "a list of objects") }
        var result: [ContainerFields] = []
        for (index, element) in field.elements.enumerated() {
            result.append(try ContainerFields(element, at: "\(path).\(key)[\(index)]", of: file))
        }
        return result
    }
}
