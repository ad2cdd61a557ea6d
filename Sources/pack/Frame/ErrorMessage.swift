import PackIO
import PackReport

/// The words for an error: `error: FILE: WHAT, at PLACE: found X, expected Y`, and a hint in a line of its own.
struct ErrorMessage {
    /// One or two lines, safe to show, with a line end.
    let text: String

    /// Words an error of a module; `nil` for any other error.
    init?(_ error: any Error) {
        guard let facts = (error as? any FactualError)?.facts else { return nil }
        self.init(facts)
    }

    /// Words the parts that are known.
    init(_ facts: ErrorFacts) {
        var lines = ["error: " + Escaping.visible(Self.sentence(facts))]
        if let hint = facts.hint { lines.append("hint: " + Escaping.visible(hint)) }
        text = lines.joined(separator: "\n") + "\n"
    }

    /// Words an error that no module describes.
    init(unforeseen error: any Error) {
        text = "error: " + Escaping.visible("\(error)") + "\n"
    }

    /// The parts and the hint in one line; not escaped.
    static func sentenceWithHint(_ facts: ErrorFacts) -> String {
        [sentence(facts), facts.hint].compactMap { $0 }.joined(separator: "; ")
    }

    /// The parts in one line, the hint left out; not escaped.
    static func sentence(_ facts: ErrorFacts) -> String {
        var head = [facts.file, facts.what].compactMap { $0 }.joined(separator: ": ")
        if let place = facts.place { head += ", at " + place }
        let tail = [facts.found.map { "found " + $0 }, facts.expected.map { "expected " + $0 }].compactMap { $0 }
        return ([head] + (tail.isEmpty ? [] : [tail.joined(separator: ", ")])).joined(separator: ": ")
    }
}
