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
            try setShape(input, rank: reader.rank, reader.dimensions, count: reader.count)
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

    /// Checks the shape of an input that was sent, and tells the engine.
    ///
    /// - Parameter count: Its elements; nil if there are too many to count.
    func setShape(_ input: Int, rank found: Int, _ extents: [8 of Int], count: Int?) throws(RequestError) {
        let rank = engine.inputRank(input)
        guard found == rank else {
            throw RequestError(.wrongRank, name: name(ofInput: input), found: found, expected: rank)
        }
        var dimensions: [Int] = []
        for axis in 0..<rank {
            let found = extents[axis]
            if let expected = engine.inputDimension(input, axis), expected != found {
                throw RequestError(
                    .wrongDimension, name: name(ofInput: input), found: found, expected: expected, axis: axis)
            }
            guard found > 0 else { throw RequestError(.emptyAxis, name: name(ofInput: input), axis: axis) }
            dimensions.append(found)
        }
        if roles[input] != .other, let count, count > limits.tokens, dimensions[0] > 1 {
            throw RequestError(
                .tooManyTokens, found: count, expected: limits.tokens, axis: dimensions[0])
        }
        try setShape(input, dimensions)
    }

    /// What the request gives for an input.
    func given(_ input: Int) -> Request.InputRange? {
        let name = UnsafeRawBufferPointer(engine.inputName(input))
        for index in 0..<request.inputs.count where equal(request.bytes(request.inputs[index].name), name) {
            return request.inputs[index]
        }
        return nil
    }

    /// Refuses names that the model does not have, and names that come twice.
    func checkNames() throws(RequestError) {
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

    func knownOutputs() -> [UInt8] {
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
        let layout = OutputLayout(output, self)
        for axis in 0..<engine.outputRank(output) {
            if axis > 0 { answer.append(0x2C) }
            answer.append(decimal: layout.extent(axis, engine.outputDimension(output, axis)))
        }
        answer.append("],\"data\":[")
        appendElements(output, layout, to: answer)
        answer.append("]}")
    }

    /// Appends the elements of the request's part of an output, with commas between them.
    func appendElements(_ output: Int, _ layout: OutputLayout, to answer: ByteBuffer) {
        let type = engine.outputDType(output)
        let bytes = engine.outputBytes(output)
        var isFirst = true
        for part in 0..<layout.partCount {
            let (range, zeros) = layout.part(part, self, count: bytes.count / type.size)
            if !isFirst, range.count > 0 { answer.append(0x2C) }
            isFirst = isFirst && range.count == 0
            if type == .string {
                append(texts: bytes, range, to: answer)
            } else {
                type.append(bytes, range, to: answer)
            }
            for _ in 0..<zeros {
                answer.append(isFirst ? "0" : ",0")
                isFirst = false
            }
        }
    }

    private func append(texts codes: UnsafeRawBufferPointer, _ range: Range<Int>, to answer: ByteBuffer) {
        for index in range {
            if index > 0 { answer.append(0x2C) }
            let code = codes.loadUnaligned(fromByteOffset: index * 8, as: Int64.self)
            answer.append(jsonString: UnsafeRawBufferPointer(engine.text(code)))
        }
    }
}

/// Which elements of an output belong to a request. Texts that were computed side by side have rows of their own, or tokens of
/// their own; tensors of tokens are given as those of a batch that was padded, with zeros for padding.
struct OutputLayout {
    /// Whether the request's part is chosen text by text.
    let hasTokens: Bool
    private let isPacked: Bool
    private let texts: Int
    private var longest = 0
    /// Elements of a row, or of a token.
    private var width = 1

    init<Engine, Encoder>(_ output: Int, _ predictor: Predictor<Engine, Encoder>) {
        let engine = predictor.engine
        isPacked = predictor.isPacked && !predictor.request.hasInputs
        texts = predictor.textCount
        hasTokens = isPacked && engine.outputDimension(output, 0) == 1
        if hasTokens { for text in 0..<texts { longest = max(longest, predictor.places(text).count, 1) } }
        for axis in 0..<engine.outputRank(output) where !(isPacked && axis == 0) && (!hasTokens || axis > 1) {
            width *= engine.outputDimension(output, axis)
        }
    }

    /// The extent of an axis of the request's part, given that of the output.
    func extent(_ axis: Int, _ whole: Int) -> Int {
        if isPacked, axis == 0 { return texts }
        return hasTokens && axis == 1 ? longest : whole
    }

    /// Runs of elements that lie one behind the other.
    var partCount: Int { hasTokens ? texts : 1 }

    /// Elements of a run, of `count` of the output, and the zeros after them.
    func part<Engine, Encoder>(_ index: Int, _ predictor: Predictor<Engine, Encoder>, count: Int) -> (Range<Int>, Int) {
        if hasTokens {
            let tokens = predictor.places(index)
            return (tokens.lowerBound * width..<min(tokens.upperBound * width, count), (longest - tokens.count) * width)
        }
        guard isPacked else { return (0..<count, 0) }
        return (predictor.firstText * width..<(predictor.firstText + texts) * width, 0)
    }
}
