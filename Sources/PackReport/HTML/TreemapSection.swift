/// The treemap's part of a page: where the script draws, its data, and a table for those without the script.
enum TreemapSection {
    static func html(_ root: TreemapNode) -> String {
        let kinds = TreemapNode.Kind.allCases.map(\.rawValue)
        let data = TreemapData(root, most: 50_000)
        return """
            <section id="bytes" aria-labelledby="bytes-title">
            <h2 id="bytes-title">Where the bytes are</h2>
            <div id="treemap" data-kinds="\(kinds.joined(separator: " "))" hidden>
            <nav class="crumbs" aria-label="Zoom"><ol></ol></nav>
            <div class="map" role="group" aria-label="Treemap: arrow keys move, Enter zooms in, Escape zooms out"></div>
            <p class="info"></p>
            <ul class="legend" aria-label="Colours"></ul>
            <div class="scroll" tabindex="0" role="region" aria-label="Largest parts here"></div>
            </div>
            <noscript>\(table(root))</noscript>
            <script type="application/json" id="treemap-data">\(data.text)</script>
            </section>
            """
    }

    /// The largest parts, and the largest parts of those.
    private static func table(_ root: TreemapNode) -> String {
        var table = Table([.init("PART"), .init("KIND"), .init("BYTES", .right), .init("SHARE", .right)])
        for child in largest(root, 12) {
            table.rows.append(row(child, child.name, root))
            for part in largest(child, 5) { table.rows.append(row(part, child.name + " / " + part.name, root)) }
        }
        return BlockHTML.html(.table(table), label: "Largest parts")
    }

    private static func largest(_ node: TreemapNode, _ most: Int) -> ArraySlice<TreemapNode> {
        node.children.sorted(by: TreemapData.isBefore).prefix(most)
    }

    private static func row(_ node: TreemapNode, _ name: String, _ root: TreemapNode) -> [Text] {
        [
            Text(name), Text(node.kind.rawValue), Text(NumberText.grouped(node.bytes)),
            Text(NumberText.percent(Double(node.bytes) / Double(max(root.bytes, 1)))),
        ]
    }
}
