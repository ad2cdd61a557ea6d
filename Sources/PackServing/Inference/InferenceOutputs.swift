import PackCore

/// What can be asked for as an output.
enum InferenceOutput: Equatable {
    /// One of the model's own outputs.
    case own(Int)
    /// What a text model makes of them for each text.
    case embedding, label, score, result

    /// The name of what is not the model's own.
    var name: StaticString {
        switch self {
        case .own: ""
        case .embedding: "embedding"
        case .label: "label"
        case .score: "score"
        case .result: "result"
        }
    }

    /// What a task gives for texts besides the model's own outputs.
    static func made(for task: TaskKind) -> [InferenceOutput] {
        switch task {
        case .tensors, .hiddenState: []
        case .embedding: [.embedding]
        case .classification: [.label, .score]
        case .tokenClassification, .questionAnswering, .maskedLanguage: [.result]
        }
    }
}

// The answer to an inference request.
extension InferenceHandler {
    /// The output of that name; nil if there is none.
    private func output(_ name: UnsafeRawBufferPointer) -> InferenceOutput? {
        if !predictor.request.hasInputs {
            for output in InferenceOutput.made(for: predictor.engine.task) where matches(name, output.name) {
                return output
            }
        }
        for index in 0..<predictor.engine.outputCount
        where equal(UnsafeRawBufferPointer(predictor.engine.outputName(index)), name) {
            return .own(index)
        }
        return nil
    }

    /// Outputs of a request that asks for none by name.
    private var standardOutputs: [InferenceOutput] {
        let made = predictor.request.hasInputs ? [] : InferenceOutput.made(for: predictor.engine.task)
        return made.isEmpty ? (0..<predictor.engine.outputCount).map { .own($0) } : made
    }

    /// Writes the answer from what was computed.
    func write(_ answer: HTTPAnswer) throws(RequestError) {
        let body = answer.body
        binary.clear(keeping: 1 << 20)
        body.clear()
        body.append("{\"model_name\":")
        modelName.withUnsafeBytes { body.append(jsonString: $0) }
        body.append(",\"model_version\":\"1\"")
        if let id = request.id {
            body.append(",\"id\":")
            body.append(jsonString: request.bytes(id))
        }
        body.append(",\"outputs\":[")
        if request.outputs.count == 0 {
            var isFirst = true
            for output in standardOutputs {
                if !isFirst { body.append(0x2C) }
                isFirst = false
                try write(output, isBinary: request.wantsBinary, to: body)
            }
        }
        for index in 0..<request.outputs.count {
            let wanted = request.outputs[index]
            let name = request.bytes(wanted.name)
            guard let output = output(name) else {
                throw RequestError(.unknownOutput, name: copied(name), known: knownOutputs())
            }
            if index > 0 { body.append(0x2C) }
            try write(output, isBinary: wanted.isChosen ? wanted.isBinary : request.wantsBinary, to: body)
        }
        body.append("]}")
        if binary.count > 0 {
            answer.type = "application/octet-stream"
            answer.headers.append("\r\nInference-Header-Content-Length: ")
            answer.headers.append(decimal: body.count)
            body.append(binary.bytes)
        }
        if body.overflowed || binary.overflowed { throw RequestError(.outOfMemory, found: body.count + binary.count) }
        (answer.texts, answer.tokens) = predictor.answered
    }

    private func knownOutputs() -> [UInt8] {
        let known = ByteBuffer()
        if !predictor.request.hasInputs {
            for output in InferenceOutput.made(for: predictor.engine.task) {
                known.append(output.name)
                known.append(", ")
            }
        }
        known.append(predictor.knownOutputs())
        return [UInt8](known.bytes)
    }

    private func write(_ output: InferenceOutput, isBinary: Bool, to body: ByteBuffer) throws(RequestError) {
        let start = binary.count
        body.append("{\"name\":")
        if case .own(let index) = output {
            body.append(jsonString: UnsafeRawBufferPointer(predictor.engine.outputName(index)))
            writeOwn(index, isBinary, to: body)
        } else {
            body.append(jsonString: output.name)
            try writeMade(output, isBinary, to: body)
        }
        if isBinary {
            body.append("],\"parameters\":{\"binary_data_size\":")
            body.append(decimal: binary.count - start)
            body.append("}}")
        } else {
            body.append("]}")
        }
    }

