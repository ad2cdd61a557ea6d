import PackFormats
import PackIO

/// A wheel's RECORD: lines `PATH,ALGORITHM=DIGEST,BYTES` of comma-separated values, the digest in base64 for URLs without
/// padding (PEP 376 and 427).
struct WheelRecord {
    /// The most bytes of a RECORD.
    static let limit = 64 << 20
    private var lines: [PathKey: (hash: Substring, bytes: Substring)] = [:]

    /// What in a wheel is not as its RECORD says.
    static func problems(of zip: ZipDirectory, _ layout: WheelLayout, _ checkingHashes: Bool) -> [TreeProblem] {
        guard !layout.stem.isEmpty else { return [] }
        let path = "\(layout.stem).dist-info/RECORD"
        guard let entry = zip.entries.last(where: { $0.isReadable && $0.path == path }) else {
            return [TreeProblem(path: path, text: "is missing")]
        }
        do throws(FormatFailure) {
            let record = WheelRecord(try zip.contents(of: entry, limit: limit))
            return record.problems(zip, path, checkingHashes)
        } catch {
            return [TreeProblem(path, error)]
        }
    }

    private init(_ bytes: [UInt8]) {
        for line in bytes.split(whereSeparator: { $0 == 0x0A || $0 == 0x0D }) {
            let fields = Self.fields(line)
            guard let path = fields.first else { continue }
            lines[PathKey(path)] = (
                Substring(fields.count > 1 ? fields[1] : ""), Substring(fields.count > 2 ? fields[2] : "")
            )
        }
    }

    /// Fields between commas; in quotes commas stand for themselves, and two quotes for one.
    private static func fields(_ line: ArraySlice<UInt8>) -> [String] {
        var (fields, field, isQuoted) = ([String](), [UInt8](), false)
        var index = line.startIndex
        while index < line.endIndex {
            let byte = line[index]
            if byte == UInt8(ascii: "\"") {
                if isQuoted, index + 1 < line.endIndex, line[index + 1] == byte {
                    field.append(byte)
                    index += 1
                } else {
                    isQuoted.toggle()
                }
            } else if byte == UInt8(ascii: ","), !isQuoted {
                fields.append(EscapedPath.text(field))
                field = []
            } else {
                field.append(byte)
            }
            index += 1
        }
        return fields + [EscapedPath.text(field)]
    }

    /// The most problems that are told of one wheel.
    private static let problemLimit = 1000

    private func problems(_ zip: ZipDirectory, _ path: String, _ checkingHashes: Bool) -> [TreeProblem] {
        var problems: [TreeProblem] = []
        var missing = Set(lines.keys)
        for entry in zip.entries where entry.isReadable && !entry.isFolder {
            missing.remove(PathKey(entry.path))
            // RECORD cannot list itself with a digest, nor the signatures made of it.
            if [path, path + ".jws", path + ".p7s"].contains(entry.path) { continue }
            guard let line = lines[PathKey(entry.path)] else {
                problems.append(TreeProblem(path: entry.path, text: "is not listed in RECORD"))
                continue
            }
            if !line.bytes.isEmpty, Int(line.bytes) != entry.bytes {
                let text = "has \(entry.bytes) bytes, and RECORD says \(line.bytes)"
                problems.append(TreeProblem(path: entry.path, text: text))
            } else if checkingHashes, let text = Self.check(line.hash, entry, zip) {
                problems.append(TreeProblem(path: entry.path, text: text))
            }
        }
        for key in missing.sorted().prefix(Self.problemLimit) {
            problems.append(TreeProblem(path: key.path, text: "is listed in RECORD and missing"))
        }
        let rest = problems.count + max(missing.count - Self.problemLimit, 0) - Self.problemLimit
        guard rest > 0 else { return problems }
        return problems.prefix(Self.problemLimit)
            + [TreeProblem(path: path, text: "does not match in \(rest) more places")]
    }

    /// What is wrong with a file's digest. Digests other than SHA-256 are not checked.
    private static func check(_ hash: Substring, _ entry: ZipEntry, _ zip: ZipDirectory) -> String? {
        let name = "sha256="
        guard hash.utf8.starts(with: name.utf8) else { return hash.isEmpty ? "has no digest in RECORD" : nil }
        do throws(FormatFailure) {
            var hasher = SHA256Hasher()
            try zip.forEachPiece(of: entry) { hasher.update($0) }
            let stated = hash.dropFirst(name.count).prefix { $0 != "=" }
            return stated.utf8.elementsEqual(base64(hasher.digest.bytes)) ? nil : "has another digest than RECORD says"
        } catch {
            return TreeProblem(entry.path, error).text
        }
    }

    /// Base64 for URLs without padding (RFC 4648, section 5).
    private static func base64(_ bytes: [UInt8]) -> [UInt8] {
        let digits = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_".utf8)
        var result: [UInt8] = []
        for start in stride(from: 0, to: bytes.count, by: 3) {
            let group = bytes[start..<min(start + 3, bytes.count)]
            let bits = (group + [0, 0]).prefix(3).reduce(0) { $0 << 8 | Int($1) }
            result += (0...group.count).map { digits[bits >> (18 - 6 * $0) & 63] }
        }
        return result
    }
}
