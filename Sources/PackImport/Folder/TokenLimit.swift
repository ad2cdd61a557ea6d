/// The longest text that a model takes.
enum TokenLimit {
    /// In tokens, special ones included: what sentence-transformers cuts at, else what the tokenizer cuts at, and never
    /// more than there are positions.
    static func of(_ folder: ModelFolder, positions: Int) throws(ImportError) -> Int {
        if folder.modules != nil,
            let settings = try Settings.optional("sentence_bert_config.json", in: folder.transformer),
            settings.value(["max_seq_length"]) != nil
        {
            return min(positions, try settings.count("max_seq_length", in: 1...(1 << 30)))
        }
        guard let settings = try Settings.optional("tokenizer_config.json", in: folder.transformer),
            let (key, value) = settings.value(["model_max_length"])
        else { return positions }
        // A tokenizer without a limit writes 10^30.
        guard let limit = value.double, limit >= 1 else {
            throw settings.invalid(value, at: key, expected: "a whole number from 1")
        }
        return Int(min(Double(positions), limit))
    }
}
