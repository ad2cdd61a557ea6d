/// What the runner of GitHub Actions obeys in the output of a program: lines that begin with `::` after spaces, and
/// `##[` anywhere (actions/runner, ActionCommand). Reports are printed there, and names in them come from files.
enum RunnerText {
    /// A line that is no command, with a space where it would be one.
    static func inert(_ line: String) -> String {
        let opening = line.utf8.drop { $0 == UInt8(ascii: " ") }
        let isCommand = opening.starts(with: "::".utf8)
        let isOldCommand = holdsOldCommand(line)
        guard isCommand || isOldCommand else { return line }
        var result = String.UnicodeScalarView()
        var colons = isCommand ? 1 : 0
        var hashes = 0
        for scalar in line.unicodeScalars {
            if scalar == "[", hashes >= 2 { result.append(" ") }
            hashes = scalar == "#" ? hashes + 1 : 0
            result.append(scalar)
            if scalar == ":", colons > 0 {
                result.append(" ")
                colons = 0
            }
        }
        return String(result)
    }

    private static func holdsOldCommand(_ line: String) -> Bool {
        var hashes = 0
        for byte in line.utf8 {
            if byte == UInt8(ascii: "["), hashes >= 2 { return true }
            hashes = byte == UInt8(ascii: "#") ? hashes + 1 : 0
        }
        return false
    }
}
