/// A Python package as it is installed, read from its `.dist-info` or `.egg-info`.
public struct InstalledPackage: Sendable {
    /// Its name as its metadata write it.
    public var name: String
    /// The name by which packages are compared (PEP 503).
    public var normalizedName: String
    /// Its version as its metadata write it.
    public var version: String
    /// Index into the sites.
    public var site: Int
    /// The path of its `.dist-info` or `.egg-info`.
    public var folder: String
    /// What it requires, one requirement each (PEP 508).
    public var requires: [String] = []
    /// The Python versions that it works with (PEP 440).
    public var requiresPython: String?
    /// The extras that it offers.
    public var extras: [String] = []
    /// Its licence expression, or the text that older metadata have for it.
    public var license: String?
    /// One line about it.
    public var summary: String?
    /// The tags of the wheel that it was installed from.
    public var tags: [String] = []
    /// Whether the wheel says that it holds no compiled code; `nil` without a WHEEL.
    public var isPure: Bool?
    /// What installed it: `pip`, `uv`.
    public var installer: String?
    /// Where it was installed from, if not from an index.
    public var origin: PackageOrigin?
    /// Modules that it says it brings, if it does.
    public var topLevel: [String] = []
    /// Its entry points.
    public var entryPoints: [PackageEntryPoint] = []
    /// Index of its RECORD in the tree's files.
    public var record: Int?
    /// Indices of its files in the tree's files, in order. A file that two packages claim is the first one's.
    public var files: [Int] = []
    /// Bytes of its files.
    public var bytes = 0

    /// Describes a package.
    public init(name: String, version: String, site: Int = 0, folder: String = "") {
        self.name = name
        normalizedName = PackageName.normalized(name)
        self.version = version
        self.site = site
        self.folder = folder
    }
}

/// Where a package was installed from (PEP 610).
public struct PackageOrigin: Hashable, Sendable {
    /// The URL of the archive, repository or folder.
    public var url: String
    /// Whether its code lies in the folder of `url`, and not in the tree.
    public var isEditable: Bool
    /// The commit, of a repository.
    public var commit: String?

    package init(url: String, isEditable: Bool, commit: String? = nil) {
        self.url = url
        self.isEditable = isEditable
        self.commit = commit
    }
}

/// A name under which a package offers an object to others ("Entry points specification").
public struct PackageEntryPoint: Hashable, Sendable {
    /// `console_scripts`, or the name by which a program looks for plugins.
    public var group: String
    /// The name.
    public var name: String
    /// The module.
    public var module: String

    package init(group: String, name: String, module: String) {
        self.group = group
        self.name = name
        self.module = module
    }
}

/// A folder that packages are installed in.
public struct PackageSite: Hashable, Sendable {
    /// Its path in the tree; empty for the root.
    public var path: String
    /// The Python release that its path names: `[3, 12]`, or `[3]` for all of Debian's.
    public var python: [Int]?

    package init(path: String, python: [Int]? = nil) {
        self.path = path
        self.python = python
    }
}

/// Files that belong to no package.
public struct UnownedFiles: Hashable, Sendable {
    /// The first component of their paths; empty for files at the root.
    public var folder: String
    /// Their number.
    public var count: Int
    /// Their bytes.
    public var bytes: Int

    package init(folder: String, count: Int, bytes: Int) {
        self.folder = folder
        self.count = count
        self.bytes = bytes
    }
}

/// Something about an installed package that is not as it should be.
public struct InstalledFinding: Hashable, Sendable {
    /// What it is.
    public var kind: Kind
    /// Index of the package.
    public var package: Int
    /// A file that it is about, as written where it stands.
    public var path: String
    /// The number of files that it is about.
    public var count: Int
    /// What was found and expected, of `path`.
    public var detail: String

    /// What can be wrong.
    public enum Kind: String, Hashable, Sendable, CaseIterable {
        /// RECORD names files that are not there.
        case recordedFileMissing
        /// RECORD names files outside the tree.
        case recordClimbs
        /// RECORD gives other sizes.
        case sizeDiffers
        /// RECORD gives other digests.
        case digestDiffers
        /// RECORD has rows that are none.
        case recordMalformed
        /// Two packages claim the same files.
        case claimedTwice
        /// The metadata have no name or no version, or there are none.
        case metadataIncomplete
        /// The metadata's name is not the folder's.
        case nameDiffers
        /// The same package is installed again, here or in another place.
        case duplicate
        /// None of the wheel's tags is one of the target's.
        case tagsRefused
        /// Another Python is asked for than the target's.
        case pythonRefused
    }

    package init(kind: Kind, package: Int, path: String, count: Int, detail: String) {
        self.kind = kind
        self.package = package
        self.path = path
        self.count = count
        self.detail = detail
    }
}
