/// What `kubectl get pod` and `kubectl describe pod` show.
public struct KubernetesLog: PlatformLog {
    private let name: String
    private let probe: ContainerSettings.Probe

    /// - Parameter name: The pod's name, and that of its container.
    public init(name: String, probe: ContainerSettings.Probe) {
        (self.name, self.probe) = (name, probe)
    }

    /// The pod's line, its conditions, and how the container ended.
    public func report(_ run: EmulationRun) -> [String] {
        var lines = pod(ready: true, "Running", restarts: 0)
        lines.append("PodScheduled=True Initialized=True ContainersReady=True Ready=True")
        guard let stop = run.stop else { return lines }
        let code = stop.signal != 0 ? 128 + stop.signal : stop.status
        lines.append("State: Terminated  Reason: \(code == 0 ? "Completed" : "Error")  Exit Code: \(code)")
        return lines
    }

    /// The pod's line and its events.
    public func refusal(_ error: EmulationError) -> [String]? {
        switch error {
        case .notListening(let port, _, _, _):
            pod(ready: false, "CrashLoopBackOff", restarts: 1) + [
                "Warning  Unhealthy  Startup probe failed: \(probing(port)): connect: connection refused",
                "Normal   Killing    Container \(name) failed startup probe, will be restarted",
            ]
        case .notReady(_, let status, _, _):
            pod(ready: false, "CrashLoopBackOff", restarts: 1) + [
                "Warning  Unhealthy  Startup probe failed: HTTP probe failed with statuscode: \(status)",
                "Normal   Killing    Container \(name) failed startup probe, will be restarted",
            ]
        case .exited(_, let status, let signal, _): terminated("Error", signal != 0 ? 128 + signal : status)
        case .outOfMemory: terminated("OOMKilled", 137)
        case .timeout(.request, let seconds, _):
            pod(ready: true, "Running", restarts: 0) + [
                "POST 504: activator request timeout after \(PlatformNumber.seconds(seconds)) s"
            ]
        case .cannotStart(let path, let code):
            pod(ready: false, "RunContainerError", restarts: 0) + [
                "Warning  Failed  Error: failed to create containerd task: exec: \"\(path)\": \(SystemError(code: code).text)"
            ]
        case .otherArchitecture:
            pod(ready: false, "ErrImagePull", restarts: 0) + [
                "Warning  Failed  Failed to pull image \"\(name)\": no match for platform in manifest: not found"
            ]
        default: nil
        }
    }

    private func terminated(_ reason: String, _ code: Int32) -> [String] {
        pod(ready: false, reason, restarts: 1) + [
            "Last State: Terminated  Reason: \(reason)  Exit Code: \(code)",
            "Warning  BackOff  Back-off restarting failed container \(name)",
        ]
    }

    private func pod(ready: Bool, _ status: String, restarts: Int) -> [String] {
        let row = [name, ready ? "1/1" : "0/1", status, String(restarts)]
        let head = ["NAME", "READY", "STATUS", "RESTARTS"]
        let widths = zip(head, row).map { max($0.count, $1.count) + 3 }
        return [head, row].map { cells in
            zip(cells, widths).map { $0 + String(repeating: " ", count: $1 - $0.count) }.joined()
                .reversed().drop { $0 == " " }.reversed().map(String.init).joined()
        }
    }

    private func probing(_ port: UInt16) -> String {
        guard case .http(let path) = probe else { return "dial tcp 10.0.0.1:\(port)" }
        return "Get \"http://10.0.0.1:\(port)\(path)\": dial tcp 10.0.0.1:\(port)"
    }
}
