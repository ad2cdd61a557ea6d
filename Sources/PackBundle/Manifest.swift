import FoundationEssentials

/// `manifest.json` in a bundle: what it was made from and what is in it. Schema `pack.manifest/1`; sizes are bytes.
public struct Manifest: Codable, Sendable {
    /// A file and its digest.
    public struct File: Codable, Sendable {
        /// Its name, relative to the model's folder or the bundle.
        public var name: String
        /// Its size.
        public var bytes: Int
        /// SHA-256 in lower-case hexadecimal.
        public var sha256: String

        /// Describes a file.
        public init(name: String, bytes: Int, sha256: String) {
            self.name = name
            self.bytes = bytes
            self.sha256 = sha256
        }
    }

    /// What the bundle was made from.
    public struct Source: Codable, Sendable {
        /// Architecture as its configuration names it.
        public var architecture: String
        /// Number of weights.
        public var parameters: Int
        /// The files that were read, sorted by name.
        public var files: [File]

        /// Whether a file of a model's folder is listed, by its name.
        public static func lists(_ name: String) -> Bool {
            name.hasSuffix(".safetensors") || name.hasSuffix(".json") || name == "vocab.txt"
        }

        /// Describes a source.
        public init(architecture: String, parameters: Int, files: [File]) {
            self.architecture = architecture
            self.parameters = parameters
            self.files = files
        }
    }

    /// What the runtime in the bundle can do.
    public struct Runtime: Codable, Sendable {
        /// Architecture of the CPU.
        public var arch: String
        /// Operators in it.
        public var operators: [String]
        /// Kernels in it, `family/isa`.
        public var kernels: [String]

        /// Describes a runtime.
        public init(arch: String, operators: [String], kernels: [String]) {
            self.arch = arch
            self.operators = operators
            self.kernels = kernels
        }
    }

    /// How close the bundle's answers are to those of the model as it came.
    public struct Accuracy: Codable, Sendable {
        /// What was compared, for example `cosine`.
        public var metric: String
        /// The smallest over the texts.
        public var smallest: Double
        /// The mean over the texts.
        public var mean: Double
        /// The least that was allowed.
        public var budget: Double
        /// How many texts were compared.
        public var texts: Int

        /// Describes a comparison.
        public init(metric: String, smallest: Double, mean: Double, budget: Double, texts: Int) {
            self.metric = metric
            self.smallest = smallest
            self.mean = mean
            self.budget = budget
            self.texts = texts
        }
    }

    /// Always `pack.manifest/1`.
    public var schema = "pack.manifest/1"
    /// Version of the tool.
    public var packVersion: String
    /// Profile that the bundle was made for.
    public var target: String
    /// What it was made from.
    public var model: Source
    /// What its runtime can do.
    public var runtime: Runtime
    /// How weights are stored: `f32`, `f16`, `int8`, `int6` or `int4`, by constant; vectors that stay f32 are not listed.
    public var weights: [String: String]
    /// How close its answers are; absent where nothing was compared.
    public var accuracy: Accuracy?
    /// Predicted memory of a request of one text of the greatest length.
    public var predictedPeakMemory: Int
    /// The other files of the bundle.
    public var files: [File]

    /// Collects what a manifest says.
    public init(
        packVersion: String, target: String, model: Source, runtime: Runtime, weights: [String: String],
        accuracy: Accuracy?, predictedPeakMemory: Int, files: [File]
    ) {
        self.packVersion = packVersion
        self.target = target
        self.model = model
        self.runtime = runtime
        self.weights = weights
        self.accuracy = accuracy
        self.predictedPeakMemory = predictedPeakMemory
        self.files = files
    }

    /// The file's bytes: JSON with sorted keys.
    public func encoded() throws -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        return Array(try encoder.encode(self)) + [UInt8(ascii: "\n")]
    }
}
