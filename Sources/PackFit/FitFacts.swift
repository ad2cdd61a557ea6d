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

    /// Why the zip's size is missing, if for another reason.
    public var missingZipped: String?

    // Where the following are not known, nothing is asked.

    /// Layers beside the package of a zip.
    public var layerCount: Int?
    /// Files, without folders.
    public var fileCount: Int?
    /// What is unusual about the names of its files.
    public var names: NameFacts?
    /// What the platform starts or calls.
    public var entryPoint: EntryPoint?
    /// Bytes that the program unpacks to disk when it starts, before it writes anything else.
    public var unpackedAtStart: Known?
    /// Who asks for the architecture, where it is one of many packages.
    public var architectureCulprit: Culprit?
    /// Who asks for the C library, where it is one of many packages.
    public var libcCulprit: Culprit?
    /// What would run instead of `libcCulprit`, by the platform's version of glibc: `numpy 2.2.0`.
    public var libcAlternatives: [String: String] = [:]
    /// The Python release that compiled modules are for, such as `3.12`; `nil` where any will do.
    public var python: String?
    /// Shared libraries that are needed and not there; empty where all are.
    public var missingLibraries: [Culprit]?
    /// What a run under the platform's limits showed; it counts more than what is predicted.
    public var measured: Measured?

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
        /// No version of its own: no compiled files, or none that say.
        case anything
        /// glibc of at least this version.
        case glibc(String)
        /// musl.
        case musl
    }

    /// What a run showed.
    public struct Measured: Hashable, Sendable {
        /// Bytes of memory at the peak.
        public var peakMemory: Known?
        /// Seconds until the first answer could be given.
        public var startup: Known?

        /// Describes a run.
        public init(peakMemory: Known? = nil, startup: Known? = nil) {
            self.peakMemory = peakMemory
            self.startup = startup
        }
    }

    /// Memory at the peak, as measured or else as predicted.
    var memory: Known? { measured?.peakMemory ?? peakMemory }

    /// Seconds until it can answer, as measured or else as predicted.
    var start: Known? { measured?.startup ?? startup }

    /// Bytes that stand on a disk that can be written: what is unpacked at the start and what is written later.
    var onDisk: Known? {
        guard let unpackedAtStart else { return written }
        return written.map { $0 + unpackedAtStart }
    }

    /// Nothing is known.
    public init() {}
}
