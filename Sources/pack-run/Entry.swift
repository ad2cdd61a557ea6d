import CPackSystem
import PackServing

/// The program `bootstrap` of a bundle: serves Lambda, HTTP or the command line, whichever the environment asks for.
///
/// Exit status: 0 done, 1 it could not start or lost its platform, 2 the request could not be answered, 64 wrong usage.
@c(main) public func packMain(
    _ count: Int32, _ arguments: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?
) -> Int32 {
    var timeline = Timeline()
    let arguments = UnsafeBufferPointer(start: arguments.map { UnsafePointer($0) }, count: Int(count))
    let options: Options
    do throws(Options.Fault) {
        options = try Options(arguments)
    } catch { return usage(error) }
    switch options.notice {
    case .help:
        Terminal.write(help, to: 1)
        return 0
    case .version:
        Terminal.write("pack-run 0.1.0\n", to: 1)
        return 0
    case .cpu:
        printCPU()
        return 0
    case nil: break
    }
    let program = arguments.first ?? nil
    if options.text == nil, options.json == nil {
        if let address = pack_environment("AWS_LAMBDA_RUNTIME_API") {
            return serveLambda(bytes(of: address), options, program: program, &timeline)
        }
        if let port = pack_environment("PORT") {
            return serveHTTP(bytes(of: port), options, program: program, timeline)
        }
        Terminal.write("bootstrap: nothing to do: give --text or --json, or set PORT (--help says more)\n", to: 2)
        return 64
    }
    do throws(StartFailure) {
        let predictor = try start(options, program: program, &timeline)
        return answerOnce(predictor, options, &timeline)
    } catch { return fail(error, status: 1) }
}

private func usage(_ fault: Options.Fault) -> Int32 {
    switch fault {
    case .unknown(let name):
        return fail(StartFailure("", "unknown argument ").with(name).with(" (--help lists them)"), status: 64)
    case .missingValue(let name): return fail(StartFailure("", "").with(name).with(" needs a value"), status: 64)
    }
}

private func serveLambda(
    _ address: UnsafeRawBufferPointer, _ options: Options, program: UnsafePointer<CChar>?, _ timeline: inout Timeline
) -> Int32 {
    guard let endpoint = Endpoint(address) else {
        return fail(StartFailure("", "AWS_LAMBDA_RUNTIME_API is not an address: ").with(address), status: 1)
    }
    _ = pack_signals_install()
    let client = HTTPClient(endpoint, host: [UInt8](address))
    let predictor: ModelPredictor
    do throws(StartFailure) {
        predictor = try start(options, program: program, &timeline)
    } catch {
        let status = fail(error, status: 1)
        _ = error.message.withUnsafeBytes { reportInitError(client, type: error.type, message: $0) }
        return status
    }
    switch LambdaLoop(client: client, handler: predictor).run() {
    case .terminated: return 0
    case .refused(let status):
        return fail(StartFailure("", "the Lambda Runtime API refused a call with status ").with(status), status: 1)
    case .lost(.unreachable(let code)):
        return fail(StartFailure("", "the Lambda Runtime API cannot be reached: ").withSystemError(-code), status: 1)
    case .lost:
        return fail(StartFailure("", "the connection to the Lambda Runtime API was lost"), status: 1)
    }
}
