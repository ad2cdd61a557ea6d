import PackFormats
import PackGraph
import PackIO

/// Why a model could not be imported.
public struct ImportError: FactualError, Hashable {
    /// The kind of trouble.
    public let kind: Kind
    /// What is known of it.
    public let facts: ErrorFacts

    /// The kinds of trouble.
    public enum Kind: Hashable, Sendable {
        /// A file or folder cannot be read, or is not of its format.
        case unreadable(FormatFailure)
        /// The path leads to something other than a folder.
        case notFolder
        /// The folder has no `config.json`.
        case noConfiguration
        /// The folder has no weights that can be read.
        case noWeights
        /// A needed field is not there.
        case fieldMissing
        /// A field has the wrong type or a value out of range.
        case fieldInvalid
        /// Nothing is known of the architecture.
        case unknownArchitecture
        /// The model wants something that is not built.
        case unsupported
        /// A tensor that the architecture needs is not there.
        case tensorMissing
        /// A tensor has another shape than the configuration says.
        case tensorMisshaped
        /// A tensor has an element type that cannot be computed with.
        case tensorType
        /// What is to be fixed of the model does not suit it.
        case specialization
        /// The graph does not hold together.
        case graph(GraphError)
    }

    init(_ kind: Kind, _ facts: ErrorFacts) {
        self.kind = kind
        self.facts = facts
    }

    /// What reading a file says.
    init(_ failure: FormatFailure) {
        self.init(.unreadable(failure), failure.facts)
    }

    /// What looking at a folder says.
    init(_ failure: IOFailure) {
        self.init(FormatFailure.io(failure))
    }

    /// What building the graph says.
    init(_ error: GraphError, file: String) {
        let value = error.value.map { error.node == nil ? $0 : "value \($0)" }
        let place = [error.node, value].compactMap(\.self).joined(separator: ", ")
        self.init(
            .graph(error),
            ErrorFacts(
                "describes a graph that does not hold together", file: file,
                place: place.isEmpty ? nil : place, found: error.found, expected: error.expected))
    }

    /// A feature that is recognized and not built.
    static func unsupported(
        _ found: String, file: String, place: String, expected: String, hint: String? = nil
    ) -> ImportError {
        ImportError(
            .unsupported,
            ErrorFacts(
                "asks for something that is not supported", file: file, place: place, found: found, expected: expected,
                hint: hint))
    }
}

/// Runs what reads files, and turns its failure into one of this module.
func reading<Result>(_ body: () throws(IOFailure) -> Result) throws(ImportError) -> Result {
    do throws(IOFailure) {
        return try body()
    } catch {
        throw ImportError(error)
    }
}

/// Runs what reads formats, and turns its failure into one of this module.
func parsing<Result>(_ body: () throws(FormatFailure) -> Result) throws(ImportError) -> Result {
    do throws(FormatFailure) {
        return try body()
    } catch {
        throw ImportError(error)
    }
}
