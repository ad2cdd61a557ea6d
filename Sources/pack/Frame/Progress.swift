import Glibc
import PackReport
import Synchronization

/// One line on the terminal that says what is being done, for work that takes longer than half a second.
///
/// Nothing is written where standard error is not a terminal. Several threads may tell how far they are.
final class Progress: Sendable {
    private struct State {
        var what = ""
        var began = ContinuousClock.now
        var shown: ContinuousClock.Instant?
    }

    /// The least time between two lines.
    private static let interval = Duration.milliseconds(100)
    private let isShown = isatty(STDERR_FILENO) == 1
    private let start = ContinuousClock.now
    private let state = Mutex(State())

    /// Says what comes next.
    func step(_ text: String) {
        guard isShown else { return }
        state.withLock { state in
            state.what = text
            state.began = .now
            show(&state, Escaping.visible(text))
        }
    }

    /// Says how many bytes of all are done in this step.
    func advance(to done: Int, of all: Int) {
        guard isShown else { return }
        state.withLock { state in
            if let shown = state.shown, shown.duration(to: .now) < Self.interval { return }
            let time = state.began.duration(to: .now).components
            let seconds = Double(time.seconds) + Double(time.attoseconds) / 1e18
            show(&state, ProgressText.line(state.what, done: done, of: all, seconds: seconds))
        }
    }

    /// Takes the line away.
    func finish() {
        state.withLock { state in
            if state.shown != nil { writeError("\r\u{1B}[K") }
            state.shown = nil
        }
    }

    private func show(_ state: inout State, _ line: String) {
        guard start.duration(to: .now) > .milliseconds(500) else { return }
        writeError("\r\u{1B}[K" + line)
        state.shown = .now
    }
}
