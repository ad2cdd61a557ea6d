import PackCore

/// Reads a pattern in RE2's syntax.
struct RegexParser {
    /// What letters in parentheses switch.
    private struct Flags {
        /// Letters match in any case (i).
        var anyCase = false
        /// `^` and `$` match at lines' ends too (m).
        var lines = false
        /// `.` matches line ends too (s).
        var dotTakesAll = false
        /// Repetitions are lazy unless a `?` follows (U).
        var isLazy = false
    }

    private let pattern: [Unicode.Scalar]
    private var at = 0
    private var depth = 0
    private var flags = Flags()
    private var categories: [String: ScalarSet] = [:]

    init(_ pattern: String) { self.pattern = Array(pattern.unicodeScalars) }

    /// The whole pattern.
    mutating func parse() throws(RegexFault) -> RegexNode {
        let node = try alternatives()
        guard at == pattern.count else { throw RegexFault("')' without '('", "parentheses in pairs") }
        return node
    }

    private var next: Unicode.Scalar? { at < pattern.count ? pattern[at] : nil }

    private mutating func skip(_ scalar: Unicode.Scalar) -> Bool {
        guard next == scalar else { return false }
        at += 1
        return true
    }

    private mutating func skip(_ text: String) -> Bool {
        guard pattern[at...].starts(with: text.unicodeScalars) else { return false }
        at += text.unicodeScalars.count
        return true
    }

    // MARK: Structure

    private mutating func alternatives() throws(RegexFault) -> RegexNode {
        let outer = flags
        var all: [RegexNode] = []
        repeat { all.append(try sequence()) } while skip("|" as Unicode.Scalar)
        flags = outer
        return all.count == 1 ? all[0] : .either(all)
    }

    private mutating func sequence() throws(RegexFault) -> RegexNode {
        var nodes: [RegexNode] = []
        while let scalar = next, scalar != "|", scalar != ")" {
            guard let node = try atom() else { continue }
            nodes.append(try repetition(of: node))
        }
        return nodes.count == 1 ? nodes[0] : .sequence(nodes)
    }

    /// What stands for itself or in parentheses; nil for what only switches flags.
    private mutating func atom() throws(RegexFault) -> RegexNode? {
        let scalar = pattern[at]
        at += 1
        switch scalar {
        case "(": return try group()
        case "[": return .scalars(try bracket())
        case ".":
            let all = ScalarSet([0...ScalarSet.last])
            return .scalars(flags.dotTakesAll ? all : ScalarSet([0x0A...0x0A]).inverted)
        case "^": return .assertion(flags.lines ? .lineStart : .textStart)
        case "$": return .assertion(flags.lines ? .lineEnd : .textEnd)
        case "*", "+", "?": throw RegexFault("'\(scalar)' with nothing to repeat", "an expression before it")
        case "\\": return try escape()
        default: return literal(scalar.value)
        }
    }

    private func literal(_ scalar: UInt32) -> RegexNode {
        let set = ScalarSet([scalar...scalar])
        return .scalars(flags.anyCase ? set.anyCase : set)
    }

    private mutating func repetition(of node: RegexNode) throws(RegexFault) -> RegexNode {
        guard var times = try counts() else { return node }
        times.isLazy = skip("?" as Unicode.Scalar) != flags.isLazy
        let end = at
        guard try counts() == nil else {
            throw RegexFault("a repetition of a repetition at \(end)", "parentheses around the inner one")
        }
        return .repeated(node, times)
    }

    /// `*`, `+`, `?`, `{n}`, `{n,}` or `{n,m}`; nil for anything else, braces that are none of these included.
    private mutating func counts() throws(RegexFault) -> RegexRepetition? {
        if skip("*" as Unicode.Scalar) { return RegexRepetition(least: 0, most: nil) }
        if skip("+" as Unicode.Scalar) { return RegexRepetition(least: 1, most: nil) }
        if skip("?" as Unicode.Scalar) { return RegexRepetition(least: 0, most: 1) }
        let start = at
        guard skip("{" as Unicode.Scalar), let least = number() else {
            at = start
            return nil
        }
        var most: Int? = least
        if skip("," as Unicode.Scalar) { most = number() }
        guard skip("}" as Unicode.Scalar) else {
            at = start
            return nil
        }
        guard max(least, most ?? 0) <= RegexProgram.repetitionLimit, most.map({ $0 >= least }) ?? true else {
            throw RegexFault(
                "a repetition of \(least) to \(most.map { "\($0)" } ?? "any") times",
                "ascending numbers up to \(RegexProgram.repetitionLimit)")
        }
        return RegexRepetition(least: least, most: most)
    }

