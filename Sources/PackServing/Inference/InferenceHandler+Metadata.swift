import PackCore

// What a model takes and gives, as the protocol's metadata has it. Extents that are free are -1.
extension InferenceHandler {
    /// Appends the model's metadata. For a model that takes texts it lists `text` and what is made of it; the model's own inputs and
    /// outputs, which may be used as well, stand under `properties`.
    func describe(to body: ByteBuffer) {
        let engine = predictor.engine
        body.append("{\"name\":")
        modelName.withUnsafeBytes { body.append(jsonString: $0) }
        body.append(",\"versions\":[\"1\"],\"platform\":\"pack\",\"inputs\":[")
        guard predictor.takesTexts else {
            appendInputs(to: body)
            body.append("],\"outputs\":[")
            appendOutputs(to: body)
            body.append("]}")
            return
        }
        body.append("{\"name\":\"text\",\"datatype\":\"BYTES\",\"shape\":[-1]}],\"outputs\":[")
        let made = InferenceOutput.made(for: engine.task)
        var isFirst = true
        for output in made {
            if !isFirst { body.append(0x2C) }
            isFirst = false
            appendMade(output, to: body)
        }
        if made.isEmpty { appendOutputs(to: body) }
        body.append("],\"properties\":{\"optional_inputs\":\"text_pair\",\"tensor_inputs\":\"")
        for input in 0..<engine.inputCount {
            if input > 0 { body.append(0x2C) }
            body.appendEscaped(UnsafeRawBufferPointer(engine.inputName(input)))
        }
        body.append("\",\"tensor_outputs\":\"")
        for output in 0..<engine.outputCount {
            if output > 0 { body.append(0x2C) }
            body.appendEscaped(UnsafeRawBufferPointer(engine.outputName(output)))
        }
        body.append("\"}}")
    }

    private func appendInputs(to body: ByteBuffer) {
        let engine = predictor.engine
        for input in 0..<engine.inputCount {
            if input > 0 { body.append(0x2C) }
            appendTensor(engine.inputName(input), engine.inputDType(input), to: body)
            for axis in 0..<engine.inputRank(input) {
                appendExtent(engine.inputDimension(input, axis), axis, to: body)
            }
            body.append("]}")
        }
    }

    private func appendOutputs(to body: ByteBuffer) {
        let engine = predictor.engine
        for output in 0..<engine.outputCount {
            if output > 0 { body.append(0x2C) }
            appendTensor(engine.outputName(output), engine.outputDType(output), to: body)
            for axis in 0..<engine.outputRank(output) {
                appendExtent(engine.fixedOutputDimension(output, axis), axis, to: body)
            }
            body.append("]}")
        }
    }

    private func appendMade(_ output: InferenceOutput, to body: ByteBuffer) {
        let engine = predictor.engine
        let name = output.name
        let type: DType = output == .embedding ? engine.outputDType(0) : output == .score ? .f32 : .string
        appendTensor(
            UnsafeBufferPointer(start: name.utf8Start, count: name.utf8CodeUnitCount), type, to: body)
        appendExtent(nil, 0, to: body)
        if output == .embedding {
            let rank = engine.outputRank(0)
            appendExtent(rank > 0 ? engine.fixedOutputDimension(0, rank - 1) : nil, 1, to: body)
        }
        body.append("]}")
    }

    /// Appends an entry up to its shape's bracket.
    private func appendTensor(_ name: UnsafeBufferPointer<UInt8>, _ type: DType, to body: ByteBuffer) {
        body.append("{\"name\":")
        body.append(jsonString: UnsafeRawBufferPointer(name))
        body.append(",\"datatype\":")
        body.append(jsonString: type.datatype)
        body.append(",\"shape\":[")
    }

    private func appendExtent(_ extent: Int?, _ axis: Int, to body: ByteBuffer) {
        if axis > 0 { body.append(0x2C) }
        body.append(decimal: extent ?? -1)
    }
}
