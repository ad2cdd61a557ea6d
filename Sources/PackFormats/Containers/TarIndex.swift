import PackIO

/// Where the files of a tar lie in it, without copying them: POSIX.1-1988 `ustar`, with the long names of POSIX.1-2001
/// (`pax`) and GNU.
///
/// | bytes of a header | what |
/// | --- | --- |
/// | 0 ..< 100 | name, closed by a NUL unless it fills the field |
/// | 124 ..< 136 | size in octal digits; in GNU's form big-endian, with the first bit set |
/// | 148 ..< 156 | sum of the header's bytes in octal, these eight taken as spaces |
/// | 156 | kind: `0` or NUL file, `1` hard link, `2` link, `5` folder, `x` pax records, `L` and `K` GNU's long name and link |
/// | 157 ..< 257 | the name linked to |
/// | 257 ..< 263 | `ustar` and a NUL, or a blank |
/// | 345 ..< 500 | what stands before the name and a slash, in `ustar` |
///
/// Headers have 512 bytes, and contents are filled up to multiples of that. It is for the few files of an image's archive;
/// layers are read by libarchive.
public struct TarIndex: Sendable {
    /// Files by their names, without `./` before them. Of several files of one name the last is meant.
    public private(set) var files: [String: Range<Int>] = [:]
    /// Links and hard links by their names, and what they name.
    private var links: [String: String] = [:]

    /// Whether bytes begin with the header of a tar.
    public static func recognizes(_ bytes: UnsafeRawBufferPointer) -> Bool {
        bytes.count >= 512 && TarHeader(bytes, at: 0) != nil
    }

    /// Reads all headers.
    /// - Parameter limit: The most headers.
    /// - Throws: ``FormatFailure/form(file:path:offset:found:expected:)`` for what is no header, or a file that is cut off.
    public init(_ file: MappedFile, limit: Int = 100_000) throws(FormatFailure) {
        var result = TarIndex()
        try file.withBytes { bytes throws(FormatFailure) in try result.read(bytes, file.path, limit) }
        self = result
    }

    private init() {}

    /// The bytes of a file, found through links too.
    public func range(of name: String) -> Range<Int>? {
        var name = name
        for _ in 0..<8 {
            if let range = files[name] { return range }
            guard let target = links[name] else { return nil }
            name = target
        }
        return nil
    }

    private mutating func read(_ bytes: UnsafeRawBufferPointer, _ path: String, _ limit: Int) throws(FormatFailure) {
        var position = 0
        var (count, long) = (0, TarHeader.Extension())
        while bytes.count - position >= 512 {
            if bytes[position] == 0, bytes[position..<position + 512].allSatisfy({ $0 == 0 }) { return }
            guard var header = TarHeader(bytes, at: position) else {
                throw .tar(path, position, "no header of a tar", "a header or an end")
            }
            count += 1
            guard count <= limit else { throw .tar(path, position, "more entries", "at most \(limit)") }
            if !header.isExtension { header.extend(&long) }
            let left = bytes.count - position - 512
            guard header.size <= left else {
                throw .tar(
                    path, position, "an entry of \(header.size) bytes", "at most \(left), to the end of the file")
            }
            let contents = position + 512..<position + 512 + header.size
            if header.isExtension { long.take(header.kind, bytes[contents]) } else { add(header, contents) }
            position = contents.upperBound
            position += min((512 - position % 512) % 512, bytes.count - position)
        }
        guard position == bytes.count else {
            throw .tar(path, position, "the end of the file", "a whole block of 512 bytes")
        }
    }

    private mutating func add(_ header: TarHeader, _ contents: Range<Int>) {
        guard let name = Self.plain(header.name) else { return }
        switch header.kind {
        case 0, UInt8(ascii: "0"): files[name] = contents
        case UInt8(ascii: "1"): links[name] = Self.plain(header.link)
        case UInt8(ascii: "2"):
            let folder = name.utf8.lastIndex(of: UInt8(ascii: "/")).map { String(name[...$0]) } ?? ""
            links[name] = Self.plain(Array(folder.utf8) + header.link)
        default: break
        }
    }

    /// The name without `.` and `..`; nil if it climbs or is absolute.
    private static func plain(_ name: [UInt8]) -> String? {
        guard name.first != UInt8(ascii: "/") else { return nil }
        var parts: [ArraySlice<UInt8>] = []
        for part in name.split(separator: UInt8(ascii: "/")) where part != [0x2E] {
            if part == [0x2E, 0x2E] {
                guard parts.popLast() != nil else { return nil }
            } else {
                parts.append(part)
            }
        }
        return EscapedPath.text(Array(parts.joined(separator: [UInt8(ascii: "/")])))
    }
}

extension FormatFailure {
    fileprivate static func tar(_ file: String, _ offset: Int, _ found: String, _ expected: String) -> FormatFailure {
        .form(file: file, path: "tar", offset: offset, found: found, expected: expected)
    }
}
