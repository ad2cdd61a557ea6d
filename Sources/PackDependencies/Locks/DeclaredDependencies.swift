/// What a project's files say it depends on, for one target.
public struct DeclaredDependencies: Sendable {
    /// The file.
    public var path: String
    /// What the file is.
    public var kind: Kind
    /// Whether the packages are all that would be installed, each with its version. Otherwise they are what is asked for.
    public var isLocked: Bool
    /// The packages in order of their names.
    public var packages: [DeclaredPackage]
    /// Names of the packages that the project itself asks for, in order.
    public var roots: [String]
    /// What could not be taken: a predicate of `FILE:LINE`. The rest goes on.
    public var problems: [TreeProblem]
    /// The Pythons that the project is for, if it says so.
    public var requiresPython: SpecifierSet?

    /// The files that describe dependencies, by what they are called in messages.
    public enum Kind: String, Hashable, Sendable, CaseIterable {
        case uvLock = "uv.lock"
        case pylock = "pylock.toml"
        case poetryLock = "poetry.lock"
        case pipfileLock = "Pipfile.lock"
        case requirements = "requirements.txt"
        case pyproject = "pyproject.toml"
        /// The report of an installer's dry run, or what it downloaded.
        case resolved = "resolver"
    }

    /// Collects the parts; packages and roots are put in order.
    public init(
        path: String, kind: Kind, isLocked: Bool, packages: [DeclaredPackage] = [], roots: [String] = [],
        problems: [TreeProblem] = [], requiresPython: SpecifierSet? = nil
    ) {
        self.path = path
        self.kind = kind
        self.isLocked = isLocked
        self.packages = packages.sorted { $0.precedes($1) }
        self.roots = Set(roots).sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
        self.problems = problems
        self.requiresPython = requiresPython
    }

    /// Whether the target's Python is one that the project is for; `nil` where it does not say.
    public func allows(_ target: TargetEnvironment) -> Bool? {
        guard let requiresPython, let version = target.pythonVersion else { return nil }
        return requiresPython.matches(version)
    }
}

/// A package that a project depends on.
public struct DeclaredPackage: Hashable, Sendable {
    /// The normalized name.
    public var name: String
    /// The version, where the file fixes it.
    public var version: String?
    /// The requirements that ask for it, as they were written, where the file has them.
    public var requirements: [String] = []
    /// Extras of it that are asked for.
    public var extras: [String] = []
    /// Normalized names of the packages that it needs on the target, where the file has them.
    public var dependencies: [String] = []
    /// The file name of the wheel that an installer would take on the target.
    public var wheel: String?
    /// Bytes of that wheel, where the file states them.
    public var zippedBytes: Int?
    /// Digests of that wheel, or of what the requirement allows, as `sha256:…`.
    public var hashes: [String] = []
    /// Why none of its wheels can be installed; empty where one can, or where the file lists none.
    public var refusals: [String] = []
    /// Whether it can only be had as source, which has to be built.
    public var isSourceOnly = false
    /// Where it comes from, if not from an index by its name: a URL, a path, a repository.
    public var origin: String?
    /// `unknown` where it depends on what is not known of the target whether it is installed.
    public var certainty = MarkerVerdict.yes
    /// Where it stands in the files.
    public var place: Place
    /// Names from a root to the package itself; empty where the files don't say.
    public var reason: [String] = []

    /// A line of a file.
    public struct Place: Hashable, Sendable, CustomStringConvertible {
        /// The file's path.
        public var file: String
        /// The line, from 1; `nil` where the format has none that mean anything.
        public var line: Int?

        /// Names a place.
        public init(file: String, line: Int?) {
            self.file = file
            self.line = line
        }

        /// `FILE:LINE`.
        public var description: String { line.map { "\(file):\($0)" } ?? file }
    }

    /// Describes a package.
    public init(name: String, version: String? = nil, place: Place) {
        self.name = name
        self.version = version
        self.place = place
    }

    func precedes(_ other: DeclaredPackage) -> Bool {
        if name != other.name { return name.utf8.lexicographicallyPrecedes(other.name.utf8) }
        return (version ?? "").utf8.lexicographicallyPrecedes((other.version ?? "").utf8)
    }
}

/// What is asked of a project's files.
public struct DependencySelection: Hashable, Sendable {
    /// The system that it is for.
    public var target: TargetEnvironment
    /// Extras of the project, normalized.
    public var extras: Set<String>
    /// Dependency groups (`dev`, `test`), normalized; none unless asked for.
    public var groups: Set<String>

    /// Makes a selection.
    public init(target: TargetEnvironment, extras: Set<String> = [], groups: Set<String> = []) {
        self.target = target
        self.extras = Set(extras.map { PackageName.normalized($0) })
        self.groups = Set(groups.map { PackageName.normalized($0) })
    }

    /// What markers see.
    var markers: MarkerEnvironment { target.markers(extras: extras, groups: groups) }
}

extension TargetEnvironment {
    /// The Python release as a version.
    var pythonVersion: PythonVersion? { PythonVersion(python.map(String.init).joined(separator: ".")) }
}
