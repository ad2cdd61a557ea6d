/// An entry of a zip file.
public struct ZipEntry: Hashable, Sendable {
    /// Its name as it stands in the directory.
    public var name: [UInt8]
    /// Its name as a relative path, without empty and `.` components; `PackIO.EscapedPath` shows what is not UTF-8.
    public var path: String
    /// Bytes as stored.
    public var compressedBytes: Int
    /// Bytes that it has when unpacked, as the directory says.
    public var bytes: Int
    /// How it is stored.
    public var method: UInt16
    /// CRC-32 of the unpacked bytes.
    public var checksum: UInt32
    /// Unix mode with its kind bits; 0 if the entry was not written on Unix.
    public var mode: UInt32
    /// Byte of the file at which its local header begins.
    public var headerOffset: Int
    /// Byte of the file at which its stored bytes begin.
    public var dataOffset: Int
    /// What is wrong with it, if something is.
    public var fault: ZipFault?

    /// Whether it stands for a folder: its name ends with a slash.
    public var isFolder: Bool { name.last == UInt8(ascii: "/") }
    /// Whether it is a symbolic link; its contents are the path that it leads to.
    public var isLink: Bool { mode & 0o170000 == 0o120000 }
    /// Whether the entry can be read. One that merely expands much can.
    public var isReadable: Bool { fault == nil || fault == .expandsMuch }
}

/// What can be wrong with an entry.
public enum ZipFault: String, Hashable, Sendable {
    case encrypted, unknownMethod
    case headerMissing, headerDisagrees, beyondFile, overlaps
    case sizesDisagree, sizeImpossible, expandsMuch, repeated, folderWithBytes, otherKind
    case nameEmpty, nameTooLong, nameAbsolute, nameClimbs, nameDrive, nameBackslash, nameNUL

    /// A predicate of the entry.
    public var text: String {
        switch self {
        case .encrypted: "is encrypted"
        case .unknownMethod: "is compressed in a way that is not supported"
        case .headerMissing: "has no header where the directory says"
        case .headerDisagrees: "has a header that disagrees with the directory"
        case .beyondFile: "lies beyond the end of the entries"
        case .overlaps: "overlaps another entry"
        case .sizesDisagree: "is stored, and its two sizes differ"
        case .sizeImpossible: "cannot have as many bytes as the directory says"
        case .expandsMuch: "expands to more than \(ZipFault.ratioLimit) times its stored bytes"
        case .repeated: "stands in the directory again, further on"
        case .folderWithBytes: "is a folder with contents"
        case .otherKind: "is neither a file nor a folder nor a symbolic link"
        case .nameEmpty: "has no name"
        case .nameTooLong: "has a name that is too long"
        case .nameAbsolute: "has an absolute name"
        case .nameClimbs: "has a name that climbs out of the folder"
        case .nameDrive: "has a name with a drive letter"
        case .nameBackslash: "has a name with a backslash"
        case .nameNUL: "has a name with a NUL in it"
        }
    }

    /// An entry that expands by more than this, and to at least `expansionBytes`, is taken for a bomb.
    static let ratioLimit = 100
    static let expansionBytes = 64 << 20
    /// The most that DEFLATE can expand: 258 bytes for two bits (RFC 1951, 3.2.5).
    static let deflateRatio = 1032
}
