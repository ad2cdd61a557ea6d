import PackReport
import Testing

@Suite struct PageRendererTests {
    @Test func golden() throws {
        try Golden.expect(PageRenderer.render(Samples.page), "page.html")
        try Golden.expect(PageRenderer.render(Samples.hostilePage), "hostile.html")
    }

    @Test func isSmallAndNeedsNothingElse() {
        let page = Page(title: "t", subtitle: "s", footer: "f", treemap: TreemapNode("r", bytes: 1, kind: .folder))
        let text = PageRenderer.render(page)
        #expect(text.utf8.count < 40_000)
        for part in ["http:", "https:", "//cdn", "src=", "innerHTML", "@import", "url("] {
            #expect(!text.contains(part), "\(part)")
        }
        #expect(text.contains("default-src 'none'"))
        #expect(!text.contains("unsafe-inline"))
    }

    @Test func withoutATreemapThereIsNoScriptForIt() {
        let text = PageRenderer.render(Page(title: "t", subtitle: "", footer: ""))
        #expect(!text.contains("treemap-data"))
        #expect(!text.contains("squarify"))
    }

    @Test func textsAreNoMarkup() {
        let text = PageRenderer.render(Samples.hostilePage)
        func count(_ part: String) -> Int { text.split(separator: part, omittingEmptySubsequences: false).count - 1 }
        // The data and the script; nothing from a text.
        #expect(count("<script") == 2)
        #expect(count("</script") == 2)
        #expect(count("<img") == 0)
        #expect(count("<!--") == 0)
        let isPlain = text.unicodeScalars.allSatisfy { $0 == "\n" || $0.value >= 0x20 && $0.value != 0x202E }
        #expect(isPlain)
        let isInjected = text.contains("##[")
        #expect(!isInjected)
    }

    @Test func documentsBecomeSections() {
        let document = Document([
            .paragraph(["p"]), .heading("A"), .list([["x"]]), .heading("Empty"), .heading("B"), .command("c"),
        ])
        let sections = Page.sections(of: document, opening: "Summary")
        #expect(sections.map(\.title) == ["Summary", "A", "B"])
        #expect(sections.allSatisfy { $0.blocks.count == 1 })
    }

    @Test func barsStayInside() {
        let text = PageRenderer.render(Samples.page)
        // 12.25 times the limit: the limit is at 82 of 1000.
        #expect(
            text.contains(
                "<rect class=\"used\" width=\"82\" height=\"10\"/><rect class=\"over\" x=\"82\" width=\"918\""))
        #expect(text.contains("over: 12.3 ×"))
        #expect(text.contains("<rect class=\"used\" width=\"420\" height=\"10\"/></svg>"))
    }

    @Test func manyNodesAreFoldedAndDeepOnesCut() {
        var deep = TreemapNode("end", bytes: 70_000, kind: .code)
        for level in 0..<1000 { deep = TreemapNode("l\(level)", kind: .folder, children: [deep]) }
        let many = (1...60_000).map { (size: Int) in TreemapNode("f\(size)", bytes: size, kind: .code) }
        let root = TreemapNode("r", kind: .folder, children: [deep] + many)
        let text = PageRenderer.render(Page(title: "t", subtitle: "", footer: "", treemap: root))
        #expect(text.contains("[\"f60000\",60000,2]"))
        #expect(!text.contains("[\"f5000\",5000,2]"))
        #expect(text.contains(" smaller\","))
        #expect(!text.contains("\"l100\""))
    }

    // Worked out by Python's hashlib.
    @Test(arguments: [
        ("", "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="),
        ("abc", "ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0="),
        (String(repeating: "a", count: 55), "n0OQ+NMMLdkuyfCVtl4rmumwqSWlJY4kHJ8ekQ9zQxg="),
        (String(repeating: "a", count: 56), "s1Q5pKxvCUi21vnjxq8PX1kM4g8b3nCQ73lwaG7Gc4o="),
        (String(repeating: "a", count: 1000), "Qe3s5C1j6Nm/UVqbppMuHCDLyfWl0TRkWttdsblzfqM="),
    ])
    func policyHashes(_ text: String, _ digest: String) { #expect(InlineHash.of(text) == "sha256-" + digest) }

    @Test func partsNeverAddUpToMoreThanTheWhole() {
        let node = TreemapNode(
            "r", bytes: 5, kind: .folder,
            children: [.init("a", bytes: .max, kind: .code), .init("b", bytes: .max, kind: .code)])
        #expect(node.bytes == .max)
        #expect(TreemapNode("n", bytes: -5, kind: .code).bytes == 0)
    }
}
