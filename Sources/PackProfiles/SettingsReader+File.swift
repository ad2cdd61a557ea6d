import PackIO
import Yams

extension SettingsReader {
    /// The largest file that is read, in bytes.
    package static let limit = 1 << 20

    /// The root of a YAML text.
    ///
    /// - Parameters:
    ///   - yaml: The text: one document, without aliases.
    ///   - file: The file's name, for errors.
    ///   - subject: What the file should be, for errors: "a profile".
    package static func root(
        of yaml: String, file: String, subject: String
    ) throws(SettingsError) -> (reader: SettingsReader, root: SettingsNode) {
        if let line = YAMLAliases.firstLine(in: yaml) {
            throw SettingsError(
                subject: subject, file: file, line: line, found: "an alias (*name)", expected: "no aliases",
                hint: "write out what it stands for")
        }
        let node: Node?
        do {
            node = try Yams.compose(yaml: yaml, .basic)
        } catch {
            throw SettingsError(yamlError: error, subject: subject, file: file)
        }
        guard let node else {
            throw SettingsError(subject: subject, file: file, found: "an empty file", expected: subject)
        }
        return (SettingsReader(file: file, subject: subject), node)
    }

    /// The text of a file of settings: UTF-8, of at most `limit` bytes.
    package static func text(of path: String, subject: String) throws(SettingsError) -> String {
        let bytes: [UInt8]
        do throws(IOFailure) {
            bytes = try FileContents.bytes(of: path, limit: limit)
        } catch {
            throw SettingsError(error, subject: subject, file: path)
        }
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw SettingsError(
                subject: subject, file: path, found: "bytes that are not UTF-8", expected: subject + " in UTF-8")
        }
        return text
    }
}
