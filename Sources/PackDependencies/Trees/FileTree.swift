import PackFormats

/// The files of a deployment, whatever they are packed in.
///
/// Files are in order of their paths' bytes. A path is relative, with `/` between its components, and never climbs: entries
/// of archives that would lead elsewhere are no files but problems.
public struct FileTree: Sendable {
    /// The path as it was given.
    public var path: String
    /// What it is packed in.
    public var form: Form
    /// Its regular files and symbolic links.
    public var files: [TreeFile]
    /// What it is stacked from, lowest first: an image's layers, or a function's zip and its layers; empty for a folder.
    public var layers: [TreeLayer]
    /// What could not be taken: unreadable files, unsafe names, damaged entries.
    public var problems: [TreeProblem]
    /// What was taken and looks suspicious: entries that expand as only bombs and empty data do.
    public var doubts: [TreeProblem]
    /// An image's configuration; nil for other forms.
    public var image: ImageConfig?
    /// Where the bytes are.
    package let contents: any TreeContents

    /// What files are packed in.
    public enum Form: String, Sendable {
        /// A folder: site-packages, a virtual environment, a project.
        case folder
        /// A folder of wheels, each taken as installed.
        case wheels
        /// A zip, and perhaps zips of layers above or below it.
        case zip
        /// An OCI image layout, or a docker-archive tar.
        case image
    }

    /// Collects the parts.
    package init(
        path: String, form: Form, files: [TreeFile], layers: [TreeLayer] = [], problems: [TreeProblem] = [],
        doubts: [TreeProblem] = [],
        image: ImageConfig? = nil, contents: any TreeContents
    ) {
        self.path = path
        self.form = form
        self.files = files
        self.layers = layers
        self.problems = problems
        self.doubts = doubts
        self.image = image
        self.contents = contents
    }

    /// Bytes of all files, hard links to the same bytes counted once.
    public var bytes: Int {
        var seen: Set<UInt64> = []
        return files.reduce(0) { sum, file in
            if let identity = file.identity, !seen.insert(identity).inserted { return sum }
            return sum + file.bytes
        }
    }

    /// Lends the bytes of files, one file at a time, in whatever order they are stored.
    ///
    /// One pass over an archive serves all of them, so ask for all that is wanted at once.
    ///
    /// - Parameters:
    ///   - indices: Indices into `files`; links are not followed.
    ///   - limit: The most bytes that are lent; of a larger file the first ones.
    ///   - body: Called once for each file that could be read.
    /// - Returns: Problems with the others.
    public func visit(
        _ indices: [Int], limit: Int, _ body: (_ index: Int, _ bytes: UnsafeRawBufferPointer) -> Void
    ) -> [TreeProblem] {
        contents.visit(indices.map { (index: $0, file: files[$0]) }, limit: limit, body)
    }
}

extension FileTree {
    /// Where a file of the tree stands on disk; `nil` for what is in an archive.
    public func location(of file: TreeFile) -> String? { contents.location(of: file) }
}

/// A file of a tree.
public struct TreeFile: Hashable, Sendable {
    /// Its path below the root of the tree.
    public var path: String
    /// Bytes in it; 0 for a link.
    public var bytes: Int
    /// Bytes that it takes in the archive that it was read from; `nil` where it is not compressed by itself.
    public var zippedBytes: Int?
    /// Permission bits.
    public var mode: UInt32
    /// Where it points to, if it is a symbolic link.
    public var link: String?
    /// Index into the tree's layers of the one that holds it.
    public var layer: Int
    /// Equal for hard links to the same bytes; `nil` where there is but one name.
    public var identity: UInt64?

    /// Describes a file.
    public init(
        path: String, bytes: Int, zippedBytes: Int? = nil, mode: UInt32 = 0o644, link: String? = nil, layer: Int = 0,
        identity: UInt64? = nil
    ) {
        self.path = path
        self.bytes = bytes
        self.zippedBytes = zippedBytes
        self.mode = mode
        self.link = link
        self.layer = layer
        self.identity = identity
    }

    /// The last component of its path.
    public var name: Substring {
        path.utf8.lastIndex(of: UInt8(ascii: "/")).map { path[path.utf8.index(after: $0)...] } ?? path[...]
    }
}

/// A layer of a tree.
public struct TreeLayer: Hashable, Sendable {
    /// Its file's name, or the digest by which the image names it.
    public var name: String
    /// Bytes as stored, compressed where it is.
    public var storedBytes: Int
    /// Bytes of the files in it, those that later layers hide or delete included.
    public var bytes: Int
    /// Bytes of its files that later layers hide or delete.
    public var hiddenBytes: Int

    /// Describes a layer.
    public init(name: String, storedBytes: Int, bytes: Int, hiddenBytes: Int = 0) {
        self.name = name
        self.storedBytes = storedBytes
        self.bytes = bytes
        self.hiddenBytes = hiddenBytes
    }
}

/// Something in a tree that could not be taken. The rest goes on, and the report says so.
public struct TreeProblem: Hashable, Sendable {
    /// The path of the file or entry, as it stands there.
    public var path: String
    /// What is wrong, a predicate of `path`: "cannot be read: Permission denied".
    public var text: String

    /// Describes a problem.
    public init(path: String, text: String) {
        self.path = path
        self.text = text
    }
}

/// Where the bytes of a tree are: a folder, a zip, a stack of layers.
package protocol TreeContents: Sendable {
    /// Lends the bytes of the wanted files, each once, in any order; see `FileTree.visit`.
    func visit(
        _ wanted: [(index: Int, file: TreeFile)], limit: Int,
        _ body: (_ index: Int, _ bytes: UnsafeRawBufferPointer) -> Void
    ) -> [TreeProblem]

    /// Where a file stands on disk; `nil` for what is in an archive.
    func location(of file: TreeFile) -> String?
}

extension TreeContents {
    /// Archives have no files on disk.
    package func location(of file: TreeFile) -> String? { nil }
}
