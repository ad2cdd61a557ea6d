import Glibc
import PackIO

/// The user's own `pip` or `uv`, asked what would be installed on a target, or to fetch it.
///
/// It is run as a child process with an argument array, and it uses the network as the user has set it up. Only wheels are
/// considered, so that no code of a package runs.
public struct Resolver: Sendable {
    /// The program's path.
    public let program: String
    /// Which of the two it is.
    public let tool: Tool
    /// Seconds after which it is ended.
    public var seconds = 600

    /// The programs that are known.
    public enum Tool: String, Sendable, CaseIterable {
        case uv, pip
    }

    /// What is to be resolved.
    public enum Input: Hashable, Sendable {
        /// A requirements file.
        case requirements(String)
        /// Requirements as texts.
        case texts([String])
    }

    /// Takes the program at a path.
    /// - Throws: If its name is neither that of `uv` nor of a `pip`.
    public init(program: String) throws(DependencyError) {
        let name = LockedFile.name(of: program)
        guard let tool = Tool.allCases.first(where: { name.hasPrefix($0.rawValue) }) else {
            throw .form("is no resolver that is known", file: program, expected: "a path that ends in uv or pip")
        }
        guard program.utf8.contains(UInt8(ascii: "/")), access(program, X_OK) == 0 else {
            throw .resolver(program: program, what: "is no program that can be run", lines: [])
        }
        (self.program, self.tool) = (program, tool)
    }

    /// Looks for a tool along `PATH`.
    public static func find(_ tool: Tool) throws(DependencyError) -> Resolver {
        let path = getenv("PATH").map { String(cString: $0) } ?? "/usr/local/bin:/usr/bin:/bin"
        for folder in path.split(separator: ":") where folder.hasPrefix("/") {
            let program = "\(folder)/\(tool.rawValue)"
            if access(program, X_OK) == 0, (try? FileContents.kind(of: program)) == .regular {
                return try Resolver(program: program)
            }
        }
        throw .resolver(program: tool.rawValue, what: "is not on PATH", lines: [])
    }

    /// Asks what would be installed; nothing is, but the tool may fetch wheels to read what they need.
    ///
    /// Markers are the target's: `uv` evaluates them so. `pip` takes those of the Python that it runs on, so it is asked
    /// again for what the target needs besides, and what only its own Python needs is left out.
    public func resolve(_ input: Input, selection: DependencySelection) throws(DependencyError) -> DeclaredDependencies
    {
        if case .texts(let texts) = input, let bad = texts.first(where: { !Self.isPlain($0) }) {
            throw .form("is no requirement that can be handed on", file: nil, found: bad)
        }
        switch tool {
        case .pip: return try resolveWithPip(input, selection)
        case .uv:
            let output = try withFile(of: input) { file throws(DependencyError) in
                try run(uvArguments(file, selection.target))
            }
            var declared = Pylock.read(try TOMLDocument(output, file: program), file: program, selection: selection)
            declared.kind = .resolved
            return declared
        }
    }

    /// Whether a text can't be taken for an option, or for several lines.
    private static func isPlain(_ text: String) -> Bool {
        !ASCII.trimmed(text).hasPrefix("-") && !text.utf8.contains { $0 < 0x20 || $0 == 0x7F }
    }

    /// Times that pip is asked.
    private static let roundLimit = 8

    private func resolveWithPip(
        _ input: Input, _ selection: DependencySelection
    ) throws(DependencyError) -> DeclaredDependencies {
        let wanted = try ResolverRoots(input, selection)
        var further = wanted.further
        var requested: [LockedEdge] = []
        var round = 0
        while true {
            round += 1
            let output = try run(
                ["install", "--dry-run", "--ignore-installed", "--quiet", "--report", "-"] + common(selection.target)
                    + ["--target", "/nonexistent"] + Self.arguments(input, further: further))
            let report = ResolverReport(
                try DeclaredDependencies.json(Self.object(in: output), file: program), file: program)
            if round == 1 { requested = report.requested }
            let walk = report.walk(from: wanted.edges(requested), selection)
            let missing = walk.missing.values.flatMap(\.self).filter { !further.contains($0) }
            if missing.isEmpty || round >= Self.roundLimit { return report.declared(walk, selection) }
            further += LockGraph.sorted(Set(missing))
        }
    }

    /// Fetches the wheels into a folder, which is made if it is missing, and gives the paths of all that are for the set.
    public func download(
        _ input: Input, to cache: String, selection: DependencySelection
    ) throws(DependencyError) -> (declared: DeclaredDependencies, wheels: [String]) {
        guard tool == .pip else {
            throw .resolver(program: program, what: "can't fetch wheels into a folder; pip can", lines: [])
        }
        let declared = try resolve(input, selection: selection)
        let pins = declared.packages.map { package in
            package.origin.map { "\(package.name) @ \($0)" } ?? "\(package.name)==\(package.version ?? "")"
        }
        _ = try run(
            ["download", "--no-deps", "--quiet", "--dest", cache] + common(selection.target)
                + Self.arguments(.texts(pins), further: []))
        return (declared, try wheels(in: cache, of: declared, target: selection.target))
    }

