import ArgumentParser
import PackIO
import PackProfiles

/// `pack profiles`: the platforms that are known, all about some of them, or whether files of one's own are profiles.
struct Profiles: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "profiles",
        abstract:
            "Lists the platforms, shows the limits and prices of some with their sources and dates, or checks files.",
        discussion: """
            A platform of your own is a file like those in the folder Profiles, given by its path. With --check all \
            arguments are files: everything that is wrong with them is told by file, line and field, and the exit \
            status is 0 only if nothing is.
            """)

    @Argument(help: ArgumentHelp("Names of platforms, or paths of profiles.", valueName: "name"))
    var names: [String] = []

    @Flag(help: "Check files: what was read of them, or everything that is wrong with them (exit status 2).")
    var check = false

    @OptionGroup var output: OutputOptions

    func validate() throws {
        if check, names.isEmpty { throw ValidationError("--check needs at least one file.") }
    }

    func run() throws {
        if check { return try checkFiles() }
        if names.isEmpty {
            let all = try installedProfiles().all()
            return try output.write(document: { ProfilesReport.list(all) }, json: { ProfilesReport.json(all) })
        }
        let chosen = try profiles(named: names)
        try output.write(
            document: { ProfilesReport.document(of: chosen) }, json: { ProfilesReport.json(chosen) })
    }

    private func checkFiles() throws {
        let results = names.map { ProfileCheck(file: $0) }
        try output.write(document: { ProfileCheck.document(results) }, json: { ProfileCheck.json(results) })
        for fault in results.flatMap(\.faults) { writeError(ErrorMessage(fault.facts).text) }
        if results.contains(where: { !$0.faults.isEmpty }) { throw ExitStatus.failed }
    }
}
