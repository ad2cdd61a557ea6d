import PackCore

// Texts become a batch: side by side without padding where the model can, else rows padded to the longest.
extension Predictor {
    func computeTexts() throws(RequestError) {
        batch.clear()
        try encodeTexts()
        try computeBatch()
    }

    /// Whether the model has a tokenizer, and inputs that texts can fill.
    var takesTexts: Bool {
        for role in roles where role == .other { return false }
        return encoder != nil && !roles.isEmpty
    }

    /// Adds the request's texts to the batch.
    func encodeTexts() throws(RequestError) {
        guard takesTexts else { throw RequestError(.takesNoText) }
        let maximum = maximumTokens
        firstText = batch.rowCount
        textCount = request.texts.count
        for row in 0..<request.texts.count {
            let text = request.texts[row]
            let first = request.bytes(text.first)
            let second = text.hasSecond ? request.bytes(text.second) : nil
            encoder?.encode(first, pair: second, maximum: maximum, into: batch)
        }
    }

    /// Runs the model on the texts of the batch.
    func computeBatch() throws(RequestError) {
        let rows = batch.rowCount
        layOut()
        if batch.overflowed || ends.overflowed { throw RequestError(.outOfMemory, found: request.text.count) }
        if let fixedRows = fixedDimension(axis: 0), fixedRows != rows {
            throw RequestError(.tooManyTexts, found: rows, expected: fixedRows)
        }
        let tokens = ends[rows - 1]
        guard tokens <= limits.tokens || rows == 1 else {
            throw RequestError(.tooManyTokens, found: tokens, expected: limits.tokens, axis: rows)
        }
        for input in 0..<engine.inputCount {
            try setShape(input, isPacked ? 1 : rows, isPacked ? tokens : tokens / rows)
        }
        if isPacked { try engine.setTextEnds(UnsafeBufferPointer(start: ends.pointer, count: rows)) }
        try engine.prepare()
        for input in 0..<engine.inputCount { fill(input) }
        try engine.run()
    }

    /// Finds where texts end in the inputs. A text without tokens gets one of padding.
    private func layOut() {
        isPacked = batch.rowCount > 1 && engine.packsTexts
        let columns = fixedDimension(axis: 1) ?? max(batch.longest, 1)
        ends.clear()
        var end = 0
        for row in 0..<batch.rowCount {
            end += isPacked ? max(batch.tokenCount(row), 1) : columns
            ends.append(end)
        }
    }

    /// The place in the inputs of the first token of a text of the batch.
    private func start(_ row: Int) -> Int { row == 0 ? 0 : ends[row - 1] }

    /// Tokens that a text is cut to.
    private var maximumTokens: Int {
        var maximum = engine.maximumTokens > 0 ? engine.maximumTokens : encoder?.defaultMaximum ?? 512
        if let fixed = fixedDimension(axis: 1) { maximum = min(maximum, fixed) }
        return maximum
    }

    /// The extent that the model wants of an axis of its inputs; nil where it is free.
    private func fixedDimension(axis: Int) -> Int? {
        engine.inputCount > 0 && engine.inputRank(0) == 2 ? engine.inputDimension(0, axis) : nil
    }

    private func fill(_ input: Int) {
        let place = engine.inputBytes(input)
        let isWide = engine.inputDType(input) == .i64
        let rows = batch.rowCount
        guard place.count >= ends[rows - 1] * (isWide ? 8 : 4) else { return }
        let role = roles[input]
        for row in 0..<rows {
            let (first, tokens) = (start(row), batch.tokenCount(row))
            for index in first..<ends[row] {
                let value = index - first < tokens ? value(role, batch.token(row, index - first)) : padding(role)
                if isWide {
                    place.storeBytes(of: Int64(value), toByteOffset: index * 8, as: Int64.self)
                } else {
                    place.storeBytes(of: Int32(truncatingIfNeeded: value), toByteOffset: index * 4, as: Int32.self)
                }
            }
        }
    }

    private func value(_ role: TextRole, _ token: TokenBatch.Token) -> Int {
        switch role {
        case .ids: Int(token.id)
        case .types: Int(token.type)
        default: 1
        }
    }

    private func padding(_ role: TextRole) -> Int {
        role == .ids ? encoder?.padID ?? 0 : 0
    }

    // MARK: The request's texts in the batch

    /// Number of tokens of a text of the request.
    func tokenCount(_ text: Int) -> Int { batch.tokenCount(firstText + text) }

    /// A token of a text of the request.
    func token(_ text: Int, _ index: Int) -> TokenBatch.Token { batch.token(firstText + text, index) }

    /// The places of a text's tokens in outputs that have rows for tokens, as many as the inputs had of them.
    func places(_ text: Int) -> Range<Int> {
        let row = firstText + text
        return start(row)..<start(row) + min(batch.tokenCount(row), ends[row] - start(row))
    }
}
