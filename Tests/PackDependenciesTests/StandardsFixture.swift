import Foundation
import PackIO
import Testing

/// Tables of fields with tabs between them in Fixtures/python.
enum StandardsFixture {
    /// The folder of all fixtures of this kind.
    static let folder = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().appending(path: "Fixtures/python").path

    /// The rows of a table, comments left out.
    static func rows(_ name: String, columns: Int) throws -> [[String]] {
        let text = String(decoding: try FileContents.bytes(of: "\(folder)/\(name)"), as: UTF8.self)
        let rows = text.split(separator: "\n").filter { !$0.hasPrefix("#") }.map {
            $0.split(separator: "\t", omittingEmptySubsequences: false).map(String.init)
        }
        try #require(rows.count > 10 && rows.allSatisfy { $0.count == columns }, "\(name) is not what it should be")
        return rows
    }
}
