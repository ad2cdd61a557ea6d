import PackCore

/// Everything that a container's HTTP server serves: `/predict` and `/health`, the Open Inference Protocol, version 2, over REST under
/// `/v2`, and `/metrics` for Prometheus.
public final class InferenceService<Engine: InferenceEngine, Encoder: TextEncoder>: HTTPService {
    private let predictor: Predictor<Engine, Encoder>
    private let predict: PredictService<Predictor<Engine, Encoder>>
    let handler: InferenceHandler<Engine, Encoder>
    let metrics: ServingMetrics
    private let log: RequestLog?
    private let unescaped = ByteBuffer()

    /// - Parameters:
    ///   - predictor: What computes.
    ///   - modelName: The name that the model is asked for by.
    ///   - log: The descriptor that gets a line a request; nil for none.
    public init(_ predictor: Predictor<Engine, Encoder>, modelName: [UInt8], log: Int32? = nil) {
        self.predictor = predictor
        predict = PredictService(predictor)
        handler = InferenceHandler(predictor, modelName: modelName)
        metrics = ServingMetrics()
        self.log = log.map { RequestLog($0) }
    }

    // MARK: In the server's thread

    /// As `HTTPService` has it.
    public func route(_ request: HTTPRequest, _ state: HTTPState, into answer: HTTPAnswer) -> Bool {
        guard isProtocol(request.path),
            let path = InferencePath(request.path, model: handler.modelName, scratch: unescaped)
        else {
            guard matches(request.path, "/metrics") else { return routeElsewhere(request, state, into: answer) }
            if allows(request, into: answer) { metrics.write(state, to: answer) }
            return false
        }
        switch path {
        case .infer:
            if request.method == .post { return true }
            refuse(request.path, 405, type: "", message: "inference is asked for with POST", into: answer)
            answer.headers.append("\r\nAllow: POST")
        case .unknown:
            refuse(request.path, 404, type: "", message: Self.known, into: answer)
        case .unknownModel, .unknownVersion:
            refuseModel(path, into: answer)
        default:
            if allows(request, into: answer) { describe(path, state, into: answer) }
        }
        return false
    }

    private static var known: StaticString {
        "there is GET /v2, /v2/health/live, /v2/health/ready, /v2/models/NAME[/versions/V][/ready] and POST …/infer"
    }

    private func routeElsewhere(_ request: HTTPRequest, _ state: HTTPState, into answer: HTTPAnswer) -> Bool {
        let mustCompute = predict.route(request, state, into: answer)
        if answer.status == 404 {
            predict.refuse(
                request.path, 404, type: "NotFound",
                message: "there is POST /predict, GET /health, GET /metrics and the Open Inference Protocol under /v2",
                into: answer)
        }
        return mustCompute
    }

    private func allows(_ request: HTTPRequest, into answer: HTTPAnswer) -> Bool {
        if request.method == .get || request.method == .head { return true }
        refuse(request.path, 405, type: "MethodNotAllowed", message: "this is asked for with GET", into: answer)
        answer.headers.append("\r\nAllow: GET, HEAD")
        return false
    }

    private func refuseModel(_ path: InferencePath, into answer: HTTPAnswer) {
        answer.clear()
        answer.status = 404
        answer.body.append("{\"error\":\"the model here is ")
        handler.modelName.withUnsafeBytes { answer.body.appendEscaped($0) }
        answer.body.append(path == .unknownModel ? "; there is no other\"}" : ", of which there is version 1 only\"}")
    }

    private func describe(_ path: InferencePath, _ state: HTTPState, into answer: HTTPAnswer) {
        if state.isStopping, path == .ready || path == .modelReady { answer.status = 503 }
        switch path {
        case .server:
            answer.body.append("{\"name\":\"pack\",\"version\":\"0.1.0\",\"extensions\":[\"binary_tensor_data\"]}")
        case .live: answer.body.append("{\"live\":true}")
        case .ready: answer.body.append(state.isStopping ? "{\"ready\":false}" : "{\"ready\":true}")
        case .modelReady:
            answer.body.append("{\"name\":")
            handler.modelName.withUnsafeBytes { answer.body.append(jsonString: $0) }
            answer.body.append(state.isStopping ? ",\"ready\":false}" : ",\"ready\":true}")
        default: handler.describe(to: answer.body)
        }
    }

    /// As `HTTPService` has it. Under `/v2` the protocol's form of errors is kept.
    public func refuse(
        _ path: UnsafeRawBufferPointer, _ status: Int, type: StaticString, message: UnsafeRawBufferPointer,
        into answer: HTTPAnswer
    ) {
        guard isProtocol(path) else {
            predict.refuse(path, status, type: type, message: message, into: answer)
            return
        }
        answer.clear()
        answer.status = status
        answer.body.append("{\"error\":")
        answer.body.append(jsonString: message)
        answer.body.append("}")
    }

    private func isProtocol(_ path: UnsafeRawBufferPointer) -> Bool {
        hasPrefix(path, "/v2/") || matches(path, "/v2")
    }

    /// As `HTTPService` has it.
    public func finished(_ exchange: HTTPExchange) {
        metrics.count(exchange)
        if let log, log.write(exchange) == false { metrics.linesLost += 1 }
    }

    // MARK: In the thread that computes

    /// As `HTTPService` has it.
    public func gather(_ request: HTTPRequest, isFirst: Bool) -> Int? {
        isProtocol(request.path)
            ? handler.gather(request, isFirst: isFirst) : predict.gather(request, isFirst: isFirst)
    }

    /// As `HTTPService` has it.
    public func compute() -> Bool { predict.compute() }

    /// As `HTTPService` has it.
    public func answer(_ request: HTTPRequest, place: Int?, into answer: HTTPAnswer) {
        guard isProtocol(request.path) else {
            predict.answer(request, place: place, into: answer)
            if answer.status == 200 { (answer.texts, answer.tokens) = predictor.answered }
            return
        }
        do throws(RequestError) {
            try handler.answer(request, place: place, into: answer)
        } catch {
            answer.scratch.clear()
            error.appendMessage(to: answer.scratch)
            let status = error.status
            answer.clear()
            answer.status = status
            answer.body.append("{\"error\":")
            answer.body.append(jsonString: answer.scratch.bytes)
            answer.body.append("}")
        }
    }
}
