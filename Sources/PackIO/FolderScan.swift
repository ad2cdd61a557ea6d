import Glibc

/// A file, link or other leaf below a folder.
public struct ScannedFile: Sendable {
    /// Path below the folder, with `/` between its components, as ``EscapedPath`` shows it.
    public var path: String
    /// What it is; never a folder.
    public var kind: FileKind
    /// Bytes in it, for regular files.
    public var bytes: Int
    /// Permission bits.
    public var mode: UInt32
    /// Where a symbolic link points to.
    public var link: String?
    /// Names that the file system counts for it.
    public var names: Int
    /// Device and number; equal for hard links to the same bytes.
    public var device: UInt64, number: UInt64
}

/// All files below a folder, those that cannot be examined set aside.
///
/// Unlike ``FolderWalk`` it goes on after a failure, goes by descriptors (so that no path is too long, and no link put in
/// the place of a folder is followed), and is made for hundreds of thousands of files.
public struct FolderScan: Sendable {
    /// What is not a folder, in order of the paths' bytes.
    public private(set) var files: [ScannedFile] = []
    /// Files and folders that could not be examined or listed; their paths are below the folder.
    public private(set) var failures: [(path: String, failure: IOFailure)] = []

    /// Scans a folder, which itself may be given by a link.
    /// - Throws: ``IOFailure`` if the folder cannot be listed at all, or there are more entries than `maximumCount`.
    public init(folder: String, maximumCount: Int = 1_000_000, maximumDepth: Int = 256) throws(IOFailure) {
        let root = retrying { open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC) }
        guard root >= 0 else { throw .system(.list, path: folder, code: errno) }
        var scanner = Scanner(folder: folder, maximumCount: maximumCount, maximumDepth: maximumDepth)
        try scanner.list(root, depth: 1)
        files = scanner.files
        failures = scanner.failures
    }
}

/// Lists folder by folder. Names in one folder are taken in the order in which the paths below them come, `a.b` before
/// `a/b`, so that the files need no sorting.
private struct Scanner {
    let folder: String
    let maximumCount: Int
    let maximumDepth: Int
    var files: [ScannedFile] = []
    var failures: [(path: String, failure: IOFailure)] = []
    var count = 0
    /// The path of the folder that is being listed, with `/` at its end; empty for the root.
    var prefix: [UInt8] = []

    /// A name in a folder: where its bytes are in the folder's list of names.
    struct Name {
        var start: Int
        var count: Int
        var isFolder: Bool
    }

    init(folder: String, maximumCount: Int, maximumDepth: Int) {
        self.folder = folder
        self.maximumCount = maximumCount
        self.maximumDepth = maximumDepth
    }

    /// Lists an open folder, and closes it.
    mutating func list(_ descriptor: Int32, depth: Int) throws(IOFailure) {
        guard let stream = fdopendir(descriptor) else {
            let code = errno
            close(descriptor)
            return try fail(.system(.list, path: shown(), code: code), depth)
        }
        defer { closedir(stream) }
        var bytes: [UInt8] = []
        var names = try names(stream, dirfd(stream), &bytes, depth)
        bytes.withUnsafeBufferPointer { bytes in names.sort { precedes($0, $1, bytes) } }
        for name in names { try take(name, bytes, dirfd(stream), depth) }
    }

    private mutating func names(
        _ stream: OpaquePointer, _ descriptor: Int32, _ bytes: inout [UInt8], _ depth: Int
    ) throws(IOFailure) -> [Name] {
        var names: [Name] = []
        while true {
            errno = 0
            guard let entry = readdir(stream) else {
                let code = errno
                if code != 0 { try fail(.system(.list, path: shown(), code: code), depth) }
                return names
            }
            let start = bytes.count
            let type = withUnsafePointer(to: &entry.pointee.d_name) {
                $0.withMemoryRebound(to: UInt8.self, capacity: 256) { name in
                    bytes.append(contentsOf: UnsafeBufferPointer(start: name, count: strlen(name) + 1))
                }
                return entry.pointee.d_type
            }
            let length = bytes.count - start - 1
            if bytes[start] == UInt8(ascii: "."), length == 1 || length == 2 && bytes[start + 1] == UInt8(ascii: ".") {
                bytes.removeLast(length + 1)
                continue
            }
            count += 1
            guard count <= maximumCount else { throw .tooManyEntries(path: folder, limit: maximumCount) }
            var name = Name(start: start, count: length, isFolder: Int(type) == DT_DIR)
            if Int(type) == DT_UNKNOWN { name.isFolder = isFolder(descriptor, name, bytes) }
            names.append(name)
        }
    }

