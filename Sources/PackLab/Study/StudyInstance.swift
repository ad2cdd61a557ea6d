import Glibc

/// What can be started to be studied.
public enum StudyProgram: Sendable {
    /// A bundle's program in a folder, driven through Lambda's Runtime API.
    case lambda(folder: String)
    /// A program that serves HTTP on `PORT`.
    case server(arguments: [String], folder: String, environment: [String: String])

    /// A bundle's program in a folder, as containers serve it.
    public static func container(folder: String) -> StudyProgram {
        .server(arguments: [folder + "/bootstrap"], folder: folder, environment: ["PATH": "/usr/bin:/bin"])
    }

    /// A stack that serves a model.
    public static func stack(_ stack: PythonStack, python: String, model: String, folder: String) -> StudyProgram {
        .server(
            arguments: stack.command(python: python, model: model), folder: folder,
            environment: [
                "PATH": getenv("PATH").map { String(cString: $0) } ?? "/usr/local/bin:/usr/bin:/bin",
                "HOME": folder, "TOKENIZERS_PARALLELISM": "false", "HF_HUB_OFFLINE": "1",
            ])
    }
}

/// The size of an instance.
public struct StudySize: Sendable {
    /// Bytes of memory.
    public var memory: Int
    /// Whole processors.
    public var processors: Int
    /// Seconds until it must be ready.
    public var startTime: Double

    /// Describes a size.
    public init(memory: Int, processors: Int, startTime: Double) {
        (self.memory, self.processors, self.startTime) = (memory, processors, startTime)
    }
}

/// A started instance of a program.
enum StudyInstance {
    case lambda(LambdaInstance)
    case server(ContainerInstance)

    init(_ program: StudyProgram, _ size: StudySize, _ sandbox: Sandbox) throws(EmulationError) {
        let threads = String(size.processors)
        switch program {
        case .lambda(let folder):
            var settings = LambdaSettings()
            settings.size = InstanceSize(memory: size.memory, processors: Double(size.processors))
            settings.startTime = size.startTime
            settings.environment["PACK_THREADS"] = threads
            self = .lambda(
                try LambdaInstance(LambdaProgram(folder: folder), settings: settings, sandbox: sandbox))
        case .server(let arguments, let folder, let environment):
            var settings = ContainerSettings(arguments: arguments)
            settings.environment = environment
            settings.environment["PACK_THREADS"] = threads
            settings.environment["OMP_NUM_THREADS"] = threads
            settings.folder = folder
            settings.memory = size.memory
            settings.processors = Double(size.processors)
            settings.startTime = size.startTime
            self = .server(try ContainerInstance(settings, sandbox: sandbox))
        }
    }

    /// Seconds from the start of the process until it took requests.
    var readySeconds: Double {
        switch self {
        case .lambda(let instance): instance.startSeconds
        case .server(let instance): instance.readySeconds
        }
    }

    /// What keeps it within its limits, for people.
    var limits: String {
        let (memory, hasQuota) =
            switch self {
            case .lambda(let instance): (instance.limitMethod, instance.limitsProcessors)
            case .server(let instance): (instance.limitMethod, instance.limitsProcessors)
            }
        return "memory by \(memory), processors by \(hasQuota ? "a quota" : "which ones it may run on")"
    }

    /// Largest resident set in bytes so far.
    var peakMemory: Int {
        switch self {
        case .lambda(let instance): instance.process.status("VmHWM") ?? 0
        case .server(let instance): instance.peakMemory
        }
    }

    /// Sends a request; the seconds until its answer.
    func invoke(_ request: [UInt8]) throws(EmulationError) -> Double {
        switch self {
        case .lambda(let instance):
            let (outcome, seconds) = try instance.invoke(request)
            guard case .error(let body) = outcome else { return seconds }
            throw .functionError(body: String(decoding: body.prefix(2000), as: UTF8.self))
        case .server(let instance):
            let (status, body, seconds) = try instance.request(request)
            guard status != 200 else { return seconds }
            throw .functionError(body: "status \(status): " + String(decoding: body.prefix(2000), as: UTF8.self))
        }
    }
}
