import CPackSystem
import PackCore

/// An output as rows of numbers: the last axis is a row.
struct Rows {
    let type: DType
    let bytes: UnsafeRawBufferPointer
    /// Number of rows.
    let count: Int
    /// Elements of a row.
    let width: Int

    @inline(never)
    func value(_ row: Int, _ column: Int) -> Float { type.float(bytes, row * width + column) }

    /// The column with the largest value; 0 if there is none.
    @inline(never)
    func best(_ row: Int) -> Int {
        var best = 0
        for column in 0..<width where value(row, column) > value(row, best) { best = column }
        return best
    }

    /// The logarithm of the sum of a row's exponentials, computed without overflow.
    @inline(never)
    func logSum(_ row: Int) -> Double {
        guard width > 0 else { return 0 }
        let largest = Double(value(row, best(row)))
        var sum = 0.0
        for column in 0..<width { sum += pack_exp(Double(value(row, column)) - largest) }
        return largest + pack_log(sum)
    }

    /// The softmax of one element, given the row's `logSum`.
    @inline(never)
    func probability(_ row: Int, _ column: Int, _ logSum: Double) -> Float {
        Float(pack_exp(Double(value(row, column)) - logSum))
    }
}

// What people want of the answer, for the tasks that the runtime knows. `{` stands before it, and `outputs` may follow.
extension Predictor {
    func appendHead(to answer: ByteBuffer) throws(RequestError) {
        switch engine.task {
        case .tensors, .hiddenState: return
        case .embedding: appendEmbeddings(to: answer)
        case .classification, .tokenClassification, .questionAnswering, .maskedLanguage: appendResults(to: answer)
        }
    }

    /// Appends the members of the result for a text.
    func appendResult(_ text: Int, to answer: ByteBuffer) {
        switch engine.task {
        case .tokenClassification: appendEntities(text, to: answer)
        case .questionAnswering: appendSpan(text, to: answer)
        case .maskedLanguage: appendMasks(text, to: answer)
        default: appendLabel(text, to: answer)
        }
    }

    /// The rows of the output with that name, or of the one at that position.
    func rows(_ name: StaticString, position: Int = 0) -> Rows? {
        var found = position
        for output in 0..<engine.outputCount where matches(UnsafeRawBufferPointer(engine.outputName(output)), name) {
            found = output
        }
        guard found < engine.outputCount else { return nil }
        let rank = engine.outputRank(found)
        guard rank > 0 else { return nil }
        let width = engine.outputDimension(found, rank - 1)
        var count = 1
        for axis in 0..<rank - 1 { count *= engine.outputDimension(found, axis) }
        let type = engine.outputDType(found)
        let bytes = engine.outputBytes(found)
        guard bytes.count >= count * width * type.size else { return nil }
        return Rows(type: type, bytes: bytes, count: count, width: width)
    }

    /// Members of one result for a text, or a list of such results for several.
    private func appendResults(to answer: ByteBuffer) {
        guard request.isBatch else {
            appendResult(0, to: answer)
            return
        }
        answer.append("\"results\":[")
        for row in 0..<textCount {
            answer.append(row > 0 ? ",{" : "{")
            appendResult(row, to: answer)
            answer.append("}")
        }
        answer.append("]")
    }

    private func appendEmbeddings(to answer: ByteBuffer) {
        guard let rows = rows("sentence_embedding"), rows.count == batch.rowCount else { return }
        let first = firstText * rows.width
        answer.append(request.isBatch ? "\"embeddings\":[" : "\"embedding\":")
        for row in 0..<textCount {
            answer.append(row > 0 ? ",[" : "[")
            rows.type.append(
                rows.bytes, first + row * rows.width..<first + (row + 1) * rows.width, to: answer)
            answer.append("]")
        }
        if request.isBatch { answer.append("]") }
    }

    private func appendLabel(_ text: Int, to answer: ByteBuffer) {
        guard let (label, score) = label(text) else { return }
        answer.append("\"label\":")
        appendLabelName(label, to: answer)
        answer.append(",\"score\":")
        answer.append(json: score)
    }

    /// The best label of a text of the request, and its score: the softmax over the labels, or the logistic function for a
    /// single one. nil where the model has no logits for it.
    func label(_ text: Int) -> (label: Int, score: Float)? {
        let row = firstText + text
        guard let rows = rows("logits"), row < rows.count, rows.width > 0 else { return nil }
        let best = rows.best(row)
        let score =
            rows.width == 1
            ? Float(1 / (1 + pack_exp(-Double(rows.value(row, 0))))) : rows.probability(row, best, rows.logSum(row))
        return (best, score)
    }

    /// The label's name as a JSON string; LABEL_n for one without.
    func appendLabelName(_ label: Int, to answer: ByteBuffer) {
        if label < engine.labelCount {
            answer.append(jsonString: UnsafeRawBufferPointer(engine.label(label)))
        } else {
            answer.append("\"LABEL_")
            answer.append(decimal: label)
            answer.append("\"")
        }
    }

    /// The source text of a row: the first, or its partner.
    func text(_ row: Int, source: UInt8) -> UnsafeRawBufferPointer {
        let ranges = request.texts[row]
        return request.bytes(source == 1 ? ranges.second : ranges.first)
    }

    /// Appends `"text": …, "start": …, "end": …` for bytes of a text; the numbers count Unicode scalars.
    func appendPlace(_ range: Range<Int>, of text: UnsafeRawBufferPointer, to answer: ByteBuffer) {
        answer.append("\"text\":")
        answer.append(jsonString: text.part(range))
        answer.append(",\"start\":")
        answer.append(decimal: scalars(text, before: range.lowerBound))
        answer.append(",\"end\":")
        answer.append(decimal: scalars(text, before: range.upperBound))
    }

    private func scalars(_ text: UnsafeRawBufferPointer, before end: Int) -> Int {
        var count = 0
        for index in 0..<min(end, text.count) where text[index] & 0xC0 != 0x80 { count += 1 }
        return count
    }
}
