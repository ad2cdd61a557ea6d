public import PackIO

/// Why a bundle could not be emulated.
public enum EmulationError: FactualError, Equatable {
    /// The file is not an archive that can be read; what the archive library says.
    case badArchive(path: String, reason: String)
    /// An entry of the archive would land outside of the folder, or is no plain file or folder.
    case unsafeEntry(path: String, entry: String)
    /// The bundle unpacks to more than the platform takes, in bytes.
    case tooLarge(path: String, limit: Int)
    /// The image's layers unpack to more than the platform takes, in bytes.
    case imageTooLarge(path: String, found: Int, limit: Int)
    /// A file could not be written or read.
    case system(path: String, code: Int32)
    /// There is no `bootstrap` at the archive's root.
    case noBootstrap(path: String)
    /// `bootstrap` has no executable bit.
    case notExecutable(path: String)
    /// `bootstrap` could not be started: the system's error number.
    case cannotStart(path: String, code: Int32)
    /// A part of the walls around it could not be built: `pack_spawn_step`, and the system's error number.
    case cannotConfine(step: UInt32, code: Int32)
    /// Nothing took connections on the port in time: the ports that it listens on instead, where they are known.
    case notListening(port: UInt16, seconds: Double, others: [UInt16], errors: String)
    /// It takes connections and is not ready: the last answer to the probe, 0 for none.
    case notReady(path: String, status: Int, seconds: Double, errors: String)
    /// The kernel ended it when it had used up its memory: limit and peak in bytes.
    case outOfMemory(during: Phase, limit: Int, peak: Int)
    /// The connection failed or the answer was no HTTP: what happened.
    case badExchange(String)
    /// The image cannot be read or run: what is wrong with it, where, and what would be right.
    case badImage(path: String, what: String, found: String?, expected: String?, hint: String?)
    /// The image is of another architecture.
    case otherArchitecture(path: String, found: String, expected: String)
    /// The runtime ended on its own.
    case exited(during: Phase, status: Int32, signal: Int32, errors: String)
    /// The runtime said that it cannot start.
    case initError(type: String, message: String)
    /// The runtime took too long.
    case timeout(during: Phase, seconds: Double, errors: String)
    /// The runtime does not speak the Runtime API as it should: what it did.
    case protocolError(String)
    /// An event that should be answered got an error instead.
    case functionError(body: String)
    /// An event larger than the platform takes, in bytes.
    case eventTooLarge(found: Int, limit: Int)

    /// What the runtime was doing.
    public enum Phase: String, Sendable {
        /// Up to its first call for an event.
        case start = "start"
        /// Between an event and its answer.
        case request = "request"
    }

    /// The parts of the message.
    public var facts: ErrorFacts {
        switch self {
        case .badArchive(let path, let reason): ErrorFacts("is not a readable archive", file: path, found: reason)
        case .unsafeEntry(let path, let entry):
            ErrorFacts("has an entry that could leave the folder it is unpacked to", file: path, place: entry)
        case .tooLarge(let path, let limit):
            ErrorFacts("unpacks to more than the platform takes", file: path, expected: "at most \(limit) bytes")
        case .imageTooLarge(let path, let found, let limit):
            ErrorFacts(
                "is larger than the platform takes", file: path, found: "\(found) bytes",
                expected: "at most \(limit) bytes")
        case .system(let path, let code): IOFailure.system(.write, path: path, code: code).facts
        case .noBootstrap(let path):
            ErrorFacts(
                "has no file bootstrap at its root", file: path,
                hint: "a bundle for Lambda is made with: pack slim MODEL --target lambda")
        case .notExecutable(let path):
            ErrorFacts("has a bootstrap without executable bit; Lambda would not start it", file: path)
        case .cannotStart(let path, let code):
            ErrorFacts(
                "could not be started", file: path, found: IOFailure.system(.read, path: path, code: code).facts.found,
                hint: code == 8 ? "it may be made for another architecture" : nil)
        case .cannotConfine(_, let code):
            ErrorFacts("the container's walls could not be built", found: SystemError(code: code).text)
        case .notListening(let port, let seconds, let others, let errors):
            ErrorFacts(
                "the program does not listen on port \(port)",
                found: [
                    others.isEmpty ? nil : "it listens on \(others.map(String.init).joined(separator: ", "))",
                    errors.isEmpty ? nil : "it printed: \(errors)",
                ].compactMap { $0 }.joined(separator: "; "), expected: "within \(seconds) s",
                hint: "a container listens on the port that PORT names")
        case .notReady(let path, let status, let seconds, let errors):
            ErrorFacts(
                "the program is not ready", place: path,
                found: (status == 0 ? "no answer" : "status \(status)")
                    + (errors.isEmpty ? "" : "; it printed: \(errors)"),
                expected: "status 200 within \(seconds) s")
        case .outOfMemory(let phase, let limit, let peak):
            ErrorFacts(
                "the program used up its memory during \(phase.rawValue) and was killed", found: "\(peak) bytes",
                expected: "at most \(limit) bytes", hint: "give more with --memory")
        case .badExchange(let text): ErrorFacts("a request was not answered", found: text)
        case .badImage(let path, let what, let found, let expected, let hint):
            ErrorFacts(what, file: path, found: found, expected: expected, hint: hint)
        case .otherArchitecture(let path, let found, let expected):
            ErrorFacts("is made for another architecture", file: path, found: found, expected: expected)
        case .exited(let phase, let status, let signal, let errors):
            ErrorFacts(
                "the runtime ended during \(phase.rawValue)",
                found: (signal != 0 ? "signal \(signal)" : "exit status \(status)")
                    + (errors.isEmpty ? "" : "; it printed: \(errors)"))
        case .initError(let type, let message):
            ErrorFacts("the runtime could not start", found: "\(type): \(message)")
        case .timeout(let phase, let seconds, let errors):
            ErrorFacts(
                "the runtime took too long during \(phase.rawValue)",
                found: errors.isEmpty ? nil : "it printed: \(errors)", expected: "at most \(seconds) s")
        case .protocolError(let text): ErrorFacts("the runtime does not speak the Runtime API", found: text)
        case .functionError(let body): ErrorFacts("an event was answered with an error", found: body)
        case .eventTooLarge(let found, let limit):
            ErrorFacts("the event is too large", found: "\(found) bytes", expected: "at most \(limit) bytes")
        }
    }
}
