import PackFormats
import PackIO

/// The fields of a JSON file of settings, read with their types and ranges checked.
struct Settings {
    /// The file, for messages.
    let file: String
    /// The object that it is.
    let root: JSONValue

    /// Reads a file of a folder.
    init(_ name: String, in folder: ContainedFolder) throws(ImportError) {
        file = try reading { () throws(IOFailure) in try folder.file(name) }
        let file = file
        root = try parsing { () throws(FormatFailure) in try JSONDocument(file: file).root }
        guard root.kind == .object else { throw invalid(root, at: "the top", expected: "an object") }
    }

    /// Reads a file of a folder, if it is there.
    static func optional(_ name: String, in folder: ContainedFolder) throws(ImportError) -> Settings? {
        folder.contains(name) ? try Settings(name, in: folder) : nil
    }

    /// The first of some keys that has a value other than null.
    func value(_ keys: [String]) -> (key: String, value: JSONValue)? {
        for key in keys {
            if let value = root[key], value.kind != .null { return (key, value) }
        }
        return nil
    }

    /// A count that must be there, under the first of some keys that is.
    func count(_ keys: String..., in range: ClosedRange<Int>) throws(ImportError) -> Int {
        guard let (key, value) = value(keys) else { throw missing(keys) }
        return try count(value, key, range)
    }

    /// A count, or a default where there is none.
    func count(_ key: String, in range: ClosedRange<Int>, default standard: Int) throws(ImportError) -> Int {
        guard let (key, value) = value([key]) else { return standard }
        return try count(value, key, range)
    }

    private func count(_ value: JSONValue, _ key: String, _ range: ClosedRange<Int>) throws(ImportError) -> Int {
        guard let count = value.int, range.contains(count) else {
            throw invalid(value, at: key, expected: "a whole number from \(range.lowerBound) to \(range.upperBound)")
        }
        return count
    }

    /// A number, or a default where there is none.
    func number(_ key: String, in range: ClosedRange<Double>, default standard: Double) throws(ImportError) -> Double {
        guard let (key, value) = value([key]) else { return standard }
        guard let number = value.double, range.contains(number) else {
            throw invalid(value, at: key, expected: "a number from \(range.lowerBound) to \(range.upperBound)")
        }
        return number
    }

    /// A flag, or a default where there is none.
    func flag(_ key: String, default standard: Bool) throws(ImportError) -> Bool {
        guard let (key, value) = value([key]) else { return standard }
        guard let flag = value.bool else { throw invalid(value, at: key, expected: "true or false") }
        return flag
    }

    /// A text, if there is one under the first of some keys that has a value.
    func text(_ keys: String...) throws(ImportError) -> String? {
        guard let (key, value) = value(keys) else { return nil }
        guard let text = value.string else { throw invalid(value, at: key, expected: "a text") }
        return text
    }

    /// The failure of a field that is there and wrong.
    func invalid(_ value: JSONValue, at path: String, expected: String, hint: String? = nil) -> ImportError {
        ImportError(
            .fieldInvalid,
            ErrorFacts(
                "has a wrong value", file: file, place: "\(path) (byte \(value.offset))", found: value.excerpt,
                expected: expected, hint: hint))
    }

    /// The failure of a field that is not there.
    func missing(_ keys: [String], hint: String? = nil) -> ImportError {
        ImportError(
            .fieldMissing,
            ErrorFacts(
                "lacks a needed field", file: file, place: keys.first, found: "nothing",
                expected: keys.enumerated().filter { keys.firstIndex(of: $0.element) == $0.offset }.map(\.element)
                    .joined(separator: " or "), hint: hint))
    }
}
