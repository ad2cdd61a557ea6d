import CPackSystem
import Glibc

/// What this machine and this user permit of a container's walls. What is refused once is not tried again, and is named in ``notes``.
public final class Sandbox {
    /// A wall.
    enum Wall: Int, CaseIterable {
        /// A network with nothing but loopback.
        case network
        /// A root that nobody can write to, and the file systems of a container in it.
        case mounts
        /// A root with nothing in it but the image.
        case root
        /// The image's user.
        case user

        /// What is not so without it.
        fileprivate var loss: String {
            switch self {
            case .network: "the network of this machine can be reached"
            case .mounts: "the root is read-only by its permissions alone, without /tmp, /proc or limits of the disk"
            case .root: "files of this machine can be seen"
            case .user: "it ran as the user who asked for it"
            }
        }
    }

    private var refusals: [Wall: Int32] = [:]

    /// Nothing has been refused yet.
    public init() {}

    /// Whether a wall has not been refused.
    func permits(_ wall: Wall) -> Bool { refusals[wall] == nil }

    /// Remembers a refusal; false if it was known, or is none of a wall.
    func refuse(_ wall: Wall, _ code: Int32) -> Bool {
        guard permits(wall) else { return false }
        refusals[wall] = code
        return true
    }

    /// Remembers the refusal of a step of the start; false if the error is none of a wall.
    func refuse(_ error: EmulationError) -> Bool {
        guard case .cannotConfine(let step, let code) = error else { return false }
        switch pack_spawn_step(rawValue: step) {
        case PACK_STEP_NETWORK: return refuse(.network, code)
        case PACK_STEP_MOUNT: return refuse(.mounts, code)
        case PACK_STEP_ROOT: return refuse(.root, code)
        case PACK_STEP_USER: return refuse(.user, code)
        default: return false
        }
    }

    /// What was not enforced, a sentence each.
    public var notes: [String] {
        Wall.allCases.compactMap { wall in
            refusals[wall].map { "Not enforced (\(SystemError(code: $0).text)): \(wall.loss)." }
        }
    }

    /// Lets a user who is not root build walls, in a namespace of its own where this process is `user`. To be called once, before
    /// threads are started; where the system refuses it, walls are refused later.
    ///
    /// The network that the process has had is out of reach afterwards.
    ///
    /// - Returns: Whether this process now is in such a namespace.
    @discardableResult
    public static func enterUserNamespace(as user: UInt32 = 65532) -> Bool {
        guard geteuid() != 0 else { return false }
        return pack_user_namespace(user) == 0
    }
}
