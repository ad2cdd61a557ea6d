import Glibc

/// A folder whose files are named by other files (an index, a list of modules), none of which may reach outside it.
///
/// Symbolic links are followed as long as they end inside the folder. One other place is allowed: in the cache of the
/// Hugging Face hub, `…/snapshots/REVISION` holds links to `…/blobs`, so a folder in `snapshots` may link there.
public struct ContainedFolder: Hashable, Sendable {
    /// The path by which the folder was given, for messages.
    public let path: String
    /// Absolute paths, free of links, one of which must enclose what a name resolves to.
    private let roots: [String]

    /// Opens a folder.
    public init(path: String) throws(IOFailure) {
        let resolved = try Self.resolve(path)
        guard try FileContents.kind(of: resolved) == .folder else { throw .system(.list, path: path, code: ENOTDIR) }
        self.path = path.count > 1 && path.hasSuffix("/") ? String(path.dropLast()) : path
        var roots = [resolved]
        let components = resolved.split(separator: "/")
        if components.count >= 2, components[components.count - 2] == "snapshots" {
            roots.append("/" + components.dropLast(2).joined(separator: "/") + "/blobs")
        }
        self.roots = roots
    }

    private init(path: String, roots: [String]) {
        self.path = path
        self.roots = roots
    }

    /// Whether something stands in the folder under this name.
    public func contains(_ name: String) -> Bool {
        guard Self.isPlain(name) else { return false }
        return access("\(path)/\(name)", F_OK) == 0
    }

    /// The path of a file of the folder.
    /// - Parameter name: One path component.
    public func file(_ name: String) throws(IOFailure) -> String {
        guard Self.isPlain(name) else { throw .unsafeName(name, folder: path) }
        let full = "\(path)/\(name)"
        let target = try Self.resolve(full)
        guard roots.contains(where: { target.hasPrefix($0.hasSuffix("/") ? $0 : $0 + "/") }) else {
            throw .linkLeavesFolder(path: full, target: target)
        }
        return full
    }

    /// A folder inside this one, which it shares its bounds with.
    /// - Parameter name: Components with `/` between them; the empty name is the folder itself.
    public func folder(_ name: String) throws(IOFailure) -> ContainedFolder {
        var result = self
        for component in name.split(separator: "/", omittingEmptySubsequences: false) where !name.isEmpty {
            result = ContainedFolder(path: try result.file(String(component)), roots: roots)
        }
        guard try FileContents.kind(of: result.path) == .folder else {
            throw .system(.list, path: result.path, code: ENOTDIR)
        }
        return result
    }

    /// Maps a file of the folder.
    public func mapped(_ name: String) throws(IOFailure) -> MappedFile {
        try MappedFile(path: try file(name))
    }

    /// Reads a small file of the folder.
    public func contents(of name: String, limit: Int = FileContents.settingsLimit) throws(IOFailure) -> [UInt8] {
        try FileContents.bytes(of: try file(name), limit: limit)
    }

    private static func isPlain(_ name: String) -> Bool {
        !name.isEmpty && name != "." && name != ".." && name.utf8.count <= 255
            && !name.utf8.contains { $0 == UInt8(ascii: "/") || $0 == UInt8(ascii: "\\") || $0 == 0 }
    }

    /// The absolute path of what is there, free of links.
    package static func resolve(_ path: String) throws(IOFailure) -> String {
        guard let resolved = realpath(path, nil) else { throw .system(.resolve, path: path, code: errno) }
        defer { free(resolved) }
        return String(cString: resolved)
    }
}
