import PackIO
import PackTokenizers

extension TokenizerDefinition {
    /// Largest file that is read.
    static let fileLimit = 128 << 20

    /// Reads the tokenizer of a model folder: tokenizer.json, or where that is missing vocab.txt with tokenizer_config.json and
    /// special_tokens_map.json.
    ///
    /// - Parameter folder: the path of the folder.
    /// - Throws: `TokenizerImportError` that names the file and the place in it.
    public static func load(folder: String) throws(TokenizerImportError) -> TokenizerDefinition {
        let names = ["tokenizer.json", "vocab.txt"]
        let paths = names.map { "\(folder)/\($0)" }
        if let bytes = try contents(paths[0]) { return try TokenizerDefinition(json: bytes, file: paths[0]) }
        guard let vocabulary = try contents(paths[1]) else { throw .missing(folder: folder, expected: names) }
        func json(_ name: String) throws(TokenizerImportError) -> TokenizerNode? {
            let path = "\(folder)/\(name)"
            guard let bytes = try contents(path) else { return nil }
            return TokenizerNode(try TokenizerJSON.parse(bytes, file: path), file: path)
        }
        return try TokenizerDefinition(
            vocabulary: vocabulary, file: paths[1], configuration: try json("tokenizer_config.json"),
            specialTokens: try json("special_tokens_map.json"))
    }

    /// A file's bytes; nil if there is no such file.
    private static func contents(_ path: String) throws(TokenizerImportError) -> [UInt8]? {
        do throws(IOFailure) {
            guard let kind = try FileContents.kind(of: path) else { return nil }
            guard kind != .folder else { throw IOFailure.notRegular(path: path, found: kind) }
            return try FileContents.bytes(of: path, limit: fileLimit)
        } catch {
            switch error {
            case .notRegular(_, let found): throw .unreadable(file: path, reason: "it is \(found.description)")
            case .tooLarge(_, let bytes, let limit):
                throw .unreadable(file: path, reason: "it has \(bytes) bytes; at most \(limit) are read")
            default: throw .unreadable(file: path, reason: error.facts.found ?? error.facts.what)
            }
        }
    }

    /// Reads the content of a tokenizer.json.
    /// - Throws: `TokenizerImportError` with the path of the value that does not fit.
    public init(json bytes: [UInt8], file: String) throws(TokenizerImportError) {
        let root = TokenizerNode(try TokenizerJSON.parse(bytes, file: file), file: file)
        try readModel(try root.required("model"))
        try readNormalizer(try root.member("normalizer"))
        try readPreTokenizer(try root.required("pre_tokenizer", hint: "BertPreTokenizer is the one that is supported"))
        try readAddedTokens(try root.member("added_tokens"))
        try readPostProcessor(try root.member("post_processor"))
        if let truncation = try root.member("truncation") {
            truncationMaximum = try truncation.required("max_length").number(upTo: Int(Int32.max))
            if let direction = try truncation.member("direction") {
                truncatesStart = try direction.name() == "Left"
            }
        }
        try readPadding(try root.member("padding"))
        try check(file: file)
    }

    private mutating func readPadding(_ node: TokenizerNode?) throws(TokenizerImportError) {
        padID = id(of: "[PAD]") ?? id(of: "<pad>") ?? 0
        guard let id = try node?.member("pad_id") else { return }
        padID = try id.number(upTo: Self.idLimit - 1)
        guard padID < pieces.count else { throw id.invalid(expected: "an id below \(pieces.count)") }
    }

    private mutating func readNormalizer(_ node: TokenizerNode?) throws(TokenizerImportError) {
        guard let node else {
            normalizer = Normalizer(
                cleansText: false, separatesIdeographs: false, stripsAccents: false, lowercases: false)
            return
        }
        let type = try node.required("type")
        guard try type.name() == "BertNormalizer" else { throw type.unsupported(["BertNormalizer"]) }
        normalizer.cleansText = try node.required("clean_text").bool()
        normalizer.separatesIdeographs = try node.required("handle_chinese_chars").bool()
        normalizer.lowercases = try node.required("lowercase").bool()
        normalizer.stripsAccents = try node.member("strip_accents")?.bool() ?? normalizer.lowercases
    }

    private func readPreTokenizer(_ node: TokenizerNode) throws(TokenizerImportError) {
        let type = try node.required("type")
        guard try type.name() == "BertPreTokenizer" else { throw type.unsupported(["BertPreTokenizer"]) }
    }

