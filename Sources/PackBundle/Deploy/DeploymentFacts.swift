/// What is known of a bundle that is to be deployed.
public struct DeploymentFacts: Sendable {
    /// What people call the model: any text.
    public var model: String
    /// `x86_64` or `arm64`; nil for an image that is for both.
    public var arch: String?
    /// The bundle's path as the folder of the deployment files sees it.
    public var bundle: String
    /// Bytes of its files.
    public var unpackedBytes: Int
    /// Bytes at the peak of a request of one.
    public var peakBytes: Int
    /// The same for the largest request of several that the program computes; nil where that is not predicted.
    public var largestPeakBytes: Int?
    /// What the largest request of several is, for readers: `64 texts of 256 tokens`.
    public var largest: String?
    /// Whether it takes texts, and not tensors alone.
    public var takesTexts: Bool
    /// Seconds from the start of the program until it answers, at most.
    public var startSeconds: Double
    /// The program's limits that platforms have to go with.
    public var program: Program
    /// The image in a registry; nil where that is not known.
    public var image: String?
    /// The command that puts the image into the registry, for a comment.
    public var push: String
    /// The version of the tool, for a comment.
    public var version: String

    /// Limits of the program in the bundle.
    public struct Program: Sendable {
        /// The port that it listens on.
        public var port = 8080
        /// Seconds from SIGTERM to the end, at most.
        public var graceSeconds: Int
        /// Bytes of the largest request.
        public var bodyBytes: Int
        /// Bytes of all requests that wait.
        public var waitingBytes: Int
        /// Tokens of requests that are computed together.
        public var gatheredTokens: Int

        /// Collects limits.
        public init(graceSeconds: Int, bodyBytes: Int, waitingBytes: Int, gatheredTokens: Int) {
            self.graceSeconds = graceSeconds
            self.bodyBytes = bodyBytes
            self.waitingBytes = waitingBytes
            self.gatheredTokens = gatheredTokens
        }
    }

    /// Collects what is known.
    public init(
        model: String, arch: String?, bundle: String, unpackedBytes: Int, peakBytes: Int, largestPeakBytes: Int?,
        largest: String?, takesTexts: Bool, startSeconds: Double, program: Program, image: String?, push: String,
        version: String
    ) {
        self.model = model
        self.arch = arch
        self.bundle = bundle
        self.unpackedBytes = unpackedBytes
        self.peakBytes = peakBytes
        self.largestPeakBytes = largestPeakBytes
        self.largest = largest
        self.takesTexts = takesTexts
        self.startSeconds = startSeconds
        self.program = program
        self.image = image
        self.push = push
        self.version = version
    }
}