    /// The wheels of the set that are in a folder.
    private func wheels(
        in cache: String, of declared: DeclaredDependencies, target: TargetEnvironment
    ) throws(DependencyError) -> [String] {
        let names = try DependencyError.reading { () throws(IOFailure) in try FolderWalk.names(in: cache) }
        let found = names.compactMap { WheelName($0) }
        return try declared.packages.map { package throws(DependencyError) in
            if let wheel = package.wheel, names.contains(wheel) { return "\(cache)/\(wheel)" }
            let version = package.version.flatMap { PythonVersion($0) }
            let candidates = found.filter { $0.package == package.name && $0.version == version }
            guard let index = target.choose(among: candidates).index else {
                throw .resolver(program: program, what: "fetched no wheel of \(package.name)", lines: [])
            }
            return "\(cache)/\(candidates[index].fileName)"
        }
    }

    /// Options of pip that name the target.
    private func common(_ target: TargetEnvironment) -> [String] {
        let python = target.python.prefix(3).map(String.init).joined(separator: ".")
        var arguments = [
            "--disable-pip-version-check", "--no-input", "--no-color", "--only-binary", ":all:", "--implementation",
            "cp",
            "--python-version", python, "--abi", target.abiTag, "--abi", "abi3", "--abi", "none",
        ]
        for platform in target.platformTags { arguments += ["--platform", platform] }
        return arguments
    }

    private func uvArguments(_ file: String, _ target: TargetEnvironment) -> [String] {
        let python = target.python.prefix(3).map(String.init).joined(separator: ".")
        return [
            "pip", "compile", "--quiet", "--no-header", "--color", "never", "--format", "pylock.toml", "--only-binary",
            ":all:", "--python-version", python, "--python-platform", Self.uvPlatform(target), file,
        ]
    }

    /// The newest platform that uv knows and that is none too new for the target.
    static func uvPlatform(_ target: TargetEnvironment) -> String {
        guard case .glibc(_, let minor) = target.libc else { return "\(target.machine)-unknown-linux-musl" }
        let known = [17, 28] + Array(31...40)
        return "\(target.machine)-manylinux_2_\(known.last { $0 <= minor } ?? 17)"
    }

    /// Lends a requirements file, which is made for texts and goes again.
    private func withFile<Result>(
        of input: Input, _ body: (String) throws(DependencyError) -> Result
    ) throws(DependencyError) -> Result {
        switch input {
        case .requirements(let file): return try body(file.hasPrefix("-") ? "./" + file : file)
        case .texts(let texts):
            let folder = try DependencyError.reading { () throws(IOFailure) in try TemporaryFolder() }
            let file = "\(folder.path)/requirements.in"
            try DependencyError.reading { () throws(IOFailure) in
                let list = try AtomicFile(path: file)
                try list.write(Array(texts.joined(separator: "\n").utf8))
                try list.commit()
            }
            return try withExtendedLifetime(folder) { () throws(DependencyError) in try body(file) }
        }
    }

    private static func arguments(_ input: Input, further: [String]) -> [String] {
        switch input {
        case .requirements(let file): ["-r", file, "--"] + further
        case .texts(let texts): ["--"] + texts + further
        }
    }

    private func run(_ arguments: [String]) throws(DependencyError) -> [UInt8] {
        let result: ChildProcess.Result
        do throws(IOFailure) {
            result = try ChildProcess(program: program, arguments: arguments).run(seconds: seconds)
        } catch {
            throw .resolver(program: program, what: "can't be run: \(error.facts.found ?? error.facts.what)", lines: [])
        }
        guard result.status == 0 && !result.isTimedOut else {
            let what = result.isTimedOut ? "took more than \(seconds) seconds" : "failed with status \(result.status)"
            throw .resolver(
                program: program, what: what, lines: Self.lastLines(result.errors + result.output.suffix(2000)))
        }
        return result.output
    }

    /// The last lines, at most 12 of at most 300 bytes.
    static func lastLines(_ bytes: [UInt8]) -> [String] {
        let lines = bytes.split { $0 == 0x0A || $0 == 0x0D }.filter { line in line.contains { !ASCII.isSpace($0) } }
        return lines.suffix(12).map { String(decoding: $0.prefix(300), as: UTF8.self) }
    }

    /// What is between the first `{` and the last `}`: pip may print a line before its report.
    private static func object(in output: [UInt8]) -> [UInt8] {
        guard let first = output.firstIndex(of: UInt8(ascii: "{")), let last = output.lastIndex(of: UInt8(ascii: "}")),
            first < last
        else { return output }
        return Array(output[first...last])
    }
}

/// What the input asks for on the target.
private struct ResolverRoots {
    /// Packages that the input names, with whether they apply on the target.
    private var named: [String: Bool] = [:]
    private var roots: [LockedEdge] = []
    /// What applies on the target by a marker, which pip may judge otherwise.
    private(set) var further: [String] = []

    init(_ input: Resolver.Input, _ selection: DependencySelection) throws(DependencyError) {
        let requirements: [Requirement]
        switch input {
        case .requirements(let file):
            requirements = try RequirementsFile(path: file).entries.filter { !$0.isConstraint }
                .compactMap(\.requirement)
        case .texts(let texts): requirements = texts.compactMap { Requirement($0) }
        }
        for requirement in requirements {
            let applies = requirement.applies(in: selection.target.markers()) != .no
            named[requirement.package] = (named[requirement.package] ?? false) || applies
            guard applies else { continue }
            roots.append(LockedEdge(name: requirement.package, extras: requirement.extras))
            if requirement.marker != nil { further.append(requirement.withoutMarker) }
        }
    }

    /// These, and what else was asked for, such as a path.
    func edges(_ requested: [LockedEdge]) -> [LockedEdge] {
        roots + requested.filter { named[$0.name] == nil }
    }
}
