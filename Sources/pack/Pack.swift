import ArgumentParser
import Glibc
import PackIO

/// The command: a file a subcommand beside this one.
@main struct Pack: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "pack",
        abstract:
            "Slims ML models into bundles with a tiny static runtime, and says whether and why they fit a platform.",
        discussion: """
            Exit status: 0 done, 1 the answer is no, 2 it could not be done, 64 wrong usage.
            Data goes to standard output; progress, warnings and errors go to standard error.
            """,
        version: "pack " + toolVersion,
        subcommands: subcommands)

    /// The one that is asked for, if it is one: looking at all of them takes longer than a small model's analysis.
    private static var subcommands: [any ParsableCommand.Type] {
        let asked = CommandLine.arguments.dropFirst().first
        return all.first { $0.configuration.commandName == asked }.map { [$0] } ?? all
    }

    private static let all: [any ParsableCommand.Type] = [
        Analyze.self, Slim.self, Gate.self, Run.self, Emulate.self, Bench.self, StudyCommand.self, Inspect.self,
        Profiles.self,
    ]

    /// - Throws: Where the first argument is neither an option nor a subcommand.
    private static func checkSubcommand() throws {
        let names = all.compactMap { $0.configuration.commandName } + ["help"]
        guard let asked = CommandLine.arguments.dropFirst().first, !asked.hasPrefix("-"), !names.contains(asked)
        else { return }
        let hint = Suggestion.nearest(to: asked, among: names).map { "did you mean \($0)?" }
        throw ValidationError(
            "there is no subcommand '\(asked)'; " + (hint ?? "expected one of " + names.joined(separator: ", ")))
    }

    static func main() {
        do {
            try checkSubcommand()
            Analyze.prepare(for: CommandLine.arguments)
            var command = try parseAsRoot()
            try command.run()
        } catch {
            Glibc.exit(report(error).rawValue)
        }
    }

    func run() throws {
        throw ValidationError("a subcommand is missing")
    }

    /// Tells the user what went wrong, on standard error, or what was asked for (help, version), on standard output.
    private static func report(_ error: any Error) -> ExitStatus {
        if let status = error as? ExitStatus { return status }
        if let message = ErrorMessage(error) {
            writeError(message.text)
            return .failed
        }
        switch exitCode(for: error) {
        case .success:
            print(fullMessage(for: error))
            return .done
        case .validationFailure:
            let message = fullMessage(for: error)
            writeError("error: " + (message.hasPrefix("Error: ") ? String(message.dropFirst(7)) : message) + "\n")
            return .usage
        default:
            writeError(ErrorMessage(unforeseen: error).text)
            return .failed
        }
    }
}
