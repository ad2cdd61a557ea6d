import Foundation
import Testing

/// Outputs that are kept in `Fixtures/outputs`, a file each.
enum Golden {
    private static let folder =
        #filePath.split(separator: "/").dropLast(3).reduce("") { $0 + "/" + $1 } + "/Fixtures/outputs"

    /// Compares a text with the kept one; with `RECORD_GOLDEN=1` it is written instead, and the test fails.
    ///
    /// - Parameters:
    ///   - text: The output.
    ///   - name: The file's name.
    ///   - replacing: Texts that differ from run to run, with what stands for them.
    static func expect(
        _ text: String, _ name: String, replacing: [(String, String)] = [],
        sourceLocation: SourceLocation = #_sourceLocation
    ) throws {
        let filtered = replacing.reduce(text) { $0.replacingOccurrences(of: $1.0, with: $1.1) }
        let path = folder + "/" + name
        if ProcessInfo.processInfo.environment["RECORD_GOLDEN"] == "1" {
            try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
            try Data(filtered.utf8).write(to: URL(fileURLWithPath: path))
            Issue.record(
                "wrote \(name): look at it, and run again without RECORD_GOLDEN", sourceLocation: sourceLocation)
            return
        }
        guard let data = FileManager.default.contents(atPath: path) else {
            Issue.record("\(name) is missing: run with RECORD_GOLDEN=1", sourceLocation: sourceLocation)
            return
        }
        #expect(filtered == String(decoding: data, as: UTF8.self), sourceLocation: sourceLocation)
    }
}
