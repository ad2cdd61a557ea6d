import PackIO
import PackQuantize

/// The texts to compare quantized outputs on: a file's lines, or the built-in ones.
func calibrationTexts(_ path: String?) throws(IOFailure) -> [String] {
    guard let path else { return CalibrationTexts.standard }
    let bytes = try FileContents.bytes(of: path, limit: 16 << 20)
    let lines = bytes.split(separator: UInt8(ascii: "\n")).map { String(decoding: $0, as: UTF8.self) }
    return Array(lines.prefix(1000))
}
