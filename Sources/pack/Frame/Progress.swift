import Glibc
import PackReport

/// One line on the terminal that says what is being done, for work that takes longer than half a second.
///
/// Nothing is written where standard error is not a terminal.
struct Progress {
    private let isShown = isatty(STDERR_FILENO) == 1
    private let start = ContinuousClock.now
    private var isWritten = false

    /// Says what comes next.
    mutating func step(_ text: String) {
        guard isShown, start.duration(to: .now) > .milliseconds(500) else { return }
        writeError("\r\u{1B}[K" + Escaping.visible(text))
        isWritten = true
    }

    /// Takes the line away.
    mutating func finish() {
        if isWritten { writeError("\r\u{1B}[K") }
        isWritten = false
    }
}
