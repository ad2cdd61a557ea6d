/// Writes an assessment as JUnit XML as Ant has it (the schema of windyroad/JUnit-Schema): a suite a platform, a test
/// case a check.
public enum JUnitRenderer {
    /// The document.
    ///
    /// - Parameters:
    ///   - assessment: What is written.
    ///   - timestamp: When it was judged, as `2026-11-25T04:00:00`, without a zone; an argument, so that equal
    ///     assessments give equal bytes. Anything else becomes the beginning of 1970.
    public static func render(_ assessment: Assessment, timestamp: String) -> String {
        let moment = isTimestamp(timestamp) ? timestamp : "1970-01-01T00:00:00"
        let suites = JUnitSuite.suites(of: assessment)
        var lines = ["<?xml version=\"1.0\" encoding=\"UTF-8\"?>", "<testsuites>"]
        for (index, suite) in suites.enumerated() {
            lines += suite.lines(index: index, timestamp: moment, assessment: assessment)
        }
        return (lines + ["</testsuites>"]).joined(separator: "\n") + "\n"
    }

    /// Whether a text looks like `0000-00-00T00:00:00`.
    private static func isTimestamp(_ text: String) -> Bool {
        let pattern = Array("0000-00-00T00:00:00".utf8)
        let bytes = Array(text.utf8)
        return bytes.count == pattern.count
            && zip(bytes, pattern).allSatisfy { byte, mark in
                mark == UInt8(ascii: "0") ? (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) : byte == mark
            }
    }
}
