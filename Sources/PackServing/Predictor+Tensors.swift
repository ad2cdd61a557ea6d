import PackCore

// Inputs by name, and outputs by name.
extension Predictor {
    func computeTensors() throws(RequestError) {
        try checkNames()
        var readers: [ArrayReader] = []
        for input in 0..<engine.inputCount {
            guard let given = given(input) else { throw RequestError(.missingInput, name: name(ofInput: input)) }
            var reader = ArrayReader(
                input: name(ofInput: input), body: body, offset: given.value, type: engine.inputDType(input),
                text: entity)
            try reader.measure(name: scratch)
            try setShape(input, of: reader)
            readers.append(reader)
        }
        try engine.prepare()
        for input in 0..<engine.inputCount {
            try readers[input].fill(engine.inputBytes(input)) { text throws(RequestError) in
                try engine.code(of: text)
            }
        }
        try engine.run()
    }

    private func setShape(_ input: Int, of reader: ArrayReader) throws(RequestError) {
        let rank = engine.inputRank(input)
        guard reader.rank == rank else {
            throw RequestError(.wrongRank, name: name(ofInput: input), found: reader.rank, expected: rank)
        }
        var dimensions: [Int] = []
        for axis in 0..<rank {
            let found = reader.dimensions[axis]
            if let expected = engine.inputDimension(input, axis), expected != found {
                throw RequestError(
                    .wrongDimension, name: name(ofInput: input), found: found, expected: expected, axis: axis)
            }
            guard found > 0 else { throw RequestError(.emptyAxis, name: name(ofInput: input), axis: axis) }
            dimensions.append(found)
        }
        if roles[input] != .other, let count = reader.count, count > limits.tokens, dimensions[0] > 1 {
            throw RequestError(
                .tooManyTokens, found: count, expected: limits.tokens, axis: dimensions[0])
        }
        try setShape(input, dimensions)
    }

    private func given(_ input: Int) -> Request.InputRange? {
        let name = UnsafeRawBufferPointer(engine.inputName(input))
        for index in 0..<request.inputs.count where equal(request.bytes(request.inputs[index].name), name) {
            return request.inputs[index]
        }
        return nil
    }

    /// Refuses names that the model does not have, and names that come twice.
    private func checkNames() throws(RequestError) {
        for index in 0..<request.inputs.count {
            let found = request.bytes(request.inputs[index].name)
            guard isInput(found) else { throw RequestError(.unknownInput, name: copied(found), known: knownInputs()) }
            for other in 0..<index where equal(request.bytes(request.inputs[other].name), found) {
                throw RequestError(.repeatedInput, name: copied(found))
            }
        }
    }

    private func isInput(_ name: UnsafeRawBufferPointer) -> Bool {
        for input in 0..<engine.inputCount where equal(UnsafeRawBufferPointer(engine.inputName(input)), name) {
            return true
        }
        return false
    }

    private func knownInputs() -> [UInt8] {
        var known: [UInt8] = []
        for input in 0..<engine.inputCount {
            if input > 0 { known += [0x2C, 0x20] }
            known += name(ofInput: input)
        }
        return known
    }

    private func knownOutputs() -> [UInt8] {
        var known: [UInt8] = []
        for output in 0..<engine.outputCount {
            if output > 0 { known += [0x2C, 0x20] }
            known += copied(UnsafeRawBufferPointer(engine.outputName(output)))
        }
        return known
    }

    // MARK: Outputs

    /// Appends the member `outputs`, unless the request does without.
    func appendOutputs(to answer: ByteBuffer) throws(RequestError) {
        guard wantsOutputs else { return }
        try checkSelection()
        if answer.bytes.last != 0x7B { answer.append(0x2C) }
        answer.append("\"outputs\":{")
        var isFirst = true
        for output in 0..<engine.outputCount where isWanted(output) {
            if !isFirst { answer.append(0x2C) }
            isFirst = false
            appendOutput(output, to: answer)
        }
        answer.append(0x7D)
    }

    private var wantsOutputs: Bool {
        switch request.selection {
        case .none: false
        case .all, .named: true
        case .standard: request.hasInputs || engine.task != .maskedLanguage
        }
    }

    private func isWanted(_ output: Int) -> Bool {
        guard request.selection == .named else { return true }
        let name = UnsafeRawBufferPointer(engine.outputName(output))
        for index in 0..<request.selected.count where equal(request.bytes(request.selected[index]), name) {
            return true
        }
        return false
    }

    private func checkSelection() throws(RequestError) {
        for index in 0..<request.selected.count {
            let name = request.bytes(request.selected[index])
            var isKnown = false
            for output in 0..<engine.outputCount where equal(UnsafeRawBufferPointer(engine.outputName(output)), name) {
                isKnown = true
            }
            guard isKnown else { throw RequestError(.unknownOutput, name: copied(name), known: knownOutputs()) }
        }
    }

    private func appendOutput(_ output: Int, to answer: ByteBuffer) {
        answer.append(jsonString: UnsafeRawBufferPointer(engine.outputName(output)))
        answer.append(":{\"shape\":[")
        let isPacked = isPacked && !request.hasInputs
        // Tensors of tokens are given as those of a batch that was padded, with zeros for padding.
        let hasTokens = isPacked && engine.outputDimension(output, 0) == 1
        var longest = 0
        if hasTokens { for text in 0..<textCount { longest = max(longest, places(text).count, 1) } }
        var width = 1
        for axis in 0..<engine.outputRank(output) {
            var extent = engine.outputDimension(output, axis)
            if isPacked, axis == 0 { extent = textCount } else if !hasTokens || axis > 1 { width *= extent }
            if hasTokens, axis == 1 { extent = longest }
            if axis > 0 { answer.append(0x2C) }
            answer.append(decimal: extent)
        }
        answer.append("],\"data\":[")
        let type = engine.outputDType(output)
        let bytes = engine.outputBytes(output)
        let count = bytes.count / type.size
        if hasTokens {
            for text in 0..<textCount {
                let tokens = places(text)
                if text > 0 { answer.append(0x2C) }
                type.append(bytes, tokens.lowerBound * width..<min(tokens.upperBound * width, count), to: answer)
                for index in tokens.count * width..<longest * width { answer.append(index > 0 ? ",0" : "0") }
            }
        } else {
            let range = isPacked ? firstText * width..<(firstText + textCount) * width : 0..<count
            if type == .string {
                append(texts: bytes, range, to: answer)
            } else {
                type.append(bytes, range, to: answer)
            }
        }
        answer.append("]}")
    }

    private func append(texts codes: UnsafeRawBufferPointer, _ range: Range<Int>, to answer: ByteBuffer) {
        for index in range {
            if index > 0 { answer.append(0x2C) }
            let code = codes.loadUnaligned(fromByteOffset: index * 8, as: Int64.self)
            answer.append(jsonString: UnsafeRawBufferPointer(engine.text(code)))
        }
    }
}
