import CPackSystem
import PackCore

// Question answering: the best stretch of the context.
extension Predictor {
    /// Tokens that an answer may have.
    private var longestAnswer: Int { 15 }

    /// Appends `"text", "start", "end", "score"`: of all stretches of at most 15 tokens of the second text (of the first, if it
    /// is alone) the one with the greatest product of the probabilities that it starts and ends there.
    func appendSpan(_ row: Int, to answer: ByteBuffer) {
        guard let starts = rows("start_logits"), let ends = rows("end_logits", position: 1), row < starts.count,
            row < ends.count
        else { return }
        let source: UInt8 = request.texts[row].hasSecond ? 1 : 0
        let tokens = min(batch.tokenCount(row), min(starts.width, ends.width))
        let startSum = logSum(starts, row, source, tokens)
        let endSum = logSum(ends, row, source, tokens)
        var best = 0..<0
        var bestScore = -Double.infinity
        for first in 0..<tokens where batch.token(row, first).source == source {
            for last in first..<min(tokens, first + longestAnswer) where batch.token(row, last).source == source {
                let score = Double(starts.value(row, first)) + Double(ends.value(row, last))
                if score > bestScore {
                    bestScore = score
                    best = first..<last + 1
                }
            }
        }
        guard let first = best.first, let last = best.last else {
            answer.append("\"text\":\"\",\"start\":0,\"end\":0,\"score\":0")
            return
        }
        let start = Int(batch.token(row, first).start)
        let end = max(start, Int(batch.token(row, last).end))
        appendPlace(start..<end, of: text(row, source: source), to: answer)
        answer.append(",\"score\":")
        answer.append(json: Float(pack_exp(bestScore - startSum - endSum)))
    }

    /// The logarithm of the sum of exponentials over the tokens of one source.
    private func logSum(_ rows: Rows, _ row: Int, _ source: UInt8, _ tokens: Int) -> Double {
        var largest = -Double.infinity
        for index in 0..<tokens where batch.token(row, index).source == source {
            largest = max(largest, Double(rows.value(row, index)))
        }
        guard largest.isFinite else { return 0 }
        var sum = 0.0
        for index in 0..<tokens where batch.token(row, index).source == source {
            sum += pack_exp(Double(rows.value(row, index)) - largest)
        }
        return largest + pack_log(sum)
    }
}
