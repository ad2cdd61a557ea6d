import CPackSystem
import Glibc
import PackServing

/// One started runtime with the Runtime API before it: what Lambda calls an execution environment.
final class LambdaInstance {
    /// What became of an event.
    enum Outcome: Equatable, Sendable {
        case answer([UInt8])
        case error([UInt8])
    }

    let process: RuntimeProcess
    /// Seconds from the start to the first call for an event.
    let startSeconds: Double
    private let api: RuntimeAPI
    private let settings: LambdaSettings
    private let limit: ResourceLimit
    private var count = 0

    /// What keeps it within its memory.
    var limitMethod: String { limit.method.rawValue }
    /// Whether the share of the processors is enforced.
    var limitsProcessors: Bool { limit.limitsProcessors }

    /// Starts a program and waits until it asks for an event.
    init(_ program: LambdaProgram, settings: LambdaSettings, sandbox: Sandbox) throws(EmulationError) {
        self.settings = settings
        let size = settings.size
        let limit = ResourceLimit(memory: size.memory, processors: size.processors, period: settings.period)
        var (api, process): (RuntimeAPI?, RuntimeProcess?)
        while process == nil {
            let network = program.root == nil ? nil : ContainerStart.network(sandbox)
            let listening = try Self.listen(settings, network)
            do throws(EmulationError) {
                process = try ContainerStart.start(
                    program.container(settings, api: listening.address), limit, sandbox, network, port: nil)
            } catch {
                guard sandbox.refuse(error) else { throw error }
            }
            api = listening
        }
        guard let api, let process else { throw .protocolError("no process") }
        self.api = api
        self.limit = limit
        self.process = process
        let call: RuntimeAPI.Call
        do throws(RuntimeAPI.Silence) {
            call = try api.call(process, seconds: settings.startTime)
        } catch { throw Self.failure(error, process, limit, .start, settings.startTime) }
        startSeconds = Double(pack_clock_ns() - process.started) / 1e9
        switch call {
        case .next: break
        case .initError(let body):
            api.answer(202, "{\"status\":\"OK\"}")
            throw Self.initError(body)
        default: throw .protocolError("its first call is not GET …/invocation/next")
        }
    }

    private static func listen(_ settings: LambdaSettings, _ network: Network?) throws(EmulationError) -> RuntimeAPI {
        let make = { Result { () throws(EmulationError) in try RuntimeAPI(bodyLimit: settings.responseLimit + 65536) } }
        return try (network.map { $0.inside(make) } ?? make()).get()
    }

    private static func failure(
        _ silence: RuntimeAPI.Silence, _ process: RuntimeProcess, _ limit: ResourceLimit, _ phase: EmulationError.Phase,
        _ seconds: Double
    ) -> EmulationError {
        process.collect()
        guard silence == .processEnded else {
            return .timeout(during: phase, seconds: seconds, errors: process.text)
        }
        return process.ended(phase, limit)
    }

    private static func initError(_ body: [UInt8]) -> EmulationError {
        let fields = LambdaErrorBody(body)
        return .initError(type: fields.type, message: fields.message)
    }

    /// Sends an event and waits for what becomes of it, and for the call for the next one.
    ///
    /// - Returns: The outcome, and the seconds between the event's first byte and the answer's last.
    func invoke(_ event: [UInt8]) throws(EmulationError) -> (Outcome, Double) {
        guard event.count <= settings.requestLimit else {
            throw .eventTooLarge(found: event.count, limit: settings.requestLimit)
        }
        count += 1
        let id = "00000000-0000-4000-8000-" + String(1_000_000_000_000 + count).dropFirst()
        let began = pack_clock_ns()
        api.answer(event: event, id: id, deadline: pack_wall_clock_ms() + Int64(settings.requestTime * 1000))
        var outcome = try outcome(of: id)
        let seconds = Double(pack_clock_ns() - began) / 1e9
        if case .answer(let body) = outcome, body.count > settings.responseLimit {
            outcome = .error(Array(#"{"errorType":"Function.ResponseSizeTooLarge"}"#.utf8))
            api.answer(
                413, #"{"errorType":"RequestEntityTooLarge","errorMessage":"Exceeded maximum allowed payload size"}"#)
        } else {
            api.answer(202, "{\"status\":\"OK\"}")
        }
        try awaitNext()
        return (outcome, seconds)
    }

    private func outcome(of id: String) throws(EmulationError) -> Outcome {
        switch try call() {
        case .response(id, let body): return .answer(body)
        case .error(id, let body): return .error(body)
        case .response(let other, _), .error(let other, _):
            throw .protocolError("an answer for the event \(other), which is not the one at hand")
        case .next: throw .protocolError("it asks for an event before it answered the last one")
        case .initError(let body): throw Self.initError(body)
        case .unknown(let path): throw .protocolError("a call of \(path)")
        }
    }

    private func awaitNext() throws(EmulationError) {
        while true {
            switch try call() {
            case .next: return
            case .error: api.answer(202, "{\"status\":\"OK\"}")
            default: throw .protocolError("another call than GET …/invocation/next after an answer")
            }
        }
    }

    private func call() throws(EmulationError) -> RuntimeAPI.Call {
        do throws(RuntimeAPI.Silence) {
            return try api.call(process, seconds: settings.requestTime)
        } catch { throw Self.failure(error, process, limit, .request, settings.requestTime) }
    }
}

/// The fields of an error object that a runtime reports.
struct LambdaErrorBody {
    private(set) var type = "unknown"
    private(set) var message = ""

    init(_ body: [UInt8]) {
        message = String(decoding: body, as: UTF8.self)
        if let found = Self.field("errorType", body) { type = found }
        if let found = Self.field("errorMessage", body) { message = found }
    }

    private static func field(_ name: String, _ body: [UInt8]) -> String? {
        body.withUnsafeBytes { bytes in
            var reader = JSONReader(bytes)
            let found = ByteBuffer()
            var isFirst = true
            do throws(RequestError) {
                try reader.enterObject()
                while try reader.nextMember(&isFirst, name: found) {
                    let isWanted = String(decoding: found.bytes, as: UTF8.self) == name
                    if isWanted, try reader.kind() == .string {
                        found.clear()
                        try reader.readString(into: found)
                        return String(decoding: found.bytes, as: UTF8.self)
                    }
                    try reader.skipValue(found)
                }
            } catch { return nil }
            return nil
        }
    }
}
