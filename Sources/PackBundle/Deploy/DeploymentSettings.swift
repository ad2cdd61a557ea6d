/// What deployment files say of a bundle, each number with the reason for it.
public struct DeploymentSettings: Sendable {
    /// A value, and why it is that one.
    public struct Chosen<Value: Sendable>: Sendable {
        /// The value.
        public var value: Value
        /// The reason, for a comment.
        public var why: String

        /// Pairs them.
        public init(_ value: Value, _ why: String) {
            self.value = value
            self.why = why
        }
    }

    /// The service's name: a label of DNS.
    public var name: String
    /// What people call the model: any text.
    public var model: String
    /// The profile's name.
    public var target: String
    /// `x86_64` or `arm64`; nil for an image that is for both.
    public var arch: String?
    /// The version of the tool.
    public var version: String
    /// The bundle's path as the folder of the deployment files sees it.
    public var bundle: String
    /// The platform's name for the environment of a zip.
    public var runtime: Chosen<String>?
    /// The image in a registry.
    public var image: Chosen<String>
    /// Memory of an instance in MiB.
    public var memory: Chosen<Int>
    /// Processors of an instance; nil where they come with the memory.
    public var processors: Chosen<Double>?
    /// Space for files in MiB; nil where it cannot be set.
    public var storage: Chosen<Int?>
    /// Requests at a time in an instance; nil where it cannot be set.
    public var concurrency: Chosen<Int?>
    /// Seconds of a request, at most; nil leaves the platform's own.
    public var timeout: Chosen<Int?>
    /// How many times in a row, a second apart, the program may not be ready yet after its start.
    public var startTries: Chosen<Int>
    /// The port that the program listens on.
    public var port: Int
    /// Seconds from SIGTERM to the program's end, at most.
    public var graceSeconds: Int
}
