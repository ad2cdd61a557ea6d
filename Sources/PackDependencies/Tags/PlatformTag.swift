/// What a platform tag asks of a system (PEP 425, 513, 571, 599, 600, 656).
enum PlatformTag: Hashable {
    /// Pure Python.
    case any
    /// Linux without a promise about the C library.
    case linux(machine: String)
    case glibc(major: Int, minor: Int, machine: String)
    case musl(major: Int, minor: Int, machine: String)
    /// Another operating system, in words.
    case other(system: String)

    /// Reads a tag; what is not known is another system.
    init(_ text: String) {
        self =
            if text == "any" {
                .any
            } else if let tag = Self.versioned(text, "manylinux_") {
                .glibc(major: tag.major, minor: tag.minor, machine: tag.machine)
            } else if let tag = Self.versioned(text, "musllinux_") {
                .musl(major: tag.major, minor: tag.minor, machine: tag.machine)
            } else if let machine = Self.machine(text, "manylinux1_") {
                .glibc(major: 2, minor: 5, machine: machine)
            } else if let machine = Self.machine(text, "manylinux2010_") {
                .glibc(major: 2, minor: 12, machine: machine)
            } else if let machine = Self.machine(text, "manylinux2014_") {
                .glibc(major: 2, minor: 17, machine: machine)
            } else if let machine = Self.machine(text, "linux_") {
                .linux(machine: machine)
            } else {
                .other(system: Self.system(text))
            }
    }

    private static func machine(_ text: String, _ prefix: String) -> String? {
        text.hasPrefix(prefix) && text.utf8.count > prefix.utf8.count ? String(text.dropFirst(prefix.count)) : nil
    }

    private static func versioned(_ text: String, _ prefix: String) -> (major: Int, minor: Int, machine: String)? {
        guard text.hasPrefix(prefix) else { return nil }
        let parts = text.dropFirst(prefix.count).split(separator: "_", maxSplits: 2, omittingEmptySubsequences: false)
        guard parts.count == 3, let major = number(parts[0]), let minor = number(parts[1]), !parts[2].isEmpty else {
            return nil
        }
        return (major, minor, String(parts[2]))
    }

    private static func number(_ text: Substring) -> Int? {
        text.utf8.count <= 6 && text.utf8.allSatisfy(ASCII.isDigit) ? Int(text) : nil
    }

    private static func system(_ text: String) -> String {
        if text.hasPrefix("macosx_") { return "macOS" }
        if text.hasPrefix("win") { return "Windows" }
        if text.hasPrefix("ios_") { return "iOS" }
        if text.hasPrefix("android_") { return "Android" }
        if text.hasPrefix("emscripten_") || text.hasPrefix("pyodide_") || text.hasPrefix("pyemscripten_") {
            return "WebAssembly"
        }
        return DependencyError.excerpt(text)
    }
}