    /// Asks for a name's kind where the file system does not tell it in the list.
    private func isFolder(_ descriptor: Int32, _ name: Name, _ bytes: [UInt8]) -> Bool {
        var status = stat()
        return withName(name, bytes) { fstatat(descriptor, $0, &status, AT_SYMLINK_NOFOLLOW) } == 0
            && FileKind(mode: status.st_mode) == .folder
    }

    private func precedes(_ left: Name, _ right: Name, _ bytes: UnsafeBufferPointer<UInt8>) -> Bool {
        guard let base = bytes.baseAddress else { return false }
        let order = memcmp(base + left.start, base + right.start, min(left.count, right.count))
        if order != 0 { return order < 0 }
        // A folder's name has a slash behind it; the end of a name comes before everything.
        func next(_ name: Name, _ index: Int) -> Int {
            index < name.count ? Int(bytes[name.start + index]) : name.isFolder ? 0x2F : -1
        }
        let index = min(left.count, right.count)
        return next(left, index) < next(right, index)
    }

    private mutating func take(_ name: Name, _ bytes: [UInt8], _ parent: Int32, _ depth: Int) throws(IOFailure) {
        let length = prefix.count
        prefix += bytes[name.start..<name.start + name.count]
        defer { prefix.removeLast(prefix.count - length) }
        guard name.isFolder else { return leaf(name, bytes, parent) }
        guard depth < maximumDepth else {
            return try fail(.tooDeep(path: shown(), limit: maximumDepth), depth + 1)
        }
        let child = withName(name, bytes) { text in
            retrying { openat(parent, text, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC) }
        }
        let code = errno
        guard child >= 0 else { return try fail(.system(.list, path: shown(), code: code), depth + 1) }
        prefix.append(UInt8(ascii: "/"))
        try list(child, depth: depth + 1)
    }

    private mutating func leaf(_ name: Name, _ bytes: [UInt8], _ parent: Int32) {
        var status = stat()
        guard withName(name, bytes, { fstatat(parent, $0, &status, AT_SYMLINK_NOFOLLOW) }) == 0 else {
            let code = errno
            failures.append((EscapedPath.text(prefix), .system(.status, path: shown(), code: code)))
            return
        }
        let kind = FileKind(mode: status.st_mode)
        var file = ScannedFile(
            path: EscapedPath.text(prefix), kind: kind, bytes: kind == .regular ? Int(status.st_size) : 0,
            mode: UInt32(status.st_mode & 0o7777), names: Int(status.st_nlink), device: UInt64(status.st_dev),
            number: UInt64(status.st_ino))
        if kind == .link {
            guard let target = withName(name, bytes, { target(parent, $0) }) else {
                let code = errno
                failures.append((file.path, .system(.read, path: shown(), code: code)))
                return
            }
            file.link = target
        }
        files.append(file)
    }

    private func target(_ parent: Int32, _ name: UnsafePointer<CChar>) -> String? {
        var length = -1
        let bytes = [UInt8](unsafeUninitializedCapacity: Int(PATH_MAX)) { buffer, count in
            buffer.withMemoryRebound(to: CChar.self) { text in
                guard let base = text.baseAddress else { return }
                length = readlinkat(parent, name, base, text.count)
            }
            count = max(0, length)
        }
        return length < 0 ? nil : EscapedPath.text(bytes)
    }

    private func withName<Result>(_ name: Name, _ bytes: [UInt8], _ body: (UnsafePointer<CChar>) -> Result) -> Result {
        bytes[name.start...name.start + name.count].withUnsafeBytes { buffer in
            // A name has at least its closing zero.
            guard let base = buffer.baseAddress else { return body("") }
            return body(base.assumingMemoryBound(to: CChar.self))
        }
    }

    /// Notes that the folder at `prefix` cannot be listed; the root's failure is the scan's.
    private mutating func fail(_ failure: IOFailure, _ depth: Int) throws(IOFailure) {
        guard depth > 1 else { throw failure }
        let end = prefix.last == UInt8(ascii: "/") ? prefix.dropLast() : prefix[...]
        failures.append((EscapedPath.text(Array(end)), failure))
    }

    private func shown() -> String { "\(folder)/\(EscapedPath.text(prefix))" }
}
