import ArgumentParser
import FoundationEssentials
import Glibc
import PackFit
import PackIO
import PackLab
import PackProfiles

/// An entry point and how it is run to be measured.
struct MeasuredStart {
    /// `app.handler`, `app.py`, or a program.
    let entry: String
    /// The interpreter for Python.
    let python: String
    /// The folders that are deployed, the first being where it starts.
    let folders: [String]

    /// Runs it once under a platform's limits.
    ///
    /// A handler (`module.function`) is ready when its module is imported and the function is there; a program is ready when
    /// it takes connections on `PORT`.
    ///
    /// - Throws: A `Refusal` where it ends by itself, with what it printed.
    func facts(on profile: Profile) throws -> FitFacts.Measured {
        let memory = profile.limits[.memoryMaximum]?.bytes ?? 8 << 30
        let seconds = (profile.limits[.startupTime]?.base ?? 60) * 2
        let run = try StackMeasurement.run(
            .init(
                arguments: try arguments(), environment: environment(of: profile), folder: folders[0],
                isServer: !isHandler, memory: min(memory, 1 << 44), seconds: min(seconds, 600)))
        let what = isHandler ? "until \(entry) was imported" : "until \(entry) took connections"
        switch run.outcome {
        case .ready:
            let note = "\(what), on this machine, limit by \(run.limitMethod); requests may need more"
            return .init(
                peakMemory: Known(bytes: run.peakMemory, .measured, note: note),
                startup: Known(run.seconds, .measured, note: "\(what), on this machine"))
        case .outOfMemory:
            return .init(
                peakMemory: Known(
                    low: Double(memory) + 1, high: nil, how: .measured, note: "killed when its memory was used up"))
        case .tooSlow:
            return .init(
                peakMemory: Known(low: Double(run.peakMemory), high: nil, how: .measured),
                startup: Known(low: run.seconds, high: nil, how: .measured, note: "given up; it was not ready"))
        case .ended(let status):
            let lines = run.output.split(separator: "\n").suffix(3).joined(separator: " | ")
            throw Refusal(
                facts: ErrorFacts(
                    "ended before it was ready", file: entry,
                    found: status < 0 ? "signal \(-status)" : "exit status \(status)",
                    expected: isHandler ? "an import that succeeds" : "a server that listens on PORT",
                    hint: lines.isEmpty ? nil : "it printed: \(lines)"))
        }
    }

    private var isHandler: Bool { !entry.contains("/") && !entry.hasSuffix(".py") && entry.contains(".") }

    private func arguments() throws -> [String] {
        guard isHandler || entry.hasSuffix(".py") else { return [entry] }
        let interpreter = try Self.program(python)
        guard isHandler else { return [interpreter, entry] }
        let parts = entry.split(separator: ".")
        let module = parts.dropLast().joined(separator: ".")
        let script = "import importlib, sys; getattr(importlib.import_module(sys.argv[1]), sys.argv[2])"
        return [interpreter, "-c", script, module, String(parts[parts.count - 1])]
    }

    private func environment(of profile: Profile) -> [String] {
        var variables = profile.environment
        for name in ["LD_LIBRARY_PATH", "LAMBDA_TASK_ROOT", "LAMBDA_RUNTIME_DIR"] { variables[name] = nil }
        variables["PATH"] = variables["PATH"] ?? "/usr/local/bin:/usr/bin:/bin"
        variables["PYTHONPATH"] = folders.joined(separator: ":")
        // The code is not to leave byte code behind in the folders that are looked at.
        variables["PYTHONDONTWRITEBYTECODE"] = "1"
        variables["HOME"] = "/tmp"
        return variables.map { "\($0.key)=\($0.value)" }.sorted()
    }

    /// A program by its path, or by its name on `PATH`.
    static func program(_ name: String) throws -> String {
        if name.contains("/") { return name }
        let folders = (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":")
        for folder in folders where access("\(folder)/\(name)", X_OK) == 0 { return "\(folder)/\(name)" }
        throw Refusal(
            facts: ErrorFacts("is not on PATH", file: name, hint: "give its path with --python-command"))
    }
}
