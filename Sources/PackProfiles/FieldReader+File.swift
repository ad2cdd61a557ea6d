import PackIO

extension FieldReader {
    /// The largest file that is read, in bytes.
    package static let limit = 1 << 20

    /// The root of a YAML text: one document, without aliases.
    package func compose(_ yaml: String) throws(SettingsError) -> SettingsNode {
        guard let root = try YAMLComposer.root(yaml, self) else {
            throw error(nil, "", found: "an empty file", expected: SettingsError.subject(of: what))
        }
        return root
    }

    /// The text of the file: UTF-8, of at most `limit` bytes.
    package func text() throws(SettingsError) -> String {
        let bytes: [UInt8]
        do throws(IOFailure) {
            bytes = try FileContents.bytes(of: file, limit: Self.limit)
        } catch {
            throw SettingsError(error, what: what, file: file)
        }
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw error(
                nil, "", found: "bytes that are not UTF-8", expected: SettingsError.subject(of: what) + " in UTF-8")
        }
        return text
    }
}