    private mutating func readModel(_ node: TokenizerNode) throws(TokenizerImportError) {
        // Old files leave the type out.
        if let type = try node.member("type") {
            guard try type.name() == "WordPiece" else {
                throw type.unsupported(
                    ["WordPiece"], hint: "the model needs a tokenizer of this type: it cannot be packed yet")
            }
        } else if try node.member("max_input_chars_per_word") == nil {
            throw try node.required("type").unsupported(["WordPiece"])
        }
        continuationPrefix = try node.required("continuing_subword_prefix").bytes()
        if continuationPrefix.count > 64 {
            throw try node.required("continuing_subword_prefix").invalid(expected: "at most 64 bytes")
        }
        let limit = try node.required("max_input_chars_per_word")
        wordLimit = try limit.number(upTo: TokenizerTable.wordLimit)
        if wordLimit == 0 { throw limit.invalid(expected: "a whole number from 1 to \(TokenizerTable.wordLimit)") }
        try readVocabulary(try node.required("vocab"))
        let unknown = try node.required("unk_token")
        guard let id = model[try unknown.bytes()] else { throw unknown.invalid(expected: "a token of model.vocab") }
        unknownID = id
    }

    private mutating func readVocabulary(_ node: TokenizerNode) throws(TokenizerImportError) {
        let members = try node.members()
        guard !members.isEmpty, members.count <= Self.idLimit else {
            throw node.invalid(expected: "1 to \(Self.idLimit) tokens")
        }
        // Gaps between ids are memory that the file does not pay for with bytes.
        let limit = min(Self.idLimit, 4 * members.count + 1024) - 1
        var taken: [Bool] = []
        for (piece, value) in members {
            let entry = TokenizerNode(
                value, path: node.path + "[\"" + String(decoding: piece.prefix(80), as: UTF8.self) + "\"]",
                file: node.file)
            let id = try entry.number(upTo: limit)
            guard piece.count <= TokenizerTable.tokenLimit else {
                throw entry.invalid(expected: "a token of at most \(TokenizerTable.tokenLimit) bytes")
            }
            guard model.updateValue(id, forKey: piece) == nil else {
                throw entry.invalid(expected: "each token once")
            }
            if id >= pieces.count {
                pieces += [[UInt8]](repeating: [], count: id + 1 - pieces.count)
                taken += [Bool](repeating: false, count: id + 1 - taken.count)
            }
            guard !taken[id] else { throw entry.invalid(expected: "an id that no other token has") }
            taken[id] = true
            pieces[id] = piece
        }
        nextID = model.count
    }

    private mutating func readAddedTokens(_ node: TokenizerNode?) throws(TokenizerImportError) {
        guard let node else { return }
        for token in try node.elements() {
            let content = try token.required("content")
            var added = AddedToken(content: try content.bytes(), id: 0)
            added.isSingleWord = try token.member("single_word")?.bool() ?? false
            added.stripsLeft = try token.member("lstrip")?.bool() ?? false
            added.stripsRight = try token.member("rstrip")?.bool() ?? false
            let isSpecial = try token.member("special")?.bool() ?? false
            added.isNormalized = try token.member("normalized")?.bool() ?? !isSpecial
            let id = try token.required("id")
            try add(added, id: id, content: content)
        }
    }

    /// Adds a token under the id that `tokenizers` gives it: the model's, or the next free one.
    mutating func add(
        _ token: AddedToken, id: TokenizerNode?, content: TokenizerNode
    ) throws(TokenizerImportError) {
        guard !token.content.isEmpty else { return }
        guard token.content.count <= TokenizerTable.tokenLimit else {
            throw content.invalid(expected: "at most \(TokenizerTable.tokenLimit) bytes")
        }
        var token = token
        if let known = self.id(of: token.content) {
            token.id = known
        } else {
            token.id = nextID
            if let id, try id.number(upTo: Self.idLimit - 1) != token.id {
                throw id.invalid(
                    expected: "\(token.id), the first id that is free",
                    hint: "ids of added tokens follow the vocabulary's")
            }
            guard token.id < Self.idLimit else { throw content.invalid(expected: "at most \(Self.idLimit) tokens") }
            if token.id == pieces.count {
                pieces.append(token.content)
            } else if pieces[token.id].isEmpty {
                pieces[token.id] = token.content
            }
            addedIDs[token.content] = token.id
        }
        if let index = addedIndex[token.id] {
            addedTokens[index] = token
        } else {
            addedIndex[token.id] = addedTokens.count
            addedTokens.append(token)
            nextID = max(nextID, token.id + 1)
        }
    }

    /// Checks what only the whole tells.
    func check(file: String) throws(TokenizerImportError) {
        let table = TokenizerNormalizerTable(normalizer)
        for normalized in [false, true] {
            let tokens = sortedTokens(normalized: normalized, table)
            for (index, token) in tokens.enumerated() {
                let shown = "\"" + String(decoding: token.content.prefix(80), as: UTF8.self) + "\""
                if token.content.isEmpty || token.content.count > TokenizerTable.tokenLimit {
                    throw .invalid(
                        file: file, path: "added_tokens", found: "a token that becomes \(shown) when normalized",
                        expected: "1 to \(TokenizerTable.tokenLimit) bytes", hint: nil)
                }
                if index > 0, tokens[index - 1].content == token.content {
                    throw .invalid(
                        file: file, path: "added_tokens", found: "two tokens that become \(shown) when normalized",
                        expected: "each token once", hint: nil)
                }
            }
        }
    }
}
