import CPackSystem
import PackCore

// Question answering: the best stretch of the context.
extension Predictor {
    /// Tokens that an answer may have.
    private var longestAnswer: Int { 15 }

    /// Appends `"text", "start", "end", "score"`: of all stretches of at most 15 tokens of the second text (of the first, if it
    /// is alone) the one with the greatest product of the probabilities that it starts and ends there.
    func appendSpan(_ row: Int, to answer: ByteBuffer) {
        let places = places(row)
        guard let starts = scores("start_logits", places), let ends = scores("end_logits", places, position: 1) else {
            return
        }
        let source: UInt8 = request.texts[row].hasSecond ? 1 : 0
        let startSum = logSum(starts, row, source, places)
        let endSum = logSum(ends, row, source, places)
        var best = 0..<0
        var bestScore = -Double.infinity
        for first in 0..<places.count where token(row, first).source == source {
            for last in first..<min(places.count, first + longestAnswer) where token(row, last).source == source {
                let score =
                    Double(starts.value(places.lowerBound + first, 0)) + Double(ends.value(places.lowerBound + last, 0))
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
        let start = Int(token(row, first).start)
        let end = max(start, Int(token(row, last).end))
        appendPlace(start..<end, of: text(row, source: source), to: answer)
        answer.append(",\"score\":")
        answer.append(json: Float(pack_exp(bestScore - startSum - endSum)))
    }

    /// An output with a number for each token, as rows of one; nil where it has none for these.
    private func scores(_ name: StaticString, _ places: Range<Int>, position: Int = 0) -> Rows? {
        guard let rows = rows(name, position: position), places.upperBound <= rows.count * rows.width else {
            return nil
        }
        return Rows(type: rows.type, bytes: rows.bytes, count: rows.count * rows.width, width: 1)
    }

    /// The logarithm of the sum of exponentials over the tokens of one source.
    private func logSum(_ rows: Rows, _ row: Int, _ source: UInt8, _ places: Range<Int>) -> Double {
        var largest = -Double.infinity
        for index in 0..<places.count where token(row, index).source == source {
            largest = max(largest, Double(rows.value(places.lowerBound + index, 0)))
        }
        guard largest.isFinite else { return 0 }
        var sum = 0.0
        for index in 0..<places.count where token(row, index).source == source {
            sum += pack_exp(Double(rows.value(places.lowerBound + index, 0)) - largest)
        }
        return largest + pack_log(sum)
    }
}
