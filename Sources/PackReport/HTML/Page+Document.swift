extension Page {
    /// The parts of a document, each with its heading as title.
    ///
    /// - Parameters:
    ///   - document: Where each heading begins a part.
    ///   - opening: The title of what stands before the first heading.
    public static func sections(of document: Document, opening: String) -> [Section] {
        var sections = [Section(opening, [])]
        for block in document.blocks {
            if case .heading(let title) = block {
                sections.append(Section(title, []))
            } else {
                sections[sections.count - 1].blocks.append(block)
            }
        }
        return sections.filter { !$0.blocks.isEmpty }
    }
}
