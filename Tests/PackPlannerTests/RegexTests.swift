import PackGraph
import PackImport
import PackRuntime
import Testing

/// Patterns compile to programs that match what they should, in time that hostile ones cannot blow up.
@Suite struct RegexTests {
    @Test func matchesAsPythonDoes() throws {
        var count = 0
        for (pattern, matching, other) in RegexCases.all where !(matching + other).isEmpty {
            let texts = matching + other
            let session = try Session(try Graph.matching(pattern))
            let found = try session.answer(texts: [TextValue([texts.count], texts)])[0].bytes
            let wanted = matching.map { _ in UInt8(1) } + other.map { _ in UInt8(0) }
            #expect(found == wanted, "\(pattern) \(texts)")
            count += texts.count
        }
        #expect(count > 400)
    }

    /// What Python writes otherwise or lacks.
    @Test(
        arguments: [
            ("\\pL+", ["aé青"], ["a1"]), ("\\p{Lu}\\P{Lu}", ["Aa"], ["AA", "aa"]), ("\\p{^L}", ["1"], ["a"]),
            ("[\\p{Nd}_]+", ["1٣_"], ["a"]), ("[[:alpha:]]+", ["abC"], ["é", "1"]), ("[[:^digit:]]", ["a"], ["1"]),
            ("a\\z", ["a"], ["a\n"]), ("a$", ["a"], ["a\n"]), ("\\Qa.b*\\E", ["a.b*"], ["axb"]),
            ("\\Qab\\E+", ["abb"], ["abab"]),
            ("(?U)a+", ["aaa"], [""]), ("(?<name>a)", ["a"], ["b"]), ("\\B", [""], ["a"]),
            ("(?i)a(?-i)b", ["Ab"], ["AB"]),
            ("(a(?i)b)c", ["aBc"], ["aBC", "Abc"]), ("\\x{1F600}", ["😀"], ["a"]), ("[^\\x{0}-\\x{7F}]", ["é"], ["a"]),
        ] as [(String, [String], [String])])
    func matchesWhatRE2Has(pattern: String, matching: [String], other: [String]) throws {
        let session = try Session(try Graph.matching(pattern))
        let texts = matching + other
        let found = try session.answer(texts: [TextValue([texts.count], texts)])[0].bytes
        #expect(found == matching.map { _ in 1 } + other.map { _ in 0 })
    }

