import ArgumentParser
import Glibc
import PackIO
import PackReport

/// In which form a report is written.
enum OutputFormat: String, ExpressibleByArgument, CaseIterable {
    case table
    case json
    case markdown
}

/// Where and in which form a report goes: shared by all commands that report.
struct OutputOptions: ParsableArguments {
    @Option(help: "Form of the report: table is for people, json is for programs.")
    var format: OutputFormat = .table

    @Option(name: .shortAndLong, help: ArgumentHelp("Write the report to a file instead.", valueName: "file"))
    var output: String?

    /// Writes a report; the file appears complete or not at all.
    func write(document: () -> Document, json: () -> JSON) throws {
        let text: String
        switch format {
        case .table: text = Self.table(document(), to: output)
        case .json: text = json().text
        case .markdown: text = MarkdownRenderer.render(document())
        }
        try writeOutput(text, to: output)
    }

    /// Lays a document out for a file, or for the terminal that standard output may be.
    static func table(_ document: Document, to output: String?) -> String {
        let terminal = output == nil ? Terminal(descriptor: STDOUT_FILENO) : .file
        return TextRenderer(width: terminal.width, color: terminal.color, cuts: terminal.isTerminal).render(document)
    }
}

/// Writes text to a file, or to standard output without one.
func writeOutput(_ text: String, to path: String?) throws(IOFailure) {
    let bytes = Array(text.utf8)
    if let path { return try AtomicFile.write(bytes, to: path) }
    guard writeAll(bytes, to: STDOUT_FILENO) else {
        throw .system(.write, path: "standard output", code: errno)
    }
}

/// Writes text to standard error; if that fails there is nobody left to tell.
func writeError(_ text: String) {
    _ = writeAll(Array(text.utf8), to: STDERR_FILENO)
}

private func writeAll(_ bytes: [UInt8], to descriptor: Int32) -> Bool {
    bytes.withUnsafeBytes { buffer in
        var rest = buffer[...]
        while !rest.isEmpty {
            let count = Glibc.write(descriptor, UnsafeRawBufferPointer(rebasing: rest).baseAddress, rest.count)
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { return false }
            rest = rest.dropFirst(count)
        }
        return true
    }
}
