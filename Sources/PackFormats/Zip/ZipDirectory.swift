import PackIO

/// A zip file, read by its central directory: PKWARE's APPNOTE.TXT 6.3.10, sections 4.3 to 4.5.
///
/// | where | what |
/// | --- | --- |
/// | at the end | end of central directory, `PK\5\6`, 22 bytes and a comment of up to 65,535 |
/// | before it, in zip64 | locator, `PK\6\7`, 20 bytes; it names the place of the zip64 end, `PK\6\6`, 56 bytes or more |
/// | before those | central directory: a record `PK\1\2` of 46 bytes, name, extra fields and comment for each entry |
/// | before it | entries: local header `PK\3\4` of 30 bytes, name and extra fields, then the stored bytes |
///
/// All numbers are little-endian. A size or offset of 0xFFFFFFFF stands in the extra field 1 as 64 bits (zip64). What stands
/// before the first entry (a program that unpacks the rest) is passed over. The local headers are compared with the
/// directory, so that no reader that goes by them sees something else.
public final class ZipDirectory: Sendable {
    /// The path of the file.
    public var path: String { file.path }
    /// The entries in the directory's order, those with a fault included.
    public let entries: [ZipEntry]
    /// Bytes of the file.
    public var fileBytes: Int { file.size }
    let file: MappedFile
    /// Bytes that vanish read as zeros, which entries' checksums show.
    private let mappingGuard: MappingGuard?

    /// Reads the directory of a file.
    /// - Parameters:
    ///   - path: The file.
    ///   - limit: The most entries.
    /// - Throws: ``FormatFailure/zip(_:)`` for a directory that cannot be read, ``FormatFailure/io(_:)``.
    public convenience init(path: String, limit: Int = 1_000_000) throws(FormatFailure) {
        try self.init(try FormatFailure.reading { () throws(IOFailure) in try MappedFile(path: path) }, limit: limit)
    }

    /// Reads the directory of a mapped file.
    public init(_ file: MappedFile, limit: Int = 1_000_000) throws(FormatFailure) {
        self.file = file
        mappingGuard = MappingGuard(file)
        do throws(ZipProblem) {
            entries = try file.withBytes { bytes throws(ZipProblem) in
                let end = try ZipEnd(bytes)
                var reader = ZipDirectoryReader(bytes: bytes, end: end, limit: limit)
                return try reader.entries()
            }
        } catch {
            throw error.failure(file: file.path)
        }
    }

    /// Whether bytes look like a zip file: an entry or an empty directory at their start, or a directory at their end.
    public static func recognizes(_ bytes: UnsafeRawBufferPointer) -> Bool {
        bytes.starts(with: [0x50, 0x4B, 3, 4]) || ZipEnd.position(bytes) != nil
    }
}

extension UnsafeRawBufferPointer {
    /// Little-endian numbers at an offset that the caller has checked.
    func zip16(_ offset: Int) -> Int {
        Int(UInt16(littleEndian: loadUnaligned(fromByteOffset: offset, as: UInt16.self)))
    }
    func zip32(_ offset: Int) -> Int {
        Int(UInt32(littleEndian: loadUnaligned(fromByteOffset: offset, as: UInt32.self)))
    }
    /// nil for a number beyond `Int`'s.
    func zip64(_ offset: Int) -> Int? {
        Int(exactly: UInt64(littleEndian: loadUnaligned(fromByteOffset: offset, as: UInt64.self)))
    }
}