    @Test(arguments: [
        ("(", "'(' without ')'"), (")", "')' without '('"), ("[a", "'[' without ']'"), ("*a", "nothing to repeat"),
        ("a**", "repetition of a repetition"), ("a{2}{3}", "repetition of a repetition"), ("a{1001}", "1001"),
        ("a{3,2}", "3 to 2"), ("(?=a)", "look ahead"), ("(?!a)", "look ahead"), ("(?<=a)", "look behind"),
        ("(?<!a)", "look behind"), ("(?>a)", "atomic"), ("(a)\\1", "reference to a group"),
        ("\\", "backslash at the end"),
        ("\\C", "\\C"), ("\\Z", "\\Z"), ("\\pX", "\\p{X}"), ("\\p{Greek}", "Greek"), ("\\p{L", "without }"),
        ("\\p", "\\p{}"),
        ("[b-a]", "descends"), ("[[:what:]]", "what"), ("\\xG1", "\\x"), ("\\x{110000}", "\\x"), ("\\x{", "\\x"),
        ("(?P<a", "name"),
        ("(?x)a", "(?x"),
    ])
    func refusesByName(pattern: String, found: String) {
        #expect {
            _ = try RegexProgram(pattern)
        } throws: { error in
            (error as? RegexFault)?.found.contains(found) ?? false
        }
    }

    /// Repetitions of repetitions are refused before they take much memory, and those of nothing take no time.
    @Test func boundsPrograms() throws {
        for pattern in ["((a{1000}){1000}){1000}", "(((a{0,50}){0,50}){0,50}){0,50}", "(.{100}){1000}"] {
            #expect(throws: RegexFault.self) { try RegexProgram(pattern) }
        }
        #expect(throws: RegexFault.self) {
            try RegexProgram(String(repeating: "(", count: 300) + String(repeating: ")", count: 300))
        }
        #expect(throws: RegexFault.self) { try RegexProgram(String(repeating: "a", count: 1 << 20)) }
        #expect(throws: RegexFault.self) { try RegexProgram(String(repeating: "\\pL", count: 1000)) }
        let nothing = try RegexProgram("((((){1000}){1000}){1000}){0,1000}")
        #expect(nothing.instructions.count < 10)
        #expect(
            try RegexProgram(String(repeating: "(a", count: 190) + String(repeating: ")", count: 190)).instructions
                .count == 191)
    }

    /// Backtracking would need 2^50 steps and more.
    @Test(arguments: ["(a*)*b", "(a|a)*b", "(a|aa)+b", "(.*)*c(.*)*d", "(a?){50}a{50}b", "((a+)+)+b"])
    func isLinear(pattern: String) throws {
        let session = try Session(try Graph.matching(pattern))
        let answer = try session.answer(texts: [TextValue(String(repeating: "a", count: 3000))])
        #expect(answer[0].bytes == [0])
    }

    /// Of the matches that start first, the one that the pattern prefers is taken.
    @Test(
        arguments: [
            ("[a-z]+", 1, "ab 1c", ["ab", "c"]), ("a|ab", 1, "abab", ["a", "a"]),
            ("ab|a", 1, "abaab", ["ab", "a", "ab"]),
            ("a+?", 1, "aaa", ["a", "a", "a"]), ("a*", 1, "baab", ["aa"]),
            ("\\b\\w\\w+\\b", 1, "a bc def", ["bc", "def"]),
            ("\\w+", 3, "ab çdé abcé", ["abc"]), ("(?s:.)", 1, "aé青", ["a", "é", "青"]), ("[^ ]+", 2, "é éé", ["éé"]),
            ("x", 1, "abc", []),
            ("(?U)a{1,2}", 1, "aaa", ["a", "a", "a"]), ("^a", 1, "aaa", ["a"]), ("a$", 1, "aaa", ["a"]),
        ] as [(String, Int, String, [String])])
    func findsTokens(pattern: String, least: Int, text: String, tokens: [String]) throws {
        let session = try Session(
            try Graph.matching(pattern, op: "TextTokens", ["least": .int(least)]))
        let answer = try session.answer(texts: [TextValue(text, "")])[0]
        #expect(answer.shape == [2, tokens.count])
        #expect(answer.strings == tokens + tokens.map { _ in "" })
    }

    @Test func cutsAtSeparators() throws {
        let session = try Session(try Graph.matching("(?: |, ?)", op: "TextTokens", ["between": .int(1)]))
        let answer = try session.answer(texts: [TextValue("a, b  c", ",x,")])[0]
        #expect(answer.value == TextValue([2, 3], ["a", "b", "c", "x", "", ""]))
    }

    /// A program that the compiler did not write ends in an error and nothing worse.
    @Test(
        arguments: [
            [[1, -1, 0], [0, 0, 0]], [[2, 7, 0]], [[3, 0, 9]], [[3, -1, 1]], [[3, 0, -1]], [[4, 77, 0]], [[99, 0, 0]],
            [[3, 0, 1]],
            [[2, 0, 0]], [[1, 0, 0]], [[1, 0, 1], [1, 0, 1]],
        ] as [[[Int32]]])
    func survivesOtherPrograms(rows: [[Int32]]) throws {
        let program = try Constant(.i32, [rows.count, 3], bytes: rows.flatMap { $0 }.withUnsafeBytes { Array($0) })
        let ranges = try Constant(.i32, [1, 2], bytes: [0x61, 0, 0, 0, 0x61, 0, 0, 0])
        for op in ["RegexFullMatch", "TextTokens"] {
            let session = try Session(try Graph.texts(op, ranks: [1], constants: [program, ranges]))
            _ = try? session.answer(texts: [TextValue("aaaa", "b", "")])
        }
    }
}