    /// Appends what stands between an output's name and its elements.
    private func appendType(_ type: DType, to body: ByteBuffer) {
        body.append(",\"datatype\":")
        body.append(jsonString: type.datatype)
        body.append(",\"shape\":[")
    }

    // MARK: The model's own outputs

    private func writeOwn(_ output: Int, _ isBinary: Bool, to body: ByteBuffer) {
        let engine = predictor.engine
        let layout = OutputLayout(output, predictor)
        let type = engine.outputDType(output)
        appendType(type, to: body)
        for axis in 0..<engine.outputRank(output) {
            if axis > 0 { body.append(0x2C) }
            body.append(decimal: layout.extent(axis, engine.outputDimension(output, axis)))
        }
        if !isBinary {
            body.append("],\"data\":[")
            predictor.appendElements(output, layout, to: body)
            return
        }
        let bytes = engine.outputBytes(output)
        for part in 0..<layout.partCount {
            let (range, zeros) = layout.part(part, predictor, count: bytes.count / type.size)
            if type == .string {
                for index in range {
                    let code = bytes.loadUnaligned(fromByteOffset: index * 8, as: Int64.self)
                    appendBinary(UnsafeRawBufferPointer(engine.text(code)))
                }
            } else {
                binary.append(bytes.part(range.lowerBound * type.size..<range.upperBound * type.size))
            }
            for _ in 0..<zeros * (type == .string ? 4 : type.size) { binary.append(0) }
        }
    }

    private func appendBinary(_ text: UnsafeRawBufferPointer) {
        let room = binary.reserve(4)
        guard room.count == 4 else { return }
        room.storeBytes(of: UInt32(truncatingIfNeeded: text.count), as: UInt32.self)
        binary.commit(4)
        binary.append(text)
    }

    // MARK: What is made of them

    private func writeMade(_ output: InferenceOutput, _ isBinary: Bool, to body: ByteBuffer) throws(RequestError) {
        let texts = predictor.textCount
        if output == .embedding {
            guard let rows = predictor.rows("sentence_embedding") else { throw RequestError(.failed) }
            let range = predictor.firstText * rows.width..<(predictor.firstText + texts) * rows.width
            appendType(rows.type, to: body)
            body.append(decimal: texts)
            body.append(0x2C)
            body.append(decimal: rows.width)
            if isBinary {
                let size = rows.type.size
                binary.append(rows.bytes.part(range.lowerBound * size..<range.upperBound * size))
            } else {
                body.append("],\"data\":[")
                rows.type.append(rows.bytes, range, to: body)
            }
            return
        }
        appendType(output == .score ? .f32 : .string, to: body)
        body.append(decimal: texts)
        if !isBinary { body.append("],\"data\":[") }
        for text in 0..<texts {
            if !isBinary, text > 0 { body.append(0x2C) }
            if output == .score {
                guard let score = predictor.label(text)?.score else { throw RequestError(.failed) }
                if isBinary {
                    withUnsafeBytes(of: score) { binary.append($0) }
                } else {
                    body.append(json: score)
                }
                continue
            }
            try make(output, text)
            if isBinary { appendBinary(element.bytes) } else { body.append(jsonString: element.bytes) }
        }
    }

    /// Makes the element of a text.
    private func make(_ output: InferenceOutput, _ text: Int) throws(RequestError) {
        element.clear()
        if output == .label {
            guard let label = predictor.label(text)?.label else { throw RequestError(.failed) }
            if label < predictor.engine.labelCount {
                element.append(predictor.engine.label(label))
            } else {
                element.append("LABEL_")
                element.append(decimal: label)
            }
            return
        }
        element.append("{")
        predictor.appendResult(text, to: element)
        element.append("}")
    }
}
