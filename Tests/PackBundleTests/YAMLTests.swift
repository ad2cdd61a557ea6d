import PackBundle
import Testing
import Yams

/// What the writer of YAML writes, as another reader reads it.
@Suite struct YAMLTests {
    private static func read(_ node: YAMLNode) throws -> Any? { try Yams.load(yaml: YAMLWriter.text([node])) }

    /// Texts that readers take for something else, or that end lines, comments or documents.
    static let texts = [
        "", " ", "a", "a b", "a: b", "a:", ": a", "a #b", "#a", "- a", "-", "---", "...", "[a]", "{a: b}", "*a", "&a",
        "!a", "%a",
        "@a", "`a", "|", ">", "'a'", "\"a\"", "a\"b\\c", "true", "False", "YES", "no", "On", "off", "y", "N", "null",
        "~", "NaN",
        ".inf", "1", "1.5", "1e3", "0x1F", "0o17", "1_000", "12:30:45", "2001-01-01", "=", "<<", "a\nb", "a\rb", "a\tb",
        "\u{0}",
        "\u{1B}[31m", "\u{7F}", "a\u{85}b", "a\u{2028}b", "a\u{2029}b", "a\u{FEFF}b", "\u{202E}a", "\u{E000}", "模型",
        "é",
        "🦜", "a ", " a",
        "${A}", "{{.Name}}", "/v2/health/live", "registry:5000/a@sha256:0f", "512Mi", "a'b", "?", "? a", "a,b",
        "\u{FFFF}",
    ]

    @Test(arguments: texts) func aTextIsReadAsItIs(_ text: String) throws {
        #expect(try Self.read(.text(text)) as? String == text)
        let mapping = YAMLNode(.mapping([.init(key: text, value: .text(text))]))
        #expect(try Self.read(mapping) as? [String: String] == [text: text])
        let list = try Self.read([.text(text), [.text(text)]]) as? [Any]
        #expect(list?.count == 2 && list?.first as? String == text && list?.last as? [String] == [text])
    }

    @Test(arguments: texts) func aCommentChangesNothing(_ text: String) throws {
        let noted: YAMLNode = [
            "a": .noted(text, 1), "b": .noted(text, ["c": .noted("    " + text, true)]), "d": .absent(text),
        ]
        let text = YAMLWriter.text([.noted(text, noted)], heading: text)
        let read = try Yams.load(yaml: text) as? [String: Any]
        #expect(read?.count == 2 && read?["a"] as? Int == 1 && read?["b"] as? [String: Bool] == ["c": true])
    }

    @Test func nestedListsAndMappings() throws {
        let node: YAMLNode = [
            "list": [
                ["a": .noted("first", 1), "b": [1, [2, 3], ["c": 4]]],
                .noted("second", ["d": .absent("none"), "e": 5]), [],
            ],
            "none": YAMLNode(.mapping([])), "left": .absent(nil),
        ]
        let text = YAMLWriter.text([node])
        #expect(
            text == """
                list:
                    # first
                  - a: 1
                    b:
                      - 1
                      - - 2
                        - 3
                      - c: 4
                  # second
                    # none
                  - e: 5
                  - []
                none:
                  {}

                """)
        let read = try Yams.load(yaml: text) as? [String: Any]
        #expect((read?["none"] as? [String: Any])?.isEmpty == true)
        #expect((read?["list"] as? [Any])?.count == 3)
    }

    @Test func documentsFollowOneAnother() throws {
        let text = YAMLWriter.text([["a": 1], ["b": 2]], heading: "of two")
        #expect(text == "# of two\na: 1\n---\nb: 2\n")
        #expect(try Array(Yams.load_all(yaml: text)).count == 2)
    }

    @Test func longCommentsAreWrappedAndCommandsAreNot() {
        let word = "abcdefghi"
        let words = Array(repeating: word, count: 30).joined(separator: " ")
        let lines = YAMLWriter.text([["a": .noted(words + "\n    " + words, 1)]]).split(separator: "\n")
        #expect(lines.count == 5)
        #expect(lines.prefix(3).allSatisfy { $0.count <= 110 && $0.hasPrefix("# " + word) })
        #expect(lines[3] == "#     " + words)
    }
}
