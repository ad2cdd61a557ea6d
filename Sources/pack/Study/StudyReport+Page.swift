import PackFit
import PackReport

extension StudyReport {
    /// The study as a page by itself.
    var page: Page {
        let blocks = Array(document.blocks.dropFirst())
        return Page(
            title: "Study: " + result.contestants.filter(\.isBundle).map(\.subject).joined(separator: ", "),
            subtitle:
                "Platforms side by side for bundles and the usual Python stacks: limits, latency, cold start, scaling, size, cost.",
            footer: "pack \(result.machine.version), \(result.machine.date), \(result.machine.processor)",
            sections: Page.sections(of: Document(blocks), opening: "What was done"))
    }
}
