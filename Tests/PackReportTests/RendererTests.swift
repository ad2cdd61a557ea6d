import PackReport
import Testing

@Suite struct TextRendererTests {
    private func render(_ document: Document, width: Int = 60, color: Bool = false, cuts: Bool = true) -> String {
        TextRenderer(width: width, color: color, cuts: cuts).render(document)
    }

    private func table(_ overflow: Table.Overflow, _ texts: [Text]) -> Document {
        Document([
            .table(Table([.init("N", .right), .init("NAME", overflow: overflow)], rows: texts.map { ["1", $0] }))
        ])
    }

    @Test func columnsAlign() {
        let document = Document([
            .heading("Title"),
            .table(Table([.init("A"), .init("B", .right)], rows: [["x", "10"], ["longer", "1"]])),
        ])
        #expect(render(document) == "Title\n  A        B\n  x       10\n  longer   1\n")
    }

    @Test func wideCharactersTakeTwoColumns() {
        let document = Document([.table(Table([.init(""), .init("")], rows: [["文字", "x"], ["abcd", "y"]]))])
        #expect(render(document) == "  文字  x\n  abcd  y\n")
    }

    @Test func longNamesAreCutOnATerminalOnly() {
        let name = String(repeating: "a", count: 50) + String(repeating: "b", count: 50)
        let cut = render(table(.cut, [Text(name)]), width: 40)
        #expect(cut.split(separator: "\n").allSatisfy { $0.count <= 40 })
        #expect(cut.contains("a…b"))
        #expect(render(table(.cut, [Text(name)]), width: 40, cuts: false).contains(name))
    }

    @Test func longTextsWrap() {
        let text = Array(repeating: "word", count: 20).joined(separator: " ")
        let lines = render(table(.wrap, [Text(text)]), width: 40).split(separator: "\n")
        #expect(lines.count == 4)
        #expect(lines.allSatisfy { $0.count <= 40 })
    }

    @Test func wordsAreNeverBroken() {
        let word = String(repeating: "x", count: 70)
        #expect(render(table(.wrap, [Text(word)]), width: 40).contains(word))
    }

    @Test func paragraphsFlow() {
        let document = Document([.paragraph(["one ", Text("two three four five six seven eight nine ten", .strong)])])
        #expect(render(document, width: 40) == "one two three four five six seven eight\n  nine ten\n")
    }

    @Test func coloursOnlyWhereWanted() {
        let document = Document([.list([[Text("bad", .bad)]])])
        #expect(render(document) == "  bad\n")
        #expect(render(document, color: true) == "  \u{1B}[31;1mbad\u{1B}[0m\n")
    }

    // In a pipeline, the table is what a runner reads.
    @Test func namesCannotCommandARunner() {
        for name in ["::error::x", "::add-mask::x", "a##[error]b", "##[add-mask]x"] {
            let text = Text(name)
            let document = Document([.paragraph([text]), .list([[text]]), .command(name), .heading(name)])
            let all =
                render(document) + render(table(.wrap, [text])) + MarkdownRenderer.render(document)
                + render(Document([.table(Table([.init(name)], rows: [[text]]))]))
            for line in all.split(separator: "\n") {
                let isCommand = line.drop { $0 == " " }.hasPrefix("::") || line.contains("##[")
                #expect(!isCommand)
            }
        }
        #expect(render(Document([.paragraph(["::a::b"])])) == ": :a::b\n")
        #expect(render(Document([.paragraph(["a::b #[c]"])])) == "a::b #[c]\n")
    }

    @Test func namesCannotCommandTheTerminal() {
        let evil: Text = "a\u{1B}[2Jb\nc\u{202E}"
        let document = Document([.heading(evil.text), .paragraph([evil]), .list([[evil]]), .command(evil.text)])
        let text = render(document, color: true) + render(table(.keep, [evil]))
        #expect(!text.contains("\u{1B}[2J"))
        #expect(!text.contains("\u{202E}"))
        #expect(!text.contains("b\nc"))
    }
}

@Suite struct MarkdownRendererTests {
    @Test func tablesAndRuns() {
        let document = Document([
            .heading("A #1"), .paragraph(["plain ", Text(" strong ", .strong)]), .list([["x|y"]]),
            .table(Table([.init("N", .right), .init("NAME")], rows: [["1", Text("a|b", .bad)]])),
            .command("run ``` it"),
        ])
        #expect(
            MarkdownRenderer.render(document) == """
                ### A \\#1

                plain  **strong** \n\n- x\\|y

                | N | NAME |
                | ---: | :--- |
                | 1 | **a\\|b** |

                ````
                run ``` it
                ````

                """)
    }
}
