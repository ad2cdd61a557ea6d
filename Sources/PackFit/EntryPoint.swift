/// What a platform starts, or calls, in a deployment.
public enum EntryPoint: Hashable, Sendable {
    /// A program of that name at the root of the package; `isExecutable` tells its permission bits.
    case program(name: String, isExecutable: Bool)
    /// A function in a Python module: `app.handler`.
    case handler(String)
    /// Neither is there.
    case none
    /// It cannot be told, for this reason.
    case unknown(String)
}
