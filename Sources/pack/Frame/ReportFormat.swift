import ArgumentParser
import PackReport

/// Forms of a report that judges.
enum ReportFormat: String, ExpressibleByArgument, CaseIterable {
    case table
    case json
    case markdown
    case html
    case sarif
    case junit
    case github
}

/// Where and in which form a judging report goes.
struct ReportOptions: ParsableArguments {
    @Option(
        help: """
            Form of the report: table is for people, json for programs, markdown for a pull request, html a page by itself, \
            sarif for code scanning, junit for test reports, github for annotations in a workflow's log.
            """)
    var format: ReportFormat = .table

    @Option(name: .shortAndLong, help: ArgumentHelp("Write the report to a file instead.", valueName: "file"))
    var output: String?

    /// Writes a text; the file appears complete or not at all.
    func write(_ text: String) throws { try writeOutput(text, to: output) }

    /// Lays a document out for where it goes.
    func table(_ document: Document) -> String { OutputOptions.table(document, to: output) }
}
