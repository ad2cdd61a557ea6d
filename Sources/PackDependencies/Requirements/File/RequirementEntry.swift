/// One thing that a requirements file asks for.
public struct RequirementEntry: Hashable, Sendable {
    /// The text, options left out.
    public var text: String
    /// The requirement; `nil` for a URL or path that does not name its package.
    public var requirement: Requirement?
    /// The URL or path that it is to be had from.
    public var origin: String?
    /// Digests of the files that are allowed, as `sha256:…`.
    public var hashes: [String] = []
    /// Whether it is installed in place (`-e`).
    public var isEditable = false
    /// Whether it only limits versions (`-c`).
    public var isConstraint: Bool
    /// Where it stands.
    public var place: DeclaredPackage.Place
}

/// What requirements files say, those that they include among it.
public struct RequirementsFile: Sendable {
    /// The file that was asked for.
    public let path: String
    /// All files that were read, each once, in order.
    public internal(set) var files: [String] = []
    /// What they ask for, in order.
    public internal(set) var entries: [RequirementEntry] = []
    /// Options for the installer as a whole, such as `--index-url URL`.
    public internal(set) var options: [Option] = []
    /// Lines that could not be taken, and files that were not read.
    public internal(set) var problems: [TreeProblem] = []

    /// An option and where it stands.
    public struct Option: Hashable, Sendable {
        /// The option's long name.
        public var name: String
        /// What follows it.
        public var value: String?
        /// Where it stands.
        public var place: DeclaredPackage.Place
    }

    /// Bytes that one file may have.
    public static let byteLimit = 32 << 20
    /// Entries that are read of all files.
    static let entryLimit = 400_000
    /// Files that are read.
    static let fileLimit = 256
    /// Files that include one another.
    static let depthLimit = 32

    /// Reads a file and what it includes, as pip does.
    ///
    /// Files are only followed inside the folder `root`, through links too; others are problems.
    ///
    /// - Parameters:
    ///   - path: The file.
    ///   - root: The project's folder; the file's own if `nil`.
    ///   - environment: Variables that `${NAME}` may stand for. Those that are not given are problems.
    /// - Throws: If the file can't be read, is not text, or files include one another in a circle.
    public init(path: String, root: String? = nil, environment: [String: String] = [:]) throws(DependencyError) {
        self.path = path
        var reader = try RequirementsReader(path: path, root: root, environment: environment)
        try reader.read(path, isConstraint: false, includedAt: nil)
        files = reader.order
        entries = reader.entries
        options = reader.options
        problems = reader.problems
    }
}
