import PackCore

/// A run of tokens with the same label.
private struct Entity {
    var label: Int
    var source: UInt8
    var start: Int
    var end: Int
    var scores: Float
    var tokens: Int
}

// Token classification: neighbouring tokens of one label become an entity, as `B-`, `I-` or plain labels have it.
extension Predictor {
    /// Appends `"entities": [{"label", "score", "text", "start", "end"}]`; the score is the mean over the tokens, the label
    /// is without `B-` and `I-`, and tokens labelled `O` are left out.
    func appendEntities(_ row: Int, to answer: ByteBuffer) {
        answer.append("\"entities\":[")
        let places = places(row)
        guard let rows = rows("logits"), places.upperBound <= rows.count else {
            answer.append("]")
            return
        }
        var open: Entity?
        var isFirst = true
        for place in places {
            let token = token(row, place - places.lowerBound)
            if token.source == 255 { continue }
            let label = rows.best(place)
            let score = rows.probability(place, label, rows.logSum(place))
            if var entity = open, continues(entity, token, label) {
                entity.end = Int(token.end)
                entity.scores += score
                entity.tokens += 1
                open = entity
                continue
            }
            close(&open, row, &isFirst, to: answer)
            if !isOutside(label) {
                open = Entity(
                    label: label, source: token.source, start: Int(token.start), end: Int(token.end), scores: score,
                    tokens: 1)
            }
        }
        close(&open, row, &isFirst, to: answer)
        answer.append("]")
    }

    private func close(_ open: inout Entity?, _ row: Int, _ isFirst: inout Bool, to answer: ByteBuffer) {
        guard let entity = open else { return }
        open = nil
        answer.append(isFirst ? "{\"label\":" : ",{\"label\":")
        isFirst = false
        if entity.label < engine.labelCount {
            answer.append(jsonString: stem(entity.label))
        } else {
            appendLabelName(entity.label, to: answer)
        }
        answer.append(",\"score\":")
        answer.append(json: entity.scores / Float(entity.tokens))
        answer.append(",")
        appendPlace(entity.start..<max(entity.start, entity.end), of: text(row, source: entity.source), to: answer)
        answer.append("}")
    }

    private func continues(_ entity: Entity, _ token: TokenBatch.Token, _ label: Int) -> Bool {
        guard token.source == entity.source, !isOutside(label) else { return false }
        if label == entity.label { return !hasPrefix(label, 0x42) || Int(token.start) == entity.end }
        guard label < engine.labelCount, entity.label < engine.labelCount, hasPrefix(label, 0x49) else { return false }
        return equal(stem(label), stem(entity.label))
    }

    private func isOutside(_ label: Int) -> Bool {
        label < engine.labelCount && matches(UnsafeRawBufferPointer(engine.label(label)), "O")
    }

    /// Whether the label starts with that letter and a hyphen.
    private func hasPrefix(_ label: Int, _ letter: UInt8) -> Bool {
        guard label < engine.labelCount else { return false }
        let name = engine.label(label)
        return name.count > 2 && name[0] == letter && name[1] == 0x2D
    }

    private func stem(_ label: Int) -> UnsafeRawBufferPointer {
        let name = UnsafeRawBufferPointer(engine.label(label))
        return hasPrefix(label, 0x42) || hasPrefix(label, 0x49) ? name.part(2..<name.count) : name
    }
}
