import PackFormats
import PackIO

/// Files of a project that describe its dependencies: what was used, and what was not.
public struct ProjectFiles: Sendable {
    /// What the best of them says; `nil` where there is none that can be read.
    public var used: DeclaredDependencies?
    /// The others, with the reason.
    public var ignored: [Ignored] = []
    /// Files that could not be read.
    public var failures: [DependencyError] = []

    /// A file that was found and not used.
    public struct Ignored: Hashable, Sendable {
        /// Its path.
        public var path: String
        /// Why, a predicate of the path: "is less exact than uv.lock".
        public var reason: String
    }

    /// Kinds of file, the one that is used first: locks before what is only asked for.
    private static let order: [DeclaredDependencies.Kind] = [
        .uvLock, .pylock, .poetryLock, .pipfileLock, .requirements, .pyproject,
    ]

    /// Looks into a folder.
    ///
    /// - Parameters:
    ///   - folder: The project's folder; its subfolders are not searched.
    ///   - environment: Variables for requirements files; see `RequirementsFile`.
    /// - Throws: If the folder can't be listed. Files that can't be read are collected.
    public init(
        in folder: String, selection: DependencySelection, environment: [String: String] = [:]
    ) throws(DependencyError) {
        let names = try DependencyError.reading { () throws(IOFailure) in try FolderWalk.names(in: folder) }
        for kind in Self.order where names.contains(kind.rawValue) {
            let path = "\(folder)/\(kind.rawValue)"
            guard Self.isInside(kind.rawValue, folder) else {
                failures.append(.form("is a link that leads out of the folder, which is not read", file: path))
                continue
            }
            if let used {
                ignored.append(Ignored(path: path, reason: Self.reason(kind, used.kind)))
                continue
            }
            do {
                let declared = try DeclaredDependencies(
                    path: path, kind: kind, selection: selection, environment: environment)
                if kind == .pyproject && declared.packages.isEmpty && declared.requiresPython == nil
                    && declared.problems.isEmpty
                {
                    ignored.append(Ignored(path: path, reason: "says nothing about dependencies"))
                } else {
                    used = declared
                }
            } catch {
                failures.append(error)
            }
        }
        for name in names where Self.isFurther(name) {
            ignored.append(
                Ignored(
                    path: "\(folder)/\(name)", reason: "is taken only if it is named: the name is none of the usual"))
        }
    }

    /// Whether a name of a folder is of what lies in it: nothing outside is read for a name that was not given.
    fileprivate static func isInside(_ name: String, _ folder: String) -> Bool {
        guard let folder = try? ContainedFolder(path: folder) else { return false }
        return (try? folder.file(name)) != nil
    }

    private static func reason(_ kind: DeclaredDependencies.Kind, _ used: DeclaredDependencies.Kind) -> String {
        switch kind {
        case .pyproject where used == .poetryLock: "is used only for what the project itself asks for"
        case .pyproject, .requirements: "is less exact than \(used.rawValue)"
        default: "comes after \(used.rawValue)"
        }
    }

    /// Whether a file may describe dependencies under a name of its own.
    private static func isFurther(_ name: String) -> Bool {
        let isList = name.hasSuffix(".txt") || name.hasSuffix(".in")
        if isList && name.hasPrefix("requirements") { return name != "requirements.txt" }
        return name.hasPrefix("pylock.") && name.hasSuffix(".toml") && name != "pylock.toml"
    }
}

extension DeclaredDependencies {
    /// What kind of file a name is the name of; `nil` if it is none of them.
    public static func kind(ofFile name: some StringProtocol) -> Kind? {
        if let kind = Kind.allCases.first(where: { $0 != .resolved && $0.rawValue == name }) { return kind }
        if name.hasPrefix("pylock.") && name.hasSuffix(".toml") { return .pylock }
        return name.hasSuffix(".txt") || name.hasSuffix(".in") ? .requirements : nil
    }

    /// Reads one file.
    ///
    /// - Throws: If it can't be read or breaks the rules of its format. What is wrong with single entries is collected
    ///   in `problems`.
    public init(
        path: String, kind: Kind, selection: DependencySelection, environment: [String: String] = [:]
    ) throws(DependencyError) {
        switch kind {
        case .uvLock: self = UVLock.read(try TOMLDocument(file: path), file: path, selection: selection)
        case .pylock: self = Pylock.read(try TOMLDocument(file: path), file: path, selection: selection)
        case .poetryLock:
            let document = try TOMLDocument(file: path)
            let project = try Self.project(besides: path, selection: selection)
            self = PoetryLock.read(document, file: path, project: project, selection: selection)
        case .pipfileLock:
            let bytes = try DependencyError.reading { () throws(IOFailure) in try FileContents.bytes(of: path) }
            let document = try Self.json(bytes, file: path)
            let pipfile = Self.sibling("Pipfile", of: path).flatMap { try? TOMLDocument(file: $0) }
            self = PipfileLock.read(document, file: path, pipfile: pipfile, selection: selection)
        case .requirements:
            self = try RequirementsFile(path: path, environment: environment).declared(for: selection)
        case .pyproject:
            self = try Pyproject.read(try TOMLDocument(file: path), file: path, selection: selection)
        case .resolved: self = try ResolverReport.read(file: path, selection: selection)
        }
    }

    static func json(_ bytes: [UInt8], file: String) throws(DependencyError) -> JSONDocument {
        do throws(JSONFailure) {
            return try JSONDocument(bytes)
        } catch {
            throw .json(error, file: file)
        }
    }

    private static func project(
        besides path: String, selection: DependencySelection
    ) throws(DependencyError) -> DeclaredDependencies? {
        guard let file = sibling("pyproject.toml", of: path) else { return nil }
        return try Pyproject.read(try TOMLDocument(file: file), file: file, selection: selection)
    }

    /// A file in the same folder, if there is one.
    private static func sibling(_ name: String, of path: String) -> String? {
        let slash = path.utf8.lastIndex(of: UInt8(ascii: "/"))
        let file = slash.map { path[...$0] + name } ?? name
        let folder = slash.map { $0 == path.startIndex ? "/" : String(path[..<$0]) } ?? "."
        return (try? FileContents.kind(of: file)) == .regular && ProjectFiles.isInside(name, folder) ? file : nil
    }
}
