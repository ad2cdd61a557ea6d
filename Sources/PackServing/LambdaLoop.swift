import CPackSystem

/// Why the loop ended.
public enum LambdaEnd: Equatable, Sendable {
    /// SIGTERM came.
    case terminated
    /// The Runtime API cannot be reached or answers nonsense.
    case lost(HTTPClientError)
    /// The Runtime API wants the runtime to exit, or refused a call; its status.
    case refused(Int)
}

/// Speaks Lambda's Runtime API, version 2018-06-01: fetches an event, answers it, fetches the next.
public final class LambdaLoop<Handler: RequestHandler> {
    /// The largest answer that the platform takes: 6 MiB and 100 bytes.
    public static var answerLimit: Int { 6 * 1024 * 1024 + 100 }

    private let client: HTTPClient
    private let handler: Handler
    private let event = LambdaEvent()
    private let answer = ByteBuffer(limit: LambdaLoop.answerLimit)
    private let envelope = ByteBuffer(limit: LambdaLoop.answerLimit)
    private let scratch = ByteBuffer()
    private let next: [UInt8]

    /// - Parameters:
    ///   - client: A client of the address in `AWS_LAMBDA_RUNTIME_API`.
    ///   - handler: What answers the requests.
    public init(client: HTTPClient, handler: Handler) {
        self.client = client
        self.handler = handler
        next = lambdaPath("invocation/next")
    }

    /// Serves until the platform or a signal ends it.
    public func run() -> LambdaEnd {
        do throws(HTTPClientError) {
            while true {
                if let status = try serveNext() { return .refused(status) }
            }
        } catch {
            return error == .terminated ? .terminated : .lost(error)
        }
    }

    /// Serves one event; the status of a call that was refused in a way that ends the loop.
    public func serveNext() throws(HTTPClientError) -> Int? {
        try client.get(next)
        guard client.status == 200 else { return client.status }
        guard let id = client.header("lambda-runtime-aws-request-id"), id.count > 0, id.count <= 256 else {
            throw .badAnswer
        }
        let path = lambdaPath("invocation/") + [UInt8](id)
        if let error = compute() {
            if event.isHTTP {
                answer.clear()
                error.appendHTTPBody(to: answer, scratch: scratch)
                return try post(path, status: error.status)
            }
            return try report(error, path)
        }
        return try post(path, status: 200)
    }

    /// Fills `answer`, or says why it can't.
    private func compute() -> RequestError? {
        do throws(RequestError) {
            let request = try event.request(client.body)
            if isLate { return RequestError(.deadlinePassed) }
            try handler.answer(request, into: answer)
            return nil
        } catch { return error }
    }

    private var isLate: Bool {
        guard let text = client.header("lambda-runtime-deadline-ms"), let deadline = decimal(text) else { return false }
        return deadline <= Int(pack_wall_clock_ms())
    }

    private func post(_ path: [UInt8], status: Int) throws(HTTPClientError) -> Int? {
        var body = answer.bytes
        if event.isHTTP {
            envelope.clear()
            LambdaEvent.append(status: status, body: body, to: envelope)
            if envelope.overflowed {
                return try report(RequestError(.answerTooLarge, expected: LambdaLoop.answerLimit), path)
            }
            body = envelope.bytes
        }
        try client.post(path + slashed("response"), body)
        if client.status == 413 {
            return try report(RequestError(.answerTooLarge, expected: LambdaLoop.answerLimit), path)
        }
        return fatal(client.status)
    }

    private func report(_ error: RequestError, _ path: [UInt8]) throws(HTTPClientError) -> Int? {
        answer.clear()
        error.appendLambdaBody(to: answer, scratch: scratch)
        try client.post(path + slashed("error"), answer.bytes, errorType: error.type)
        return fatal(client.status)
    }

    /// A status after which the runtime must exit. Others concern the event alone.
    private func fatal(_ status: Int) -> Int? {
        status >= 500 ? status : nil
    }
}

/// Tells the platform that the runtime could not start.
///
/// - Returns: false if the platform did not take it.
public func reportInitError(_ client: HTTPClient, type: StaticString, message: UnsafeRawBufferPointer) -> Bool {
    let body = ByteBuffer()
    appendLambdaError(type, message, to: body)
    do throws(HTTPClientError) {
        try client.post(lambdaPath("init/error"), body.bytes, errorType: type)
    } catch { return false }
    return client.status == 202
}

private func lambdaPath(_ rest: StaticString) -> [UInt8] {
    literal("/2018-06-01/runtime/") + literal(rest)
}

private func slashed(_ word: StaticString) -> [UInt8] {
    [0x2F] + literal(word)
}

private func literal(_ text: StaticString) -> [UInt8] {
    [UInt8](UnsafeRawBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
}