    private mutating func number() -> Int? {
        let start = at
        while let scalar = next, ScalarSet.digits.contains(scalar.value), at - start < 6 { at += 1 }
        return Int(String(String.UnicodeScalarView(pattern[start..<at])))
    }

    // MARK: Groups

    private mutating func group() throws(RegexFault) -> RegexNode? {
        depth += 1
        defer { depth -= 1 }
        guard depth <= RegexProgram.depthLimit else {
            throw RegexFault("groups deeper than \(RegexProgram.depthLimit)", "fewer groups in groups")
        }
        let outer = flags
        if skip("?" as Unicode.Scalar) {
            if skip("P<")
                || next == "<" && !pattern[at...].starts(with: "<=".unicodeScalars)
                    && !pattern[at...].starts(with: "<!".unicodeScalars) && skip("<" as Unicode.Scalar)
            {
                try groupName()
            } else if try !groupFlags() {
                return nil
            }
        }
        let node = try alternatives()
        flags = outer
        guard skip(")" as Unicode.Scalar) else { throw RegexFault("'(' without ')'", "parentheses in pairs") }
        return node
    }

    private mutating func groupName() throws(RegexFault) {
        let start = at
        while let scalar = next, ScalarSet.words.contains(scalar.value) { at += 1 }
        guard at > start, skip(">" as Unicode.Scalar) else {
            throw RegexFault("a group's name that does not end with >", "(?P<name>…)")
        }
    }

    /// Reads `i`, `-s` and the like; whether a group follows.
    private mutating func groupFlags() throws(RegexFault) -> Bool {
        var value = true
        while let scalar = next {
            at += 1
            switch scalar {
            case "i": flags.anyCase = value
            case "m": flags.lines = value
            case "s": flags.dotTakesAll = value
            case "U": flags.isLazy = value
            case "-" where value: value = false
            case ":": return true
            case ")": return false
            default:
                let names: [Unicode.Scalar: String] = [
                    "=": "a look ahead (?=", "!": "a look ahead (?!", "<": "a look behind (?<", "P": "a group (?P",
                    ">": "an atomic group (?>", "#": "a comment (?#",
                ]
                throw RegexFault(
                    names[scalar] ?? "a group (?\(scalar)", "groups that RE2 has: (…), (?:…), (?i), (?P<name>…)")
            }
        }
        throw RegexFault("'(' without ')'", "parentheses in pairs")
    }

    // MARK: Escapes

    private mutating func escape() throws(RegexFault) -> RegexNode? {
        guard let scalar = next else { throw RegexFault("a backslash at the end", "something behind it") }
        switch scalar {
        case "A": return assertion(.textStart)
        case "z": return assertion(.textEnd)
        case "b": return assertion(.wordEdge)
        case "B": return assertion(.noWordEdge)
        case "Q": return quoted()
        default: break
        }
        if let set = try classEscape() { return .scalars(flags.anyCase ? set.anyCase : set) }
        return literal(try scalarEscape())
    }

    private mutating func assertion(_ assertion: RegexAssertion) -> RegexNode {
        at += 1
        return .assertion(assertion)
    }

    /// `\\Q…\\E`: repetitions behind it are of its last scalar, hence only that is taken at once.
    private mutating func quoted() -> RegexNode? {
        at += 1
        var nodes: [RegexNode] = []
        while at < pattern.count, !skip("\\E") {
            nodes.append(literal(pattern[at].value))
            at += 1
        }
        guard let last = nodes.popLast() else { return nil }
        guard let repeated = try? repetition(of: last) else { return .sequence(nodes + [last]) }
        return .sequence(nodes + [repeated])
    }

    /// A class such as `\\d` or `\\p{Lu}`, behind the backslash; nil for other escapes.
    private mutating func classEscape() throws(RegexFault) -> ScalarSet? {
        guard let scalar = next else { return nil }
        let classes: [Unicode.Scalar: ScalarSet] = ["d": .digits, "s": .spaces, "w": .words]
        if let set = classes[scalar] {
            at += 1
            return set
        }
        if let set = Unicode.Scalar(scalar.value | 0x20).flatMap({ classes[$0] }), scalar.isASCII {
            at += 1
            return set.inverted
        }
        guard scalar == "p" || scalar == "P" else { return nil }
        at += 1
        var name = next.map { String($0) } ?? ""
        at += 1
        if name == "{" {
            guard let end = pattern[min(at, pattern.count)...].firstIndex(of: "}") else {
                throw RegexFault("\\p{ without }", "the name of a category")
            }
            name = String(String.UnicodeScalarView(pattern[at..<end]))
            at = end + 1
        }
        let isNegated = name.hasPrefix("^")
        if isNegated { name.removeFirst() }
        guard let set = categories[name] ?? ScalarSet.category(name) else {
            throw RegexFault("a class \\p{\(name)}", "a general category such as L, Lu or Nd")
        }
        categories[name] = set
        return isNegated == (scalar == "P") ? set : set.inverted
    }

