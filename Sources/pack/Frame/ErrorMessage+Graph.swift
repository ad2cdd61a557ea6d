import PackGraph
import PackIO

extension GraphError: FactualError {
    /// The parts, for a message. A graph error that reaches the user unwrapped is about a graph that the tool built.
    public var facts: ErrorFacts {
        let place = [node.map { "node \($0)" }, value.map { "value \($0)" }].compactMap { $0 }.joined(separator: ", ")
        return ErrorFacts(
            "the graph does not hold together", place: place.isEmpty ? nil : place, found: found, expected: expected)
    }
}
