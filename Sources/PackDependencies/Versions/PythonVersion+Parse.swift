extension PythonVersion {
    /// Bytes that a version's text may have.
    public static let lengthLimit = 256
    /// Digits that one of its numbers may have, so that it and its successor are in `Int`'s range.
    static let digitLimit = 18

    /// Reads a version as leniently as the specification's appendix B does: `v1.0-Alpha.1` is `1.0a1`.
    ///
    /// - Returns: `nil` for a text that is no version, or is beyond `lengthLimit`, or has a number of more than 18 digits
    ///   outside its local part.
    public init?(_ text: some StringProtocol) {
        guard text.utf8.count <= Self.lengthLimit else { return nil }
        var cursor = ByteCursor(ASCII.trimmed(text))
        guard let version = Self.read(&cursor), cursor.isAtEnd else { return nil }
        self = version
    }

    /// Reads a version from a cursor, as far as it goes.
    static func read(_ cursor: inout ByteCursor) -> PythonVersion? {
        _ = cursor.take("v", ignoringCase: true)
        guard var first = number(&cursor) else { return nil }
        var epoch = 0
        if cursor.take(UInt8(ascii: "!")) {
            guard let number = number(&cursor) else { return nil }
            (epoch, first) = (first, number)
        }
        var release = [first]
        while cursor.next == UInt8(ascii: "."), cursor.position + 1 < cursor.bytes.count,
            ASCII.isDigit(cursor.bytes[cursor.position + 1])
        {
            cursor.position += 1
            guard let number = number(&cursor) else { return nil }
            release.append(number)
        }
        guard let pre = preSegment(&cursor), let post = postSegment(&cursor), let dev = devSegment(&cursor),
            let local = localSegment(&cursor)
        else { return nil }
        return PythonVersion(epoch: epoch, release: release, pre: pre, post: post, dev: dev, local: local)
    }

    private static func number(_ cursor: inout ByteCursor) -> Int? {
        let digits = cursor.takeWhile(ASCII.isDigit)
        let significant = digits.drop { $0 == UInt8(ascii: "0") }
        guard !digits.isEmpty, significant.count <= digitLimit else { return nil }
        return significant.reduce(0) { $0 * 10 + Int($1 - UInt8(ascii: "0")) }
    }

    private static func skipSeparator(_ cursor: inout ByteCursor) {
        if isSeparator(cursor.next) { cursor.position += 1 }
    }

    private static func isSeparator(_ byte: UInt8) -> Bool {
        byte == UInt8(ascii: ".") || byte == UInt8(ascii: "-") || byte == UInt8(ascii: "_")
    }

    /// The number behind a segment's letters, 0 if there is none; `nil` if it is too large.
    private static func segmentNumber(_ cursor: inout ByteCursor) -> Int? {
        skipSeparator(&cursor)
        return ASCII.isDigit(cursor.next) ? number(&cursor) : 0
    }

    /// The outer optional is empty for an error, the inner one for no such segment.
    private static func preSegment(_ cursor: inout ByteCursor) -> Prerelease?? {
        let start = cursor.position
        skipSeparator(&cursor)
        let phase: Prerelease.Phase
        if cursor.take("alpha", ignoringCase: true) || cursor.take("a", ignoringCase: true) {
            phase = .alpha
        } else if cursor.take("beta", ignoringCase: true) || cursor.take("b", ignoringCase: true) {
            phase = .beta
        } else if cursor.take("preview", ignoringCase: true) || cursor.take("pre", ignoringCase: true)
            || cursor.take("c", ignoringCase: true) || cursor.take("rc", ignoringCase: true)
        {
            phase = .candidate
        } else {
            cursor.position = start
            return .some(nil)
        }
        guard let number = segmentNumber(&cursor) else { return nil }
        return Prerelease(phase: phase, number: number)
    }

    private static func postSegment(_ cursor: inout ByteCursor) -> Int?? {
        let start = cursor.position
        if cursor.take(UInt8(ascii: "-")), ASCII.isDigit(cursor.next) {
            guard let number = number(&cursor) else { return nil }
            return number
        }
        cursor.position = start
        skipSeparator(&cursor)
        guard
            cursor.take("post", ignoringCase: true) || cursor.take("rev", ignoringCase: true)
                || cursor.take("r", ignoringCase: true)
        else {
            cursor.position = start
            return .some(nil)
        }
        guard let number = segmentNumber(&cursor) else { return nil }
        return number
    }

    private static func devSegment(_ cursor: inout ByteCursor) -> Int?? {
        let start = cursor.position
        skipSeparator(&cursor)
        guard cursor.take("dev", ignoringCase: true) else {
            cursor.position = start
            return .some(nil)
        }
        guard let number = segmentNumber(&cursor) else { return nil }
        return number
    }

    private static func localSegment(_ cursor: inout ByteCursor) -> [LocalPart]? {
        guard cursor.next == UInt8(ascii: "+") else { return [] }
        var parts: [LocalPart] = []
        repeat {
            cursor.position += 1
            let part = cursor.takeWhile(ASCII.isAlphanumeric)
            guard !part.isEmpty else {
                // `1.0+a.` is a version followed by a dot.
                guard !parts.isEmpty else { return nil }
                cursor.position -= 1
                return parts
            }
            if part.allSatisfy(ASCII.isDigit) {
                let digits = part.drop { $0 == UInt8(ascii: "0") }
                parts.append(.number(digits.isEmpty ? "0" : String(decoding: digits, as: UTF8.self)))
            } else {
                parts.append(.text(String(decoding: part.map(ASCII.lower), as: UTF8.self)))
            }
        } while isSeparator(cursor.next)
        return parts
    }
}
