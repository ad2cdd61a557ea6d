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
    /// Versions of Python that the platform's managed runtime brings: `3.12`; empty where it brings none or that is not known.
    public var python: [String] = []
    /// Where the versions of Python are said.
    public var pythonSource: Provenance?
    /// Whether it is one of the platforms that are shown when none is asked for.
    public var isDefault = false
    /// The profile of the same platform that takes an image instead.
    public var imageVariant: String?
    /// The profile of the same platform that starts a program of one's own instead of calling a function.
    public var programVariant: String?
    /// How time is paid for, where prices are known.
    public var billing: Billing?
    /// Whether files that a program writes count against its memory.
    public var filesCountAsMemory: Bool
    /// Architectures that a deployment may choose from.
    public var architectures: [Architecture]
    /// The C library that dynamically linked programs find there.
    public var libc: LibC
    /// Limits by id. An absent one does not apply or is not known.
    public var limits: [LimitID: Quantity]
    /// Limits that the platform may have and of which nothing is known, in the order of ``LimitID``. Nothing is checked
    /// against them.
    public var unknownLimits: [LimitID] = []
    /// Prices by id.
    public var prices: [PriceID: Quantity]
    /// Which memory sizes go with which number of processors, where the platform ties them.
    public var sizes: [Size]
    /// The only memory sizes that can be set, in bytes, ascending; empty where a step or `sizes` says it.
    public var memorySizes: [Int] = []
    /// What the program finds in its environment, beside what the user sets.
    public var environment: [String: String]

    /// How the number of instances follows the requests, by who sees to it; empty where that is not known.
    public var scaling: [Scaler: [ScalingID: Quantity]] = [:]
    /// The profile whose prices are those of a usual way to run this platform, where it has none itself.
    public var pricedAs: String?

    /// The platform's profile for programs, if it has one and that is among some.
    public func programProfile(among profiles: [Profile]) -> Profile? { profiles.first { $0.name == programVariant } }

    /// What is deployed.
    public enum Packaging: String, CaseIterable, Sendable {
        case zip
        case image
    }

    /// How requests reach the program; `function`: the platform's own runtime calls a function of it.
    public enum RequestProtocol: String, CaseIterable, Sendable {
        case lambda = "lambda-runtime-api"
        case http
        case function
    }

    /// Who sees to the number of instances.
    public enum Scaler: String, CaseIterable, Sendable {
        /// An instance for each request at a time, as AWS Lambda has it.
        case perRequest = "per-request"
        /// Targets for processors and requests at a time, and instances for what finds no room, as Google Cloud Run has it.
        case managed
        /// Knative's autoscaler.
        case knative
        /// The HorizontalPodAutoscaler of Kubernetes.
        case horizontal

        /// What a profile has to state of it.
        var required: [ScalingID] {
            switch self {
            case .perRequest: [.burst, .refill, .maximum, .idle, .start]
            case .managed:
                [.period, .window, .processorTarget, .concurrencyTarget, .maximum, .patience, .idle, .start]
            case .knative:
                [
                    .period, .window, .panicWindow, .panicThreshold, .concurrencyTarget, .upRate, .downRate, .maximum,
                    .start,
                ]
            case .horizontal:
                [
                    .period, .window, .processorTarget, .tolerance, .addCount, .addShare, .addPeriod, .removeWindow,
                    .initial, .maximum, .start,
                ]
            }
        }

        /// The numbers of machines, of which a profile states all or none.
        static let machines: [ScalingID] = [.nodeStart, .nodeScan, .nodeCount, .nodeProcessors, .imageRate]
    }

    /// How time is paid for.
    public enum Billing: String, CaseIterable, Sendable {
        /// Each request pays for its own time and the memory that is set.
        case request
        /// An instance pays for the time in which it has requests, however many at a time.
        case instance
        /// Instances pay from their start to their end, busy or not.
        case always = "always-on"
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

        /// `any`: the deployment brings its own. `unknown`: the platform has one that is not known.
        public enum Kind: String, CaseIterable, Sendable {
            case glibc
            case musl
            case any
            case unknown
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
        /// The step between them, in bytes; `nil` for the platform's own step.
        public var step: Int?
        /// Where that is said.
        public var provenance: Provenance
    }
}
