import PackReport
import Testing

@Suite struct PullRequestRendererTests {
    @Test func golden() throws {
        try Golden.expect(PullRequestRenderer.render(Samples.gate), "gate.md")
        try Golden.expect(PullRequestRenderer.render(Samples.hostileGate), "hostile.md")
        try Golden.expect(PullRequestRenderer.render(Samples.empty), "empty.md")
    }

    @Test func beginsWithTheMarkerAndTheVerdict() {
        let lines = PullRequestRenderer.render(Samples.gate).split(separator: "\n")
        #expect(lines.first == "<!-- pack-gate -->")
        #expect(lines.dropFirst().first == "### ❌ pack fails · pack gate for app")
    }

    @Test func sizesAreShownWithTheirChange() {
        let text = PullRequestRenderer.render(Samples.gate)
        #expect(
            text.contains(
                "| ❌ package.unpacked | lambda | 250 MiB | 311 MB | 250 MB | +61 MB (+24.4 %) |"))
        #expect(text.contains("| ✅ startup.time | lambda | 10 s | 1.25 s | 1 s | +250 ms (+25.0 %) |"))
        #expect(text.contains("| ❔ memory.peak | lambda | 512 MB | – | – | – |"))
    }

    @Test func noBaselineNoColumns() {
        var gate = Samples.gate
        for index in gate.measures.indices { gate.measures[index].baseline = nil }
        #expect(!PullRequestRenderer.render(gate).contains("Baseline"))
    }

    @Test func namesAreTakenLiterally() {
        var gate = Samples.empty
        let evil = "@team #1 www.x.org https://x.org $x$ </details><!-- pack-gate --> a|b"
        gate.results = [.init(rule: "PK1", level: .error, outcome: .fail, message: evil, path: evil)]
        gate.changes = [.init(kind: "file", name: evil, before: evil, after: nil, bytes: 1)]
        let text = PullRequestRenderer.render(gate)
        #expect(text.split(separator: "<!--", omittingEmptySubsequences: false).count == 2)
        #expect(text.split(separator: "</details>", omittingEmptySubsequences: false).count == 2)
        for part in ["https:", "www.", " @team", "a|b"] { #expect(!text.contains(part)) }
        #expect(text.contains("\\@&#8203;team"))
    }

    @Test func longListsAreCounted() {
        var gate = Samples.empty
        gate.changes = (1...1000).map { .init(kind: "file", name: "f\($0)", before: nil, after: "1", bytes: $0) }
        gate.problems = (1...11).map { "p\($0)" }
        gate.results = (1...1000).map { _ in
            .init(rule: "PK1", level: .error, outcome: .fail, message: Samples.long, path: Samples.long)
        }
        let text = PullRequestRenderer.render(gate)
        #expect(text.contains("and 990 more\n"))
        #expect(text.contains("- and 1 more problem\n"))
        #expect(text.utf8.count < 65_536)
    }
}
