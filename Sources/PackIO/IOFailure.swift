import Glibc

/// Why a file or folder could not be read or written.
public enum IOFailure: Error, Hashable, Sendable {
    /// A system call said no; `code` is its `errno`.
    case system(Operation, path: String, code: Int32)
    /// Something other than a regular file stands where a file was expected.
    case notRegular(path: String, found: FileKind)
    /// The file has more bytes than its reader takes.
    case tooLarge(path: String, bytes: Int, limit: Int)
    /// The file did not hold as many bytes as its size said.
    case truncated(path: String, bytes: Int, expected: Int)
    /// A folder tree holds more entries than the walk takes.
    case tooManyEntries(path: String, limit: Int)
    /// A folder tree is nested more deeply than the walk follows.
    case tooDeep(path: String, limit: Int)
    /// A name that does not name a file of the folder itself: empty, `..`, or with a separator or NUL in it.
    case unsafeName(String, folder: String)
    /// A link in the folder leads out of it.
    case linkLeavesFolder(path: String, target: String)

    /// What was attempted.
    public enum Operation: String, Hashable, Sendable {
        case open, status, map, read, write, sync, rename, remove, list, create, resolve, start
    }
}

/// What stands at a path.
public enum FileKind: String, Hashable, Sendable {
    case regular, folder, link, fifo, socket, device, unknown

    /// Reads the kind out of the mode bits of a `stat`.
    init(mode: mode_t) {
        self =
            switch mode & S_IFMT {
            case S_IFREG: .regular
            case S_IFDIR: .folder
            case S_IFLNK: .link
            case S_IFIFO: .fifo
            case S_IFSOCK: .socket
            case S_IFCHR, S_IFBLK: .device
            default: .unknown
            }
    }

    /// The kind in words, with its article.
    public var description: String {
        switch self {
        case .regular: "a regular file"
        case .folder: "a folder"
        case .link: "a symbolic link"
        case .fifo: "a named pipe"
        case .socket: "a socket"
        case .device: "a device"
        case .unknown: "something that is not a file"
        }
    }
}

extension IOFailure: FactualError {
    /// The failure in parts, for a message.
    public var facts: ErrorFacts {
        switch self {
        case .system(let operation, let path, let code):
            ErrorFacts(
                "cannot \(operation.words)", file: path, found: String(cString: strerror(code)), hint: Self.hint(code))
        case .notRegular(let path, let found):
            ErrorFacts("is not a file", file: path, found: found.description, expected: "a regular file")
        case .tooLarge(let path, let bytes, let limit):
            ErrorFacts("is too large", file: path, found: "\(bytes) bytes", expected: "at most \(limit) bytes")
        case .truncated(let path, let bytes, let expected):
            ErrorFacts("ends early", file: path, found: "\(bytes) bytes", expected: "\(expected) bytes")
        case .tooManyEntries(let path, let limit):
            ErrorFacts("holds too many entries", file: path, expected: "at most \(limit)")
        case .tooDeep(let path, let limit):
            ErrorFacts("is nested too deeply", file: path, expected: "at most \(limit) folders")
        case .unsafeName(let name, let folder):
            ErrorFacts("names a file outside the folder", file: folder, found: name, expected: "a plain file name")
        case .linkLeavesFolder(let path, let target):
            ErrorFacts(
                "is a link that leads out of its folder", file: path, found: target,
                hint: "copy the file into the folder")
        }
    }

    private static func hint(_ code: Int32) -> String? {
        switch code {
        case ENOENT: "check the path"
        case EACCES, EPERM: "check the permissions"
        case ENOSPC, EDQUOT: "free some space, or write elsewhere"
        default: nil
        }
    }
}

extension IOFailure.Operation {
    var words: String {
        switch self {
        case .open: "open"
        case .status: "examine"
        case .map: "map into memory"
        case .read: "read"
        case .write: "write"
        case .sync: "flush to disk"
        case .rename: "put in place"
        case .remove: "remove"
        case .list: "list"
        case .create: "create"
        case .start: "start"
        case .resolve: "find"
        }
    }
}
