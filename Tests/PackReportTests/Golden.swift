import Foundation
import Testing

/// Outputs that are kept in `Fixtures/reports`, a file each.
enum Golden {
    private static let folder =
        #filePath.split(separator: "/").dropLast(3).reduce("") { $0 + "/" + $1 } + "/Fixtures/reports"

    /// Compares a text with the kept one; with `RECORD_GOLDEN=1` it is written instead, and the test fails.
    static func expect(_ text: String, _ name: String, sourceLocation: SourceLocation = #_sourceLocation) throws {
        let path = folder + "/" + name
        if ProcessInfo.processInfo.environment["RECORD_GOLDEN"] == "1" {
            try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
            try Data(text.utf8).write(to: URL(fileURLWithPath: path))
            Issue.record(
                "wrote \(name): look at it, and run again without RECORD_GOLDEN", sourceLocation: sourceLocation)
            return
        }
        guard let data = FileManager.default.contents(atPath: path) else {
            Issue.record("\(name) is missing: run with RECORD_GOLDEN=1", sourceLocation: sourceLocation)
            return
        }
        #expect(Data(text.utf8) == data, "\(name) differs", sourceLocation: sourceLocation)
    }
}
