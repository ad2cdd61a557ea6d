import PackTokenizers

extension TokenizerDefinition {
    /// Builds BERT's tokenizer from a vocab.txt, a piece a line, and what the files beside it say.
    ///
    /// - Parameters:
    ///   - bytes: the content of vocab.txt.
    ///   - file: its path, for errors.
    ///   - configuration: tokenizer_config.json.
    ///   - specialTokens: special_tokens_map.json.
    init(
        vocabulary bytes: [UInt8], file: String, configuration: TokenizerNode?, specialTokens: TokenizerNode?
    ) throws(TokenizerImportError) {
        try readLines(bytes, file: file)
        if let type = try configuration?.member("tokenizer_class") {
            let known = ["BertTokenizer", "BertTokenizerFast", "DistilBertTokenizer", "DistilBertTokenizerFast"]
            let isKnown = known.contains(try type.name())
            if !isKnown { throw type.unsupported(known, hint: "save the model with its tokenizer.json") }
        }
        normalizer.lowercases = try configuration?.member("do_lower_case")?.bool() ?? true
        normalizer.stripsAccents = try configuration?.member("strip_accents")?.bool() ?? normalizer.lowercases
        normalizer.separatesIdeographs = try configuration?.member("tokenize_chinese_chars")?.bool() ?? true
        let names: [(StaticString, String)] = [
            ("unk_token", "[UNK]"), ("sep_token", "[SEP]"), ("pad_token", "[PAD]"), ("cls_token", "[CLS]"),
            ("mask_token", "[MASK]"),
        ]
        var ids: [Int] = []
        for (name, fallback) in names {
            let (mapped, configured) = (try specialTokens?.member(name), try configuration?.member(name))
            ids.append(try special(mapped ?? configured, fallback, file: file))
        }
        (unknownID, padID) = (ids[0], ids[2])
        surround(start: ids[3], end: ids[1])
        if let more = try specialTokens?.member("additional_special_tokens") {
            for token in try more.elements() { _ = try special(token, "", file: file) }
        }
        if let more = try configuration?.member("added_tokens_decoder") { try addDecoder(more) }
        try check(file: file)
    }

    private mutating func readLines(_ bytes: [UInt8], file: String) throws(TokenizerImportError) {
        guard bytes.count <= Self.fileLimit, String(validating: bytes, as: UTF8.self) != nil else {
            throw .malformed(
                file: file, offset: validCount(bytes), found: "bytes that are not UTF-8", expected: "UTF-8")
        }
        var lines = bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
        if lines.last?.isEmpty == true { lines.removeLast() }
        guard !lines.isEmpty, lines.count <= Self.idLimit else {
            throw .invalid(
                file: file, path: "", found: "\(lines.count) lines",
                expected: "1 to \(Self.idLimit) lines, a token each",
                hint: nil)
        }
        for (id, line) in lines.enumerated() {
            let piece = Array(line.last == UInt8(ascii: "\r") ? line.dropLast() : line)
            guard piece.count <= TokenizerTable.tokenLimit else {
                throw .invalid(
                    file: file, path: "line \(id + 1)", found: "\(piece.count) bytes",
                    expected: "a token of at most \(TokenizerTable.tokenLimit) bytes", hint: nil)
            }
            pieces.append(piece)
            model[piece] = id
        }
        nextID = pieces.count
    }

    /// Adds a special token, given as a string or as an object with its content, and returns its id.
    private mutating func special(
        _ node: TokenizerNode?, _ fallback: String, file: String
    ) throws(TokenizerImportError) -> Int {
        let place = node ?? TokenizerNode(.string(Array(fallback.utf8)), file: file)
        var token = AddedToken(content: Array(fallback.utf8), id: 0)
        if let node {
            if case .object = node.value {
                token = try addedToken(node)
                token.isNormalized = false
            } else {
                token.content = try node.bytes()
            }
        }
        guard model[token.content] != nil else { throw place.invalid(expected: "a token of vocab.txt") }
        try add(token, id: nil, content: place)
        return id(of: token.content) ?? 0
    }

    private func addedToken(_ node: TokenizerNode) throws(TokenizerImportError) -> AddedToken {
        var token = AddedToken(content: try node.required("content").bytes(), id: 0)
        token.isSingleWord = try node.member("single_word")?.bool() ?? false
        token.stripsLeft = try node.member("lstrip")?.bool() ?? false
        token.stripsRight = try node.member("rstrip")?.bool() ?? false
        let isSpecial = try node.member("special")?.bool() ?? false
        token.isNormalized = try node.member("normalized")?.bool() ?? !isSpecial
        return token
    }

    /// Adds the tokens of `added_tokens_decoder`, whose keys are ids.
    private mutating func addDecoder(_ node: TokenizerNode) throws(TokenizerImportError) {
        for (key, value) in try node.members() {
            let name = String(decoding: key.prefix(20), as: UTF8.self)
            let entry = TokenizerNode(value, path: node.path + "[\"\(name)\"]", file: node.file)
            let id = TokenizerNode(.number(key), path: entry.path, file: node.file)
            try add(try addedToken(entry), id: id, content: entry)
        }
    }
}
