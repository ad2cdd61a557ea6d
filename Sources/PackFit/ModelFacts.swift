/// What a model is and holds, as far as files tell without running anything.
public struct ModelFacts: Sendable {
    /// The folder or file as it was given.
    public var path: String
    /// How it is stored: `safetensors`.
    public var format: String
    /// The architecture's name in the model's own words; `nil` where nothing says it.
    public var architecture: String?
    /// What the model is for, in words: "sentence embedding, mean pooling".
    public var task: String?
    /// The longest input in tokens, special ones included.
    public var maximumTokens: Int?
    /// Names and shapes of what an answer holds.
    public var outputs: [Output] = []
    /// Numbers in the tensors of floating-point type.
    public var parameters: Int
    /// Everything stored under a name.
    public var tensors: [Tensor]
    /// The files of the folder, or the one file.
    public var files: [File]
    /// Bytes of the tensors.
    public var weightBytes: Int
    /// Operators of the graph as the model defines it, with their number; `nil` without a graph.
    public var operators: [String: Int]?
    /// Operators that are left when the passes have run.
    public var fusedOperators: [String: Int]?
    /// Tensors with the same contents.
    public var duplicates: [Duplicate] = []
    /// What a reader should know, worst first.
    public var findings: [Finding] = []

    /// A stored tensor.
    public struct Tensor: Hashable, Sendable {
        /// Its name.
        public var name: String
        /// Its element type, lower case: `f32`.
        public var dtype: String
        /// Its extents.
        public var shape: [Int]
        /// Its elements.
        public var count: Int
        /// Its bytes.
        public var bytes: Int
        /// Whether its elements are real numbers.
        public var isFloating: Bool

        /// Describes a tensor.
        public init(name: String, dtype: String, shape: [Int], count: Int, bytes: Int, isFloating: Bool) {
            self.name = name
            self.dtype = dtype
            self.shape = shape
            self.count = count
            self.bytes = bytes
            self.isFloating = isFloating
        }
    }

    /// A file with its path below the folder.
    public struct File: Hashable, Sendable {
        /// Its path.
        public var path: String
        /// Its bytes.
        public var bytes: Int

        /// Describes a file.
        public init(path: String, bytes: Int) {
            self.path = path
            self.bytes = bytes
        }
    }

    /// A named part of an answer to one input of the greatest length.
    public struct Output: Hashable, Sendable {
        /// Its name.
        public var name: String
        /// Its shape in words: `[batch, 384]`.
        public var shape: String
        /// Its elements for one input of the greatest length; `nil` where that is not known.
        public var count: Int?

        /// Describes an output.
        public init(name: String, shape: String, count: Int?) {
            self.name = name
            self.shape = shape
            self.count = count
        }
    }

    /// Tensors that hold the same bytes.
    public struct Duplicate: Hashable, Sendable {
        /// Their names, sorted.
        public var names: [String]
        /// Bytes of one of them.
        public var bytes: Int

        /// Describes a group.
        public init(names: [String], bytes: Int) {
            self.names = names
            self.bytes = bytes
        }

        /// Bytes that all but one take.
        public var wasted: Int { (names.count - 1) * bytes }
    }

    /// Something about the files that matters for a deployment.
    public struct Finding: Hashable, Sendable {
        /// A stable code: `weights.second-copy`.
        public var id: String
        /// What was found, in words.
        public var text: String
        /// Bytes that would not be missed.
        public var bytes: Int

        /// Describes a finding.
        public init(id: String, text: String, bytes: Int = 0) {
            self.id = id
            self.text = text
            self.bytes = bytes
        }
    }

    /// Bytes of all files.
    public var fileBytes: Int { files.reduce(0) { $0 + $1.bytes } }

    /// Elements by element type.
    public var dtypes: [String: Int] {
        tensors.reduce(into: [:]) { $0[$1.dtype, default: 0] += $1.count }
    }

    /// Bytes that are stored more than once: in tensors, and in files with the same weights.
    public var duplicateBytes: Int {
        duplicates.reduce(0) { $0 + $1.wasted }
            + findings.filter { $0.id == "weights.second-copy" }.reduce(0) { $0 + $1.bytes }
    }

    /// Describes a model.
    public init(path: String, format: String, parameters: Int, tensors: [Tensor], files: [File], weightBytes: Int) {
        self.path = path
        self.format = format
        self.parameters = parameters
        self.tensors = tensors
        self.files = files
        self.weightBytes = weightBytes
    }
}
