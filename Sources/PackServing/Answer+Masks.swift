import PackCore

// Masked language models: what could stand at each mask.
extension Predictor {
    /// Appends `"masks": [{"position": …, "tokens": [{"token", "id", "score"}]}]`, a mask of the text each, candidates best
    /// first.
    func appendMasks(_ row: Int, to answer: ByteBuffer) {
        answer.append("\"masks\":[")
        let places = places(row)
        if let rows = rows("logits"), places.upperBound <= rows.count {
            var isFirst = true
            for index in 0..<places.count where isMask(Int(token(row, index).id)) {
                answer.append(isFirst ? "{\"position\":" : ",{\"position\":")
                isFirst = false
                answer.append(decimal: index)
                appendCandidates(rows, places.lowerBound + index, to: answer)
                answer.append("}")
            }
        }
        answer.append("]")
    }

    private func isMask(_ id: Int) -> Bool {
        guard let piece = encoder?.piece(id) else { return false }
        return matches(piece, "[MASK]") || matches(piece, "<mask>")
    }

    private func appendCandidates(_ rows: Rows, _ row: Int, to answer: ByteBuffer) {
        let logSum = rows.logSum(row)
        answer.append(",\"tokens\":[")
        var last: Int?
        for rank in 0..<min(request.top, rows.width) {
            guard let next = next(rows, row, after: last) else { break }
            last = next
            answer.append(rank > 0 ? ",{\"token\":" : "{\"token\":")
            answer.append(jsonString: encoder?.piece(next) ?? UnsafeRawBufferPointer(start: nil, count: 0))
            answer.append(",\"id\":")
            answer.append(decimal: next)
            answer.append(",\"score\":")
            answer.append(json: rows.probability(row, next, logSum))
            answer.append("}")
        }
        answer.append("]")
    }

    /// The column that follows another in the order of falling values, the lower number first among equals.
    private func next(_ rows: Rows, _ row: Int, after last: Int?) -> Int? {
        var best: Int?
        for column in 0..<rows.width {
            let value = rows.value(row, column)
            if let last {
                let limit = rows.value(row, last)
                guard value < limit || (value == limit && column > last) else { continue }
            }
            if let found = best, value <= rows.value(row, found) { continue }
            best = column
        }
        return best
    }
}
