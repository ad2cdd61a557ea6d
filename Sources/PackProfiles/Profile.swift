/// What a platform allows, provides and charges, each number with its unit, source and date.
///
/// The file format is described at ``ProfileReader``.
public struct Profile: Sendable {
    /// By which commands and reports refer to it; the file's name without `.yaml`.
    public var name: String
    /// One line for people.
    public var title: String
    /// The day that the profile describes: `YYYY-MM-DD`.
    public var asOf: String
    /// What is deployed.
    public var packaging: Packaging
    /// How requests reach the program.
    public var requestProtocol: RequestProtocol
    /// The platform's name for the environment that a bundle is deployed with, where it has one.
    public var runtime: String?
    /// Whether files that a program writes count against its memory.
    public var filesCountAsMemory: Bool
    /// Architectures that a deployment may choose from.
    public var architectures: [Architecture]
    /// The C library that dynamically linked programs find there.
    public var libc: LibC
    /// Limits by id. An absent one does not apply or is not known.
    public var limits: [LimitID: Quantity]
    /// Prices by id.
    public var prices: [PriceID: Quantity]
    /// Which memory sizes go with which number of processors, where the platform ties them.
    public var sizes: [Size]
    /// What the program finds in its environment, beside what the user sets.
    public var environment: [String: String]

    /// What is deployed.
    public enum Packaging: String, CaseIterable, Sendable {
        case zip
        case image
    }

    /// How requests reach the program.
    public enum RequestProtocol: String, CaseIterable, Sendable {
        case lambda = "lambda-runtime-api"
        case http
    }

    /// An instruction set architecture and what can be relied on there.
    public struct Architecture: Hashable, Sendable {
        /// `x86_64` or `arm64`.
        public var name: String
        /// CPU features that every machine of the platform has.
        public var features: [String]
        /// Where that is said.
        public var provenance: Provenance
    }

    /// The C library of the platform.
    public struct LibC: Hashable, Sendable {
        /// Which one.
        public var kind: Kind
        /// Its version, for `glibc`.
        public var version: String?
        /// Where that is said.
        public var provenance: Provenance

        /// `any`: the deployment brings its own.
        public enum Kind: String, CaseIterable, Sendable {
            case glibc
            case musl
            case any
        }
    }

    /// A number of processors and the memory that may go with it.
    public struct Size: Hashable, Sendable {
        /// Processors.
        public var vcpus: Double
        /// Least memory, in bytes.
        public var minimum: Int
        /// Most memory, in bytes.
        public var maximum: Int
        /// Where that is said.
        public var provenance: Provenance
    }

    /// The smallest memory that can be set and holds `bytes`: by the platform's minimum and step; `nil` beyond its maximum.
    public func smallestMemory(holding bytes: Int) -> Int? {
        let least = max(bytes, limits[.memoryMinimum]?.bytes ?? 0, 1)
        let step = max(limits[.memoryStep]?.bytes ?? 1, 1)
        let (raised, overflow) = least.addingReportingOverflow(step - 1)
        guard !overflow else { return nil }
        let size = raised / step * step
        if let maximum = limits[.memoryMaximum]?.bytes, size > maximum { return nil }
        return size
    }
}
