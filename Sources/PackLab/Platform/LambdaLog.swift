/// What AWS Lambda writes to its log and answers to callers.
public struct LambdaLog: PlatformLog {
    private let size: InstanceSize
    private let request = "00000000-0000-4000-8000-000000000001"

    /// For functions of a size.
    public init(size: InstanceSize) { self.size = size }

    /// The line for the first, cold event. An OS-only runtime is billed for its start as well.
    public func report(_ run: EmulationRun) -> [String] {
        let start = run.start ?? 0
        let duration = max((run.coldStart ?? 0) - start, 0)
        let parts = [
            "REPORT RequestId: \(request)",
            "Duration: \(PlatformNumber.milliseconds(duration)) ms",
            "Billed Duration: \(Int((duration * 1000 + start * 1000).rounded(.up))) ms",
            "Memory Size: \(run.size.memory >> 20) MB",
            "Max Memory Used: \(PlatformNumber.mebibytes(run.memory.peak)) MB",
            "Init Duration: \(PlatformNumber.milliseconds(start)) ms",
        ]
        return [parts.joined(separator: "\t")]
    }

    /// The words of Lambda's log, or of the API for what it refuses before.
    public func refusal(_ error: EmulationError) -> [String]? {
        switch error {
        case .outOfMemory(let phase, _, let peak): failed(phase, "signal: killed", peak)
        case .exited(let phase, _, let signal, _) where signal != 0: failed(phase, "signal: \(signal)", nil)
        case .exited(let phase, let status, _, _): failed(phase, "exit status \(status)", nil)
        case .initError(let type, let message):
            [
                "{\"errorType\":\"\(type)\",\"errorMessage\":\"\(message)\"}",
                "INIT_REPORT Phase: init\tStatus: error\tError Type: \(type)",
            ]
        case .timeout(.start, let seconds, _):
            ["INIT_REPORT Init Duration: \(PlatformNumber.milliseconds(seconds)) ms\tPhase: init\tStatus: timeout"]
        case .timeout(.request, let seconds, _):
            ["RequestId: \(request) Error: Task timed out after \(PlatformNumber.seconds(seconds)) seconds"]
        case .eventTooLarge(let found, let limit):
            [
                "RequestEntityTooLargeException (413): \(found) byte payload is too large for the RequestResponse "
                    + "invocation type (limit \(limit) bytes)"
            ]
        case .tooLarge(_, let limit):
            ["InvalidParameterValueException: Unzipped size must be smaller than \(limit) bytes"]
        case .imageTooLarge(_, _, let limit):
            ["InvalidParameterValueException: Uncompressed container image size exceeds \(limit >> 30) GiB limit"]
        case .cannotStart(let path, let code):
            [
                "RequestId: \(request) Error: fork/exec \(path): \(SystemError(code: code).text)",
                "Runtime.InvalidEntrypoint",
            ]
        case .otherArchitecture: ["Runtime.InvalidEntrypoint: exec format error"]
        default: nil
        }
    }

    private func failed(_ phase: EmulationError.Phase, _ reason: String, _ peak: Int?) -> [String] {
        let memory = peak.map { "\tMax Memory Used: \(min(PlatformNumber.mebibytes($0), size.memory >> 20)) MB" } ?? ""
        let report = phase == .start ? "INIT_REPORT Phase: init" : "REPORT RequestId: \(request)"
        return [
            "RequestId: \(request) Error: Runtime exited with error: \(reason)",
            "\(report)\tMemory Size: \(size.memory >> 20) MB\(memory)\tStatus: error\tError Type: Runtime.ExitError",
        ]
    }
}
