extension RequestError {
    /// The HTTP status.
    public var status: Int {
        switch kind {
        case .bodyTooLarge, .tooManyTexts, .tooManyTokens, .outOfMemory, .answerTooLarge, .textsTooLarge: 413
        case .deadlinePassed: 503
        case .failed: 500
        default: 400
        }
    }

    /// A name for programs, as Lambda's `errorType`.
    public var type: StaticString {
        switch kind {
        case .truncated, .unexpectedByte, .badEscape, .controlCharacter, .badNumber, .tooDeep, .trailingBytes:
            "InvalidJSON"
        case .wrongType, .outOfRange: "WrongType"
        case .unknownField, .needsOneForm, .contradiction, .noTexts, .takesNoText: "InvalidRequest"
        case .unknownInput: "UnknownInput"
        case .unknownOutput: "UnknownOutput"
        case .missingInput, .repeatedInput: "MissingInput"
        case .ragged, .wrongRank, .wrongDimension, .tooLong, .emptyAxis, .wrongCount: "WrongShape"
        case .badValue, .badText, .badImage: "InvalidValue"
        case .bodyTooLarge, .tooManyTexts, .tooManyTokens, .stringTooLarge, .textsTooLarge: "RequestTooLarge"
        case .answerTooLarge: "AnswerTooLarge"
        case .outOfMemory: "OutOfMemory"
        case .deadlinePassed: "DeadlinePassed"
        case .failed: "InternalError"
        }
    }

    /// The sentence for people, with places for the facts: %n name, %k known, %d detail, %f found, %e expected, %a axis,
    /// %o offset.
    private var template: StaticString {
        switch kind {
        case .truncated: "the JSON text ends too early, at byte %o"
        case .unexpectedByte: "not JSON: unexpected character at byte %o"
        case .badEscape: "not JSON: unknown escape in a string, at byte %o"
        case .controlCharacter: "not JSON: control character in a string, at byte %o"
        case .badNumber: "not JSON: malformed number at byte %o"
        case .tooDeep: "the JSON text is nested more than 64 deep, at byte %o"
        case .trailingBytes: "not JSON: something follows the value, at byte %o"
        case .stringTooLarge: "a string is larger than the memory there is, at byte %o"
        case .wrongType: name.isEmpty ? "%d is expected at byte %o" : "\"%n\" must be %d, at byte %o"
        case .unknownField: "unknown field \"%n\"; known: text, text_pair, texts, text_pairs, inputs, outputs, top"
        case .needsOneForm: "a request has one of text, texts and inputs"
        case .contradiction: detail.text
        case .noTexts: "texts is empty"
        case .tooManyTexts: "%f texts in one request, the limit is %e"
        case .tooManyTokens:
            "%a texts take %f tokens, more than %e; send fewer texts in one request"
        case .takesNoText: "this model has no tokenizer for its inputs; send inputs instead of text"
        case .unknownInput: "the model has no input \"%n\"; it has %k"
        case .unknownOutput: "the model has no output \"%n\"; it has %k"
        case .missingInput: "input \"%n\" is missing"
        case .repeatedInput: "input \"%n\" is given twice"
        case .ragged: "input \"%n\" is not a regular array: axis %a differs at byte %o"
        case .wrongRank: "input \"%n\" has %f axes, the model takes %e"
        case .wrongDimension: "axis %a of input \"%n\" has extent %f, expected %e"
        case .tooLong: "axis %a of input \"%n\" has extent %f, the most is %e"
        case .emptyAxis: "axis %a of input \"%n\" is empty"
        case .wrongCount: "input \"%n\" has %f elements, its shape needs %e"
        case .outOfRange: "a number of input \"%n\" is no %d, at byte %o"
        case .badText: "a text of the inputs is not UTF-8"
        case .badImage: "an image cannot be decoded: %d at its byte %o, expected %k"
        case .textsTooLarge: "the texts of the inputs need more room than a request has"
        case .badValue: "a value of the inputs is out of the model's range, such as an unknown token id"
        case .bodyTooLarge: "the body is larger than %e bytes"
        case .answerTooLarge:
            "the answer is larger than %e bytes; send fewer texts, or name the outputs that you need"
        case .outOfMemory: "these shapes need %f bytes of memory, more than there is"
        case .deadlinePassed: "the deadline passed before the request could be computed"
        case .failed: "the runtime failed, code %f"
        }
    }

    /// Appends one sentence for people: what was found, what was expected.
    public func appendMessage(to out: ByteBuffer) {
        let text = template
        var index = 0
        while index < text.utf8CodeUnitCount {
            let byte = text.utf8Start[index]
            index += 1
            guard byte == 0x25 else {
                out.append(byte)
                continue
            }
            appendFact(text.utf8Start[index], to: out)
            index += 1
        }
    }

    private func appendFact(_ letter: UInt8, to out: ByteBuffer) {
        switch letter {
        case 0x6E: out.append(name)
        case 0x6B: out.append(known)
        case 0x64: out.append(detail.text)
        case 0x66: out.append(decimal: found)
        case 0x65: out.append(decimal: expected)
        case 0x61: out.append(decimal: axis)
        default: out.append(decimal: offset)
        }
    }

    /// Appends `{"error": {"type": …, "message": …}}`, the body of an HTTP answer.
    public func appendHTTPBody(to out: ByteBuffer, scratch: ByteBuffer) {
        scratch.clear()
        appendMessage(to: scratch)
        appendHTTPError(type, scratch.bytes, to: out)
    }

    /// Appends `{"errorType": …, "errorMessage": …, "stackTrace": []}`, as Lambda's Runtime API wants it.
    public func appendLambdaBody(to out: ByteBuffer, scratch: ByteBuffer) {
        scratch.clear()
        appendMessage(to: scratch)
        appendLambdaError(type, scratch.bytes, to: out)
    }
}

/// Appends the body of an HTTP answer that is an error.
func appendHTTPError(_ type: StaticString, _ message: UnsafeRawBufferPointer, to out: ByteBuffer) {
    out.append("{\"error\":{\"type\":")
    out.append(jsonString: type)
    out.append(",\"message\":")
    out.append(jsonString: message)
    out.append("}}\n")
}

/// Appends an error as Lambda's Runtime API wants it.
func appendLambdaError(_ type: StaticString, _ message: UnsafeRawBufferPointer, to out: ByteBuffer) {
    out.append("{\"errorType\":")
    out.append(jsonString: type)
    out.append(",\"errorMessage\":")
    out.append(jsonString: message)
    out.append(",\"stackTrace\":[]}")
}
