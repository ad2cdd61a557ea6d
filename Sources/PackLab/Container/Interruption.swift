import Dispatch
import Glibc
import Synchronization

/// Signals that end the command while programs run that it has started: they are ended first, so that whoever waits for them
/// goes on, and folders and control groups are taken away.
public enum Interruption {
    private struct State {
        var signal: Int32?
        var processes: Set<Int32> = []
    }

    private static let state = Mutex(State())
    // Dispatch's sources may be used by any thread, and these live as long as the process.
    private nonisolated(unsafe) static var sources: [any DispatchSourceSignal] = []

    /// The signal that came; nil if none did.
    public static var signal: Int32? { state.withLock { $0.signal } }

    /// From now on SIGINT, SIGTERM and SIGHUP only end the programs; to be called once, by the thread that starts them.
    public static func watch() {
        for number in [SIGINT, SIGTERM, SIGHUP] {
            Glibc.signal(number, SIG_IGN)
            let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
            source.setEventHandler { end(number) }
            source.resume()
            sources.append(source)
        }
    }

    private static func end(_ signal: Int32) {
        state.withLock { state in
            state.signal = signal
            for process in state.processes { kill(process, SIGKILL) }
        }
    }

    /// Ends this process by the signal that came, as it would have without ``watch()``.
    public static func finish() {
        guard let number = signal else { return }
        Glibc.signal(number, SIG_DFL)
        raise(number)
    }

    /// A program that was started; it is ended if a signal has come meanwhile.
    static func add(_ process: Int32) {
        state.withLock { state in
            state.processes.insert(process)
            if state.signal != nil { kill(process, SIGKILL) }
        }
    }

    /// A program that has ended.
    static func remove(_ process: Int32) { state.withLock { _ = $0.processes.remove(process) } }
}
