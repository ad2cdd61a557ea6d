import Dispatch
import Glibc
import PackReport
import Synchronization

/// One line on the terminal that says what is being done, for work that takes longer than half a second: also bytes done of
/// all, the rate and the time left, where the work counts bytes.
///
/// Nothing is written where standard error is not a terminal. The line changes at most ten times a second.
struct Progress: Sendable {
    private let line: ProgressLine?

    /// Begins to watch the time.
    init() { line = isatty(STDERR_FILENO) == 1 ? ProgressLine() : nil }

    /// Says what comes next.
    func step(_ text: String) { line?.begin(text) }

    /// Says how far the present step is; for several threads. Its answer, true, lets work go on that can be stopped.
    @Sendable func count(_ done: Int, _ all: Int) -> Bool {
        line?.count(done, all)
        return true
    }

    /// Takes the line away.
    func finish() { line?.end() }
}

/// The line itself: threads say what is true, and a timer writes it.
private final class ProgressLine: Sendable {
    private struct State {
        var text: ProgressText?
        var since = ContinuousClock.now
        var isWritten = false
        var isEnded = false
    }

    private let state = Mutex(State())
    // Dispatch's sources may be used by any thread.
    private nonisolated(unsafe) let timer: any DispatchSourceTimer

    init() {
        timer = DispatchSource.makeTimerSource(queue: .global())
        timer.schedule(deadline: .now() + .milliseconds(500), repeating: .milliseconds(100))
        timer.setEventHandler { [weak self] in self?.write() }
        timer.resume()
    }

    deinit { timer.cancel() }

    func begin(_ what: String) {
        state.withLock { state in
            state.text = ProgressText(what)
            state.since = .now
        }
    }

    func count(_ done: Int, _ all: Int) {
        state.withLock { state in
            // Threads may tell of their blocks out of order.
            let before = state.text?.done ?? 0
            state.text?.done = max(before, done)
            state.text?.all = all
        }
    }

    func end() {
        timer.cancel()
        state.withLock { state in
            state.isEnded = true
            if state.isWritten { writeError("\r\u{1B}[K") }
            state.isWritten = false
        }
    }

    private func write() {
        let width = Terminal(descriptor: STDERR_FILENO).width
        state.withLock { state in
            guard !state.isEnded, var text = state.text else { return }
            let passed = state.since.duration(to: .now).components
            text.seconds = Double(passed.seconds) + Double(passed.attoseconds) / 1e18
            // The last column stays free: some terminals break the line after it.
            writeError("\r\u{1B}[K" + text.line(width: width - 1))
            state.isWritten = true
        }
    }
}