    /// A scalar that stands behind a backslash.
    private mutating func scalarEscape() throws(RegexFault) -> UInt32 {
        guard let scalar = next else { throw RegexFault("a backslash at the end", "something behind it") }
        at += 1
        let controls: [Unicode.Scalar: UInt32] = ["a": 7, "f": 0x0C, "n": 0x0A, "r": 0x0D, "t": 9, "v": 0x0B]
        if let control = controls[scalar] { return control }
        if scalar == "x" { return try hexadecimal() }
        if scalar.isASCII, !ScalarSet.words.contains(scalar.value) { return scalar.value }
        if scalar == "_" { return scalar.value }
        // Octal numbers start with 0, or have three digits.
        let digits = pattern[(at - 1)...].prefix(3).prefix { (0x30...0x37).contains($0.value) }
        if scalar == "0" || digits.count == 3, let value = UInt32(String(String.UnicodeScalarView(digits)), radix: 8) {
            at += digits.count - 1
            return value
        }
        if ScalarSet.digits.contains(scalar.value) {
            throw RegexFault("a reference to a group \\\(scalar)", "a pattern without, as RE2 has it")
        }
        throw RegexFault("an escape \\\(scalar)", "an escape that RE2 has")
    }

    private mutating func hexadecimal() throws(RegexFault) -> UInt32 {
        var digits = pattern[at...].prefix(2)
        if skip("{" as Unicode.Scalar) {
            let end = pattern[at...].firstIndex(of: "}") ?? at
            digits = pattern[at..<end]
            at = end + 1
        } else {
            at += digits.count
            guard digits.count == 2 else { throw RegexFault("\\x with less than two digits", "\\x7F or \\x{10FFFF}") }
        }
        guard digits.allSatisfy({ $0.properties.isASCIIHexDigit }), digits.count <= 8,
            let value = UInt32(String(String.UnicodeScalarView(digits)), radix: 16), value <= ScalarSet.last
        else { throw RegexFault("\\x with other digits", "\\x7F or \\x{10FFFF}") }
        return value
    }

    // MARK: Classes

    /// What stands behind `[`.
    private mutating func bracket() throws(RegexFault) -> ScalarSet {
        let isNegated = skip("^" as Unicode.Scalar)
        var set = ScalarSet()
        var isFirst = true
        while isFirst || next != "]" {
            guard next != nil else { throw RegexFault("'[' without ']'", "brackets in pairs") }
            isFirst = false
            if let named = try bracketName() {
                set = set.union(named)
                continue
            }
            if next == "\\" {
                at += 1
                if let escaped = try classEscape() {
                    set = set.union(escaped)
                    continue
                }
                at -= 1
            }
            let low = try bracketScalar()
            var high = low
            if next == "-", at + 1 < pattern.count, pattern[at + 1] != "]" {
                at += 1
                high = try bracketScalar()
            }
            guard low <= high else { throw RegexFault("a range that descends", "the smaller end first") }
            set = set.union(ScalarSet([low...high]))
        }
        at += 1
        if flags.anyCase { set = set.anyCase }
        return isNegated ? set.inverted : set
    }

    private mutating func bracketScalar() throws(RegexFault) -> UInt32 {
        guard let scalar = next else { throw RegexFault("'[' without ']'", "brackets in pairs") }
        at += 1
        return scalar == "\\" ? try scalarEscape() : scalar.value
    }

    /// `[:alpha:]` or `[:^alpha:]` in brackets.
    private mutating func bracketName() throws(RegexFault) -> ScalarSet? {
        let start = at
        guard skip("[:") else { return nil }
        let isNegated = skip("^" as Unicode.Scalar)
        let from = at
        while let scalar = next, ScalarSet.words.contains(scalar.value) { at += 1 }
        let name = String(String.UnicodeScalarView(pattern[from..<at]))
        guard skip(":]") else {
            at = start
            return nil
        }
        guard let set = ScalarSet.named[name] else { throw RegexFault("a class [:\(name):]", "a class of POSIX") }
        return isNegated ? set.inverted : set
    }
}
