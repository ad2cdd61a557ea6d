import PackGraph

/// The sum of the tables' rows, normalized.
extension ModelBuilder {
    mutating func embeddings(_ ids: String, _ configuration: EncoderConfiguration) throws(ImportError) -> String {
        let path = "\(weights.prefix)embeddings"
        let hidden = configuration.hidden
        let words = try weight("\(path).word_embeddings.weight", configuration.vocabulary, hidden)
        var sum = gather(words, ids, "\(path).word_embeddings")
        if configuration.tokenTypes > 0 {
            let table = try weight("\(path).token_type_embeddings.weight", configuration.tokenTypes, hidden)
            // Without the input, every token is of type 0.
            let types = configuration.takesTokenTypes ? input("token_type_ids") : try integer(0)
            sum = node("Add", path, [sum, gather(table, types, "\(path).token_type_embeddings")])
        }
        let places = try weight("\(path).position_embeddings.weight", configuration.positions, hidden)
        let positions =
            configuration.family == .roberta
            ? try countedPositions(ids, configuration.padding, "\(path).position_ids")
            : try plainPositions(ids, "\(path).position_ids")
        sum = node("Add", path, [sum, gather(places, positions, "\(path).position_embeddings")])
        return try layerNorm(sum, "\(path).LayerNorm", hidden, configuration.epsilon)
    }

    private mutating func gather(_ table: String, _ rows: String, _ path: String) -> String {
        node("Gather", path, [table, rows], ["axis": .int(0)])
    }

    /// 0, 1, 2 and so on: [1, sequence].
    private mutating func plainPositions(_ ids: String, _ path: String) throws(ImportError) -> String {
        let shape = node("Shape", path, [ids])
        let length = node("Gather", path, [shape, try integer(1)], ["axis": .int(0)])
        let range = node("Range", path, [try integer(0), length, try integer(1)])
        return node("Unsqueeze", path, [range, try list(0)])
    }

    /// Tokens other than padding counted from behind the padding token's identifier, padding at that identifier:
    /// [batch, sequence].
    private mutating func countedPositions(
        _ ids: String, _ padding: Int, _ path: String
    ) throws(ImportError) -> String {
        let isPadding = node("Equal", path, [ids, try integer(padding)])
        let isToken = node("Cast", path, [node("Not", path, [isPadding])], ["to": .dtype(.i64)])
        let counted = node("CumSum", path, [isToken, try integer(1)])
        let masked = node("Mul", path, [counted, isToken])
        return node("Add", path, [masked, try integer(padding)])
    }
}
