import ArgumentParser
import PackDependencies
import PackProfiles

/// What is to be known about the code around a model.
struct StackOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Where the code begins: app.py, or a handler as app.handler; imports are followed from there.",
            valueName: "name"))
    var entry: String?

    @Option(help: ArgumentHelp("The Python that runs it, such as 3.13; told from the packages if not given.", valueName: "version"))
    var python: String?

    @Option(help: ArgumentHelp("x86_64 or arm64; the target's first if not given.", valueName: "name"))
    var arch: String?

    @Option(help: ArgumentHelp("A layer's zip, below the function's zip; may be repeated.", valueName: "file"))
    var layer: [String] = []

    @Flag(help: "Let your uv or pip say which packages the requirements stand for, for the target.")
    var resolve = false

    @Option(
        help: ArgumentHelp("The uv or pip that resolves; the first on PATH if not given.", valueName: "program"))
    var resolver: String?

    @Flag(help: "Run the entry point once under the target's limits, for its peak memory and start-up time.")
    var measure = false

    @Option(help: ArgumentHelp("The interpreter that --measure uses.", valueName: "program"))
    var pythonCommand = "python3"

    @Flag(
        inversion: .prefixedNo,
        help: "Compress all files to know the zip's size; done if not said unless their size alone decides.")
    var zip: Bool?

    func validate() throws {
        if let python, Self.release(python) == nil {
            throw ValidationError("--python is a release such as 3.13, not '\(python)'")
        }
        if let arch, !["x86_64", "arm64"].contains(arch) {
            throw ValidationError("--arch is x86_64 or arm64, not '\(arch)'")
        }
        if measure, entry == nil { throw ValidationError("--measure needs --entry: what to run") }
    }

    /// A release such as `3.13` or `3.13.1`.
    static func release(_ text: String) -> [Int]? {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        let numbers = parts.compactMap { part in part.utf8.allSatisfy { (48...57).contains($0) } ? Int(part) : nil }
        guard (2...3).contains(parts.count), numbers.count == parts.count, numbers[0] == 3, numbers[1] < 1000 else {
            return nil
        }
        return numbers
    }

    /// The Python, processor and C library of a platform, as far as these options do not say otherwise.
    ///
    /// - Parameter found: The release that the packages are for, where they tell it.
    func environment(of profile: Profile, found: [Int]?) -> TargetEnvironment {
        let release = python.flatMap(Self.release) ?? found ?? profile.python.last.flatMap(Self.release) ?? [3, 13]
        let glibc = profile.libc.version.flatMap { Version($0) }?.parts ?? [2, 36]
        let libc: TargetEnvironment.LibC =
            profile.libc.kind == .musl
            ? .musl(major: 1, minor: 2) : .glibc(major: glibc[0], minor: glibc.count > 1 ? glibc[1] : 0)
        return TargetEnvironment(
            python: release, architecture: arch ?? profile.architectures.first?.name ?? "x86_64", libc: libc)
    }
}
