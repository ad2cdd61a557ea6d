extension TokenizerDefinition {
    /// Reads the post-processor of a tokenizer.json into the two templates.
    mutating func readPostProcessor(_ node: TokenizerNode?) throws(TokenizerImportError) {
        guard let node else { return }
        let type = try node.required("type")
        switch try type.name() {
        case "TemplateProcessing":
            let tokens = try node.required("special_tokens")
            single = try parts(try node.required("single"), tokens, texts: 1)
            pair = try parts(try node.required("pair"), tokens, texts: 2)
        case "BertProcessing":
            let (start, end) = (try namedToken(try node.required("cls")), try namedToken(try node.required("sep")))
            surround(start: start, end: end)
        case "RobertaProcessing":
            let (start, end) = (try namedToken(try node.required("cls")), try namedToken(try node.required("sep")))
            single = [.token(id: start, type: 0), .text(index: 0, type: 0), .token(id: end, type: 0)]
            pair = single + [.token(id: end, type: 0), .text(index: 1, type: 0), .token(id: end, type: 0)]
        default: throw type.unsupported(["TemplateProcessing", "BertProcessing", "RobertaProcessing"])
        }
    }

    /// BERT's templates.
    mutating func surround(start: Int, end: Int) {
        single = [.token(id: start, type: 0), .text(index: 0, type: 0), .token(id: end, type: 0)]
        pair = single + [.text(index: 1, type: 1), .token(id: end, type: 1)]
    }

    /// A token as `["[SEP]", 102]`.
    private func namedToken(_ node: TokenizerNode) throws(TokenizerImportError) -> Int {
        let elements = try node.elements()
        guard elements.count == 2 else { throw node.invalid(expected: "a token and its id") }
        return try knownID(elements[1])
    }

    private func knownID(_ node: TokenizerNode) throws(TokenizerImportError) -> Int {
        let id = try node.number(upTo: Self.idLimit - 1)
        guard id < pieces.count else { throw node.invalid(expected: "an id below \(pieces.count)") }
        return id
    }

    private func parts(
        _ node: TokenizerNode, _ tokens: TokenizerNode, texts: Int
    ) throws(TokenizerImportError) -> [Part] {
        var parts: [Part] = []
        var seen = 0
        for element in try node.elements() {
            if let text = try element.member("Sequence") {
                let (name, id) = (try text.required("id").name(), try text.required("id"))
                guard seen < texts, name == ["A", "B"][seen] else {
                    throw id.invalid(expected: texts == 1 ? "A, once" : "A and then B, each once")
                }
                parts.append(.text(index: seen, type: try type(text)))
                seen += 1
            } else {
                let token = try element.required("SpecialToken")
                let type = try type(token)
                for id in try ids(of: try token.required("id"), in: tokens) { parts.append(.token(id: id, type: type)) }
            }
        }
        guard seen == texts else { throw node.invalid(expected: texts == 1 ? "the text A" : "the texts A and B") }
        guard parts.count <= 64 else { throw node.invalid(expected: "at most 64 parts") }
        return parts
    }

    private func type(_ node: TokenizerNode) throws(TokenizerImportError) -> UInt8 {
        UInt8(try node.required("type_id").number(upTo: 255))
    }

    private func ids(
        of name: TokenizerNode, in tokens: TokenizerNode
    ) throws(TokenizerImportError) -> [Int] {
        let wanted = try name.bytes()
        for (key, value) in try tokens.members() where key == wanted {
            let path = tokens.path + "[\"" + String(decoding: key.prefix(80), as: UTF8.self) + "\"]"
            let entry = TokenizerNode(value, path: path, file: tokens.file)
            var ids: [Int] = []
            for id in try entry.required("ids").elements() { ids.append(try knownID(id)) }
            return ids
        }
        throw name.invalid(expected: "a token of \(tokens.path)")
    }
}
