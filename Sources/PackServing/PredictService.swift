/// `POST /predict` and `GET /health`, and nothing else.
public final class PredictService<Handler: RequestHandler>: HTTPService {
    private let handler: Handler

    /// - Parameter handler: What answers predictions, in the thread that computes.
    public init(_ handler: Handler) {
        self.handler = handler
    }

    /// As `HTTPService` has it.
    public func route(_ request: HTTPRequest, _ state: HTTPState, into answer: HTTPAnswer) -> Bool {
        if matches(request.path, "/predict") {
            if request.method == .post { return true }
            refuse(
                request.path, 405, type: "MethodNotAllowed", message: "predictions are asked for with POST",
                into: answer)
            answer.headers.append("\r\nAllow: POST")
        } else if matches(request.path, "/health") {
            answerHealth(request, into: answer)
        } else {
            refuse(
                request.path, 404, type: "NotFound", message: "there is POST /predict and GET /health", into: answer)
        }
        return false
    }

    private func answerHealth(_ request: HTTPRequest, into answer: HTTPAnswer) {
        guard request.method == .get || request.method == .head else {
            refuse(
                request.path, 405, type: "MethodNotAllowed", message: "health is asked for with GET", into: answer)
            answer.headers.append("\r\nAllow: GET, HEAD")
            return
        }
        answer.body.append("{\"status\":\"ok\"}\n")
    }

    /// As `HTTPService` has it.
    public func refuse(
        _ path: UnsafeRawBufferPointer, _ status: Int, type: StaticString, message: UnsafeRawBufferPointer,
        into answer: HTTPAnswer
    ) {
        answer.clear()
        answer.status = status
        appendHTTPError(type, message, to: answer.body)
    }

    /// As `HTTPService` has it.
    public func gather(_ request: HTTPRequest, isFirst: Bool) -> Int? { handler.gather(request.body, isFirst: isFirst) }

    /// As `HTTPService` has it.
    public func compute() -> Bool {
        do throws(RequestError) {
            try handler.compute()
            return true
        } catch { return false }
    }

    /// As `HTTPService` has it.
    public func answer(_ request: HTTPRequest, place: Int?, into answer: HTTPAnswer) {
        do throws(RequestError) {
            if let place {
                try handler.answer(request.body, gathered: place, into: answer.body)
            } else {
                try handler.answer(request.body, into: answer.body)
            }
        } catch {
            answer.clear()
            answer.status = error.status
            error.appendHTTPBody(to: answer.body, scratch: answer.scratch)
        }
    }

    /// As `HTTPService` has it.
    public func finished(_ exchange: HTTPExchange) {}
}

/// `POST /predict` and `GET /health` in one thread, a request after the other: the least code.
public final class PlainService<Handler: RequestHandler>: HTTPService {
    private let service: PredictService<Handler>

    /// - Parameter handler: What answers predictions.
    public init(_ handler: Handler) {
        service = PredictService(handler)
    }

    /// None.
    public static var hasThread: Bool { false }

    /// As `HTTPService` has it.
    public func route(_ request: HTTPRequest, _ state: HTTPState, into answer: HTTPAnswer) -> Bool {
        service.route(request, state, into: answer)
    }

    /// As `HTTPService` has it.
    public func refuse(
        _ path: UnsafeRawBufferPointer, _ status: Int, type: StaticString, message: UnsafeRawBufferPointer,
        into answer: HTTPAnswer
    ) {
        service.refuse(path, status, type: type, message: message, into: answer)
    }

    /// Gathers nothing.
    public func gather(_ request: HTTPRequest, isFirst: Bool) -> Int? { nil }

    /// Nothing was gathered.
    public func compute() -> Bool { false }

    /// As `HTTPService` has it.
    public func answer(_ request: HTTPRequest, place: Int?, into answer: HTTPAnswer) {
        service.answer(request, place: nil, into: answer)
    }

    /// Nobody counts.
    public func finished(_ exchange: HTTPExchange) {}
}
