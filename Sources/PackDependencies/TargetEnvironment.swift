/// The Python, processor and C library that dependencies are judged for: the target's, never this machine's.
public struct TargetEnvironment: Hashable, Sendable {
    /// The Python release, such as `[3, 13]` or `[3, 13, 1]`.
    public var python: [Int]
    /// `x86_64` or `arm64`, as profiles name it.
    public var architecture: String
    /// The C library.
    public var libc: LibC

    /// A C library with the version up to which symbols can be used.
    public enum LibC: Hashable, Sendable {
        case glibc(major: Int, minor: Int)
        case musl(major: Int, minor: Int)
    }

    /// Describes a target.
    public init(python: [Int], architecture: String, libc: LibC) {
        self.python = python
        self.architecture = architecture
        self.libc = libc
    }

    /// The processor as Python names it: `aarch64` for `arm64`.
    public var machine: String { architecture == "arm64" ? "aarch64" : architecture }
}
