/// A program in a container: what is started, in which surroundings, and within which limits.
public struct ContainerSettings: Sendable {
    /// How a platform finds out that a program is ready.
    public enum Probe: Sendable, Equatable {
        /// It takes a connection on its port.
        case tcp
        /// It answers this path with a status from 200 to 399.
        case http(path: String)
    }

    /// The program's path and its arguments, below its root.
    public var arguments: [String]
    /// Exactly the variables that it gets; `PORT` is added, unless it is there.
    public var environment: [String: String] = [:]
    /// The folder that becomes its root and is read-only; nil to run it among the files of this machine.
    public var root: String?
    /// Folders of this machine that appear in its root, read-only; those that there are.
    public var systemFolders: [String] = []
    /// Where it starts, below its root.
    public var folder = "/"
    /// User and group that it becomes; nil for this process's.
    public var user: UInt32?
    /// Bytes of memory.
    public var memory = 512 << 20
    /// Processors, a fraction included; nil for no limit.
    public var processors: Double?
    /// Seconds in which the share of the processors may be used up: 0.1 is the kernel's own.
    public var period = 0.1
    /// How many processors it sees; nil for as many as its share is, rounded up.
    public var visibleProcessors: Int?
    /// Bytes that it may write to `/tmp`, which is in memory; nil for no `/tmp`.
    public var scratch: Int?
    /// Whether it finds `/proc` and its own control groups, as containers of most platforms do.
    public var showsSystem = true
    /// Files that it may have open; 0 for as many as this process.
    public var descriptors = 0
    /// The port that it is to listen on, where it has a network of its own; else a free one is taken.
    public var port: UInt16 = 8080
    /// Whether it gets a network that has nothing but loopback.
    public var hasOwnNetwork = true
    /// How it is found to be ready.
    public var probe = Probe.tcp
    /// Seconds that it may take to be ready.
    public var startTime = 240.0

    /// Describes a program without limits of processors, among the files of this machine.
    public init(arguments: [String]) {
        self.arguments = arguments
    }
}
