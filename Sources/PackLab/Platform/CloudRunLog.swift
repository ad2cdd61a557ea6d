/// What Google Cloud Run writes to its logs.
public struct CloudRunLog: PlatformLog {
    private let name: String
    private let size: InstanceSize
    private let path: String
    private let probe: ContainerSettings.Probe

    /// - Parameters:
    ///   - name: The container's name.
    ///   - path: What is asked for.
    public init(name: String, size: InstanceSize, path: String, probe: ContainerSettings.Probe) {
        (self.name, self.size, self.path, self.probe) = (name, size, path, probe)
    }

    /// The line of the probe, and that of the first request.
    public func report(_ run: EmulationRun) -> [String] {
        let latency = PlatformNumber.milliseconds(run.coldStart ?? 0)
        var lines = [
            "\(probeName) probe succeeded after 1 attempt for container \"\(name)\" on port 8080.",
            "POST 200 \(run.firstAnswer.count) B \(latency) ms \(path)",
        ]
        if let stop = run.stop { lines += ended(stop) }
        return lines
    }

    private func ended(_ stop: ContainerInstance.Stop) -> [String] {
        if stop.wasKilled { return ["Container terminated on signal 9."] }
        if stop.signal != 0 { return ["Container terminated on signal \(stop.signal)."] }
        return stop.status == 0 ? [] : ["Container called exit(\(stop.status))."]
    }

    /// The words of the system log.
    public func refusal(_ error: EmulationError) -> [String]? {
        switch error {
        case .notListening(let port, _, _, _):
            [
                probeFailed(port, "DEADLINE_EXCEEDED"),
                "The user-provided container failed to start and listen on the port defined provided by the PORT=\(port) "
                    + "environment variable within the allocated timeout.",
            ]
        case .notReady:
            [
                probeFailed(8080, "the status of the answer"),
                "The user-provided container failed the configured startup probe checks.",
            ]
        case .exited(.start, let status, let signal, _):
            [
                ended(.init(seconds: 0, status: status, signal: signal, wasKilled: false)),
                [probeFailed(8080, "CANCELLED")],
            ]
            .flatMap { $0 }
        case .exited(.request, let status, let signal, _):
            ended(.init(seconds: 0, status: status, signal: signal, wasKilled: false)) + [malformed]
        case .outOfMemory(let phase, let limit, let peak):
            [
                "Memory limit of \(limit >> 20) MiB exceeded with \(max(PlatformNumber.mebibytes(peak), limit >> 20)) MiB used. "
                    + "Consider increasing the memory limit, see https://cloud.google.com/run/docs/configuring/memory-limits",
                phase == .start ? probeFailed(8080, "CANCELLED") : malformed,
            ]
        case .badExchange: [malformed]
        case .timeout(.request, _, _):
            [
                "POST 504 \(path): The request has been terminated because it has reached the maximum request timeout. To change "
                    + "this limit, see https://cloud.google.com/run/docs/configuring/request-timeout"
            ]
        case .eventTooLarge(let found, let limit):
            ["POST 413 \(path): Request Entity Too Large (\(found) bytes, at most \(limit))"]
        case .cannotStart(let path, let code):
            [
                "terminated: Application failed to start: failed to load \(path): \(SystemError(code: code).text)",
                probeFailed(8080, "CANCELLED"),
            ]
        case .otherArchitecture(_, let found, _):
            ["Container image must support amd64/linux; it is for \(found)."]
        default: nil
        }
    }

    private var probeName: String { probe == .tcp ? "Default STARTUP TCP" : "STARTUP HTTP" }

    private func probeFailed(_ port: UInt16, _ status: String) -> String {
        "\(probeName) probe failed 1 time consecutively for container \"\(name)\" on port \(port). The instance was not started. "
            + "Connection failed with status \(status)."
    }

    private var malformed: String {
        "POST 503 \(path): The request failed because either the HTTP response was malformed or connection to the instance "
            + "had an error."
    }
}
