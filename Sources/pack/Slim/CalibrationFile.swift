import PackIO
import PackQuantize

/// Texts that a model's weights are stored by.
struct SlimTexts {
    /// Those on which outputs are compared with the original's.
    let compared: [String]
    /// Others, by which 4-bit codes are chosen.
    let adjusting: [String]

    /// The built-in texts, and the lines of a file: where there are two or more, every second one is compared on in place of the
    /// built-in ones, and the others adjust beside those.
    ///
    /// - Throws: `IOFailure` where the file cannot be read.
    init(_ path: String?) throws(IOFailure) {
        guard let path else {
            compared = CalibrationTexts.standard
            adjusting = CalibrationTexts.adjusting
            return
        }
        let bytes = try FileContents.bytes(of: path, limit: 16 << 20)
        let lines = bytes.split(separator: UInt8(ascii: "\n")).prefix(1000).map { String(decoding: $0, as: UTF8.self) }
        compared = stride(from: 0, to: lines.count, by: 2).map { lines[$0] }
        adjusting = CalibrationTexts.adjusting + stride(from: 1, to: lines.count, by: 2).map { lines[$0] }
    }
}
