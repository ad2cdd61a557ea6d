import CPackSystem
import PackServing

/// What a front end needs of the program's start.
private final class ServingContext {
    let port: UInt16
    let options: Options
    let program: UnsafePointer<CChar>?
    var timeline: Timeline

    init(_ port: UInt16, _ options: Options, _ program: UnsafePointer<CChar>?, _ timeline: Timeline) {
        self.port = port
        self.options = options
        self.program = program
        self.timeline = timeline
    }
}

/// Serves HTTP with the front end that was linked; the exit status.
func serveHTTP(
    _ port: UnsafeRawBufferPointer, _ options: Options, program: UnsafePointer<CChar>?, _ timeline: Timeline
) -> Int32 {
    guard let value = wholeNumber(port), let number = UInt16(exactly: value), number > 0 else {
        return fail(StartFailure("", "PORT is not a port number: ").with(port), status: 1)
    }
    guard let serve = pack_http_front_end() else {
        return fail(StartFailure("", "this runtime was linked without HTTP"), status: 1)
    }
    let context = ServingContext(number, options, program, timeline)
    return serve(Unmanaged.passRetained(context).toOpaque())
}

/// `/predict` and `/health` alone: the front end of bundles for platforms that speak another protocol.
@c(pack_front_end_predict) public func packFrontEndPredict(_ context: UnsafeMutableRawPointer?) -> Int32 {
    serve(context) { PlainService($0) }
}

/// All that a container serves.
@c(pack_front_end_inference) public func packFrontEndInference(_ context: UnsafeMutableRawPointer?) -> Int32 {
    serve(context) { predictor in
        var name = [UInt8]("model".utf8)
        if let given = pack_environment("PACK_MODEL_NAME"), given[0] != 0 { name = [UInt8](bytes(of: given)) }
        var log: Int32?
        if let wanted = pack_environment("PACK_LOG"), matches(bytes(of: wanted), "requests") { log = 2 }
        return InferenceService(predictor, modelName: name, log: log)
    }
}

/// Starts and serves.
///
/// - Parameter service: Makes what is served; it is another type in each front end, so that each is a program of its own.
@inline(__always)
private func serve<Service: HTTPService>(
    _ context: UnsafeMutableRawPointer?, _ service: (ModelPredictor) -> Service
) -> Int32 {
    guard let context else { return 1 }
    let start = Unmanaged<ServingContext>.fromOpaque(context).takeRetainedValue()
    var limits = HTTPLimits()
    do throws(StartFailure) {
        try read("PACK_MAX_BODY", into: &limits.bodyBytes)
        limits.bodyBytes = min(limits.bodyBytes, 1 << 40)
        if Service.hasThread { try read(&limits, start.options) }
    } catch { return fail(error, status: 64) }
    do throws(StartFailure) {
        let predictor = try PackRun.start(start.options, program: start.program, &start.timeline)
        let server = try listen(service(predictor), start.port, limits)
        let line = StartFailure("", "bootstrap: serving HTTP on port ").with(Int(start.port)).with("\n")
        _ = line.message.withUnsafeBytes { pack_write_all(2, $0.baseAddress, $0.count) }
        server.run()
        return 0
    } catch { return fail(error, status: 1) }
}

private func listen<Service: HTTPService>(
    _ service: Service, _ port: UInt16, _ limits: HTTPLimits
) throws(StartFailure) -> HTTPServer<Service> {
    do throws(ServerError) {
        return try HTTPServer(service: service, port: port, limits: limits)
    } catch {
        throw StartFailure("", "cannot listen on port ").with(Int(port)).with(": ").withSystemError(-error.code)
    }
}

/// Reads limits of what waits from the command line and the environment.
private func read(_ limits: inout HTTPLimits, _ options: Options) throws(StartFailure) {
    try read("PACK_QUEUE", into: &limits.queue)
    limits.queue = min(limits.queue, 1 << 16)
    try read("PACK_QUEUE_WAIT", into: &limits.wait)
    guard let window = options.batchWindow ?? pack_environment("PACK_BATCH_WINDOW") else { return }
    guard let milliseconds = wholeNumber(bytes(of: window)), milliseconds <= 10_000 else {
        throw StartFailure("", "the batch window is 0 to 10000 milliseconds, not ").with(bytes(of: window))
    }
    limits.batchWindow = milliseconds
}
