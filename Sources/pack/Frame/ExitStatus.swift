/// What the process says to its caller at the end. Thrown to end a command whose report is already written.
enum ExitStatus: Int32, Error {
    /// Done; for a judging command: the answer is yes.
    case done = 0
    /// The answer is no.
    case no = 1
    /// It could not be done: bad input, a missing file, something unsupported.
    case failed = 2
    /// Wrong usage (`EX_USAGE`).
    case usage = 64
}
