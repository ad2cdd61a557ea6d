/// What is known about a thing to be deployed, as far as a platform can refuse it. `nil` stands for: not known.
public struct FitFacts: Sendable {
    /// Bytes of the deployment as a zip.
    public var zipped: Known?
    /// Bytes of all its files.
    public var unpacked: Known?
    /// Bytes of it as a container image, uncompressed, all layers.
    public var image: Known?
    /// Bytes that the program writes to disk while it runs.
    public var written: Known?
    /// Bytes of memory at the peak, with the pages of mapped files that it touches.
    public var peakMemory: Known?
    /// Seconds from the start of the process until the first answer can be given.
    public var startup: Known?
    /// Seconds that a request takes.
    public var requestTime: Known?
    /// Bytes of a request.
    public var request: Known?
    /// Bytes of its answer.
    public var response: Known?
    /// What it can run on; `nil` where that was not looked at.
    public var architectures: [ArchitectureNeed]?
    /// What it needs of the platform's C library; `nil` where that was not looked at.
    public var libc: LibCNeed?
    /// Why facts are missing, for people: "the Python stack was not looked at".
    public var missing: String?

    /// An architecture that it can run on, and the CPU features that it cannot do without there.
    public struct ArchitectureNeed: Hashable, Sendable {
        /// `x86_64` or `arm64`.
        public var name: String
        /// Names as in profiles.
        public var features: [String]

        /// Describes a need.
        public init(name: String, features: [String] = []) {
            self.name = name
            self.features = features
        }
    }

    /// What is needed of the platform's C library.
    public enum LibCNeed: Hashable, Sendable {
        /// Nothing: statically linked.
        case nothing
        /// glibc of at least this version.
        case glibc(String)
        /// musl.
        case musl
    }

    /// Nothing is known.
    public init() {}
}
