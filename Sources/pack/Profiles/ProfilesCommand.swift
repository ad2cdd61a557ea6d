import ArgumentParser
import PackProfiles

/// `pack profiles`: the platforms that are known, or all about one of them.
struct Profiles: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Lists the platforms, or shows the limits and prices of one with their sources and dates.",
        discussion: "A platform of your own is a file like those in the folder Profiles, given by its path.")

    @Argument(help: ArgumentHelp("A platform's name, or the path of a profile.", valueName: "name"))
    var name: String?

    @OptionGroup var output: OutputOptions

    func run() throws {
        if let name {
            let profile = try profiles(named: [name])
            try output.write(
                document: { ProfilesReport.document(of: profile[0]) }, json: { ProfilesReport.json(profile) })
        } else {
            let all = try profiles(named: [])
            try output.write(document: { ProfilesReport.list(all) }, json: { ProfilesReport.json(all) })
        }
    }
}
