extension ByteBuffer {
    /// Appends the parts of a message: texts, numbers and names, in order.
    fileprivate func append(_ parts: MessagePart...) {
        for part in parts {
            switch part {
            case .text(let text): append(text)
            case .number(let number): append(decimal: number)
            case .name(let name):
                append(0x22)
                append(name)
                append(0x22)
            }
        }
    }
}

private enum MessagePart {
    case text(StaticString)
    case number(Int)
    case name([UInt8])
}

extension RequestError {
    /// Appends one sentence for people: what was found, what was expected.
    public func appendMessage(to out: ByteBuffer) {
        switch self {
        case .json(let error): error.appendMessage(to: out)
        case .wrongType(let field, let expected, let offset):
            out.append(.name(field), .text(" must be "), .text(expected.text), .text(", at byte "), .number(offset))
        case .unknownField(let name):
            out.append(
                .text("unknown field "), .name(name),
                .text("; known: text, text_pair, texts, text_pairs, inputs, outputs, top"))
        case .needsOneOfTextTextsInputs: out.append(.text("a request has one of text, texts and inputs"))
        case .contradiction(let text): out.append(.text(text.text))
        case .noTexts: out.append(.text("texts is empty"))
        case .takesNoText: out.append(.text("this model has no tokenizer for its inputs; send inputs instead of text"))
        case .badValue: out.append(.text("a value in the inputs is out of the model's range, such as an unknown token id"))
        case .deadlinePassed: out.append(.text("the deadline passed before the request could be computed"))
        case .failed(let code): out.append(.text("the runtime failed, code "), .number(code))
        default: appendLimitMessage(to: out)
        }
    }

    private func appendLimitMessage(to out: ByteBuffer) {
        switch self {
        case .tooManyTexts(let found, let limit):
            out.append(.number(found), .text(" texts in one request, the limit is "), .number(limit))
        case .tooManyTokens(let texts, let longest, let limit):
            out.append(
                .number(texts), .text(" texts padded to "), .number(longest), .text(" tokens are more than "),
                .number(limit), .text(" tokens; send fewer texts in one request"))
        case .bodyTooLarge(let limit): out.append(.text("the body is larger than "), .number(limit), .text(" bytes"))
        case .answerTooLarge(let limit):
            out.append(
                .text("the answer is larger than "), .number(limit),
                .text(" bytes; send fewer texts, or name the outputs that you need"))
        case .outOfMemory(let bytes):
            out.append(.text("these shapes need "), .number(bytes), .text(" bytes of memory, more than there is"))
        default: appendInputMessage(to: out)
        }
    }

    private func appendInputMessage(to out: ByteBuffer) {
        switch self {
        case .unknownInput(let name, let known):
            out.append(.text("the model has no input "), .name(name), .text("; it has "))
            out.append(known)
        case .unknownOutput(let name): out.append(.text("the model has no output "), .name(name))
        case .missingInput(let name): out.append(.text("input "), .name(name), .text(" is missing"))
        case .repeatedInput(let name): out.append(.text("input "), .name(name), .text(" is given twice"))
        case .ragged(let input, let axis, let offset):
            out.append(
                .text("input "), .name(input), .text(" is not a regular array: axis "), .number(axis),
                .text(" differs at byte "), .number(offset))
        case .wrongRank(let input, let found, let expected):
            out.append(
                .text("input "), .name(input), .text(" has "), .number(found), .text(" axes, the model takes "),
                .number(expected))
        case .wrongDimension(let input, let axis, let found, let expected):
            out.append(
                .text("axis "), .number(axis), .text(" of input "), .name(input), .text(" has extent "), .number(found),
                .text(", expected "), .number(expected))
        case .tooLong(let input, let axis, let found, let limit):
            out.append(
                .text("axis "), .number(axis), .text(" of input "), .name(input), .text(" has extent "), .number(found),
                .text(", the most is "), .number(limit))
        case .emptyAxis(let input, let axis):
            out.append(.text("axis "), .number(axis), .text(" of input "), .name(input), .text(" is empty"))
        case .wrongCount(let input, let found, let expected):
            out.append(
                .text("input "), .name(input), .text(" has "), .number(found), .text(" elements, its shape needs "),
                .number(expected))
        case .outOfRange(let input, let type, let offset):
            out.append(
                .text("a number of input "), .name(input), .text(" is no "), .text(type.text), .text(", at byte "),
                .number(offset))
        default: break
        }
    }
}

extension JSONError {
    /// Appends one sentence for people.
    public func appendMessage(to out: ByteBuffer) {
        let text: StaticString =
            switch kind {
            case .truncated: "the JSON text ends too early"
            case .unexpectedByte: "not JSON: unexpected character"
            case .badEscape: "not JSON: unknown escape in a string"
            case .controlCharacter: "not JSON: control character in a string"
            case .badNumber: "not JSON: malformed number"
            case .tooDeep: "the JSON text is nested more than 64 deep"
            case .trailingBytes: "not JSON: something follows the value"
            case .wrongType: "a JSON value of another type is expected"
            case .outOfMemory: "a string is larger than the memory there is"
            }
        out.append(text)
        out.append(", at byte ")
        out.append(decimal: offset)
    }
}

extension RequestError {
    /// Appends `{"error": {"type": …, "message": …}}`, the body of an HTTP answer.
    public func appendHTTPBody(to out: ByteBuffer, scratch: ByteBuffer) {
        appendObject(to: out, scratch: scratch, opening: "{\"error\":{\"type\":", middle: ",\"message\":", closing: "}}\n")
    }

    /// Appends `{"errorType": …, "errorMessage": …, "stackTrace": []}`, as Lambda's Runtime API wants it.
    public func appendLambdaBody(to out: ByteBuffer, scratch: ByteBuffer) {
        appendObject(
            to: out, scratch: scratch, opening: "{\"errorType\":", middle: ",\"errorMessage\":",
            closing: ",\"stackTrace\":[]}")
    }

    private func appendObject(
        to out: ByteBuffer, scratch: ByteBuffer, opening: StaticString, middle: StaticString, closing: StaticString
    ) {
        scratch.clear()
        appendMessage(to: scratch)
        out.append(opening)
        out.append(jsonString: type)
        out.append(middle)
        out.append(jsonString: scratch.bytes)
        out.append(closing)
    }
}
