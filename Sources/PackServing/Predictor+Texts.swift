import PackCore

// Texts become the rows of one batch, padded to the longest.
extension Predictor {
    func computeTexts() throws(RequestError) {
        try encodeTexts()
        let fixed = fixedDimension(axis: 1)
        let columns = fixed ?? max(batch.longest, 1)
        let rows = batch.rowCount
        if batch.overflowed { throw RequestError(.outOfMemory, found: request.text.count) }
        if let fixedRows = fixedDimension(axis: 0), fixedRows != rows {
            throw RequestError(.tooManyTexts, found: rows, expected: fixedRows)
        }
        guard rows * columns <= limits.tokens || rows == 1 else {
            throw RequestError(.tooManyTokens, found: columns, expected: limits.tokens, axis: rows)
        }
        for input in 0..<engine.inputCount { try setShape(input, rows, columns) }
        try engine.prepare()
        for input in 0..<engine.inputCount { fill(input, rows, columns) }
        try engine.run()
    }

    private func encodeTexts() throws(RequestError) {
        guard encoder != nil, !roles.isEmpty else { throw RequestError(.takesNoText) }
        for role in roles where role == .other { throw RequestError(.takesNoText) }
        let maximum = maximumTokens
        batch.clear()
        for row in 0..<request.texts.count {
            let text = request.texts[row]
            let first = request.bytes(text.first)
            let second = text.hasSecond ? request.bytes(text.second) : nil
            encoder?.encode(first, pair: second, maximum: maximum, into: batch)
        }
    }

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

    private func fill(_ input: Int, _ rows: Int, _ columns: Int) {
        let place = engine.inputBytes(input)
        let isWide = engine.inputDType(input) == .i64
        guard place.count >= rows * columns * (isWide ? 8 : 4) else { return }
        let role = roles[input]
        for row in 0..<rows {
            let tokens = batch.tokenCount(row)
            for column in 0..<columns {
                let value = column < tokens ? value(role, batch.token(row, column)) : padding(role)
                let index = row * columns + column
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
}
