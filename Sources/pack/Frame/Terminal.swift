import Glibc

/// What text is written to: a terminal has a width and perhaps colours.
struct Terminal {
    /// Whether a person looks at it.
    var isTerminal: Bool
    /// Columns.
    var width: Int
    /// Whether colours are wanted.
    var color: Bool

    /// Text that goes to a file or a pipe.
    static let file = Terminal(isTerminal: false, width: 120, color: false)

    private init(isTerminal: Bool, width: Int, color: Bool) {
        self.isTerminal = isTerminal
        self.width = width
        self.color = color
    }

    /// Looks at a file descriptor, and at `NO_COLOR` and `TERM`.
    init(descriptor: Int32) {
        guard isatty(descriptor) == 1 else {
            self = .file
            return
        }
        var size = winsize()
        let known = ioctl(descriptor, UInt(TIOCGWINSZ), &size) == 0 && size.ws_col > 0
        self.init(
            isTerminal: true, width: known ? Int(size.ws_col) : 80,
            color: Self.variable("NO_COLOR", or: "").isEmpty && Self.variable("TERM", or: "dumb") != "dumb")
    }

    private static func variable(_ name: String, or standard: String) -> String {
        guard let value = getenv(name) else { return standard }
        return String(cString: value)
    }
}
