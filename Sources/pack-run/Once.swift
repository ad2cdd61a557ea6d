import CPackSystem
import PackServing

/// Answers the request of the command line on standard output; the exit status.
func answerOnce(_ predictor: ModelPredictor, _ options: Options, _ timeline: inout Timeline) -> Int32 {
    let request = ByteBuffer(limit: 1 << 30)
    if let file = options.json {
        if let failure = read(file, into: request) { return fail(failure, status: 2) }
    } else if let text = options.text {
        request.append("{\"text\":")
        request.append(jsonString: bytes(of: text))
        if let pair = options.pair {
            request.append(",\"text_pair\":")
            request.append(jsonString: bytes(of: pair))
        }
        request.append("}")
    }
    let answer = ByteBuffer()
    do throws(RequestError) {
        try predictor.answer(request.bytes, into: answer)
    } catch {
        answer.clear()
        error.appendMessage(to: answer)
        return fail(StartFailure(error.type, "").with(answer.bytes), status: 2)
    }
    timeline.mark("first answer computed")
    guard Terminal.write(answer, to: 1) else { return 2 }
    timeline.mark("first answer written")
    if options.explains {
        for _ in 0..<10 { try? predictor.answer(request.bytes, into: answer) }
        timeline.mark("ten more answers computed")
        explain(predictor, timeline)
    }
    return 0
}

/// Prints one line on standard error and gives the exit status back.
func fail(_ failure: StartFailure, status: Int32) -> Int32 {
    let line = ByteBuffer()
    line.append("bootstrap: ")
    line.append(failure.message)
    line.append("\n")
    Terminal.write(line, to: 2)
    return status
}

private func read(_ path: UnsafePointer<CChar>, into request: ByteBuffer) -> StartFailure? {
    let isInput = matches(bytes(of: path), "-")
    let file = isInput ? 0 : pack_open_read(path)
    var result = Int(file)
    while result >= 0 {
        let room = request.reserve(65536)
        guard room.count > 0 else { return StartFailure("Request.TooLarge", "the request is larger than 1 GiB") }
        result = pack_read_some(file, room.baseAddress, room.count)
        if result == 0 { break }
        if result > 0 { request.commit(result) }
    }
    if !isInput { pack_close(file) }
    if result == 0 { return nil }
    return StartFailure("Request.Unreadable", "cannot read ").with(bytes(of: path)).with(": ").withSystemError(result)
}
