import CPackKernels
import CPackSystem
import PackCore
import PackRuntime
import PackServing
import PackTokenizers

/// The predictor of this program.
typealias ModelPredictor = Predictor<SessionEngine, TokenizerEncoder>

/// What has been reached since the program was executed, and what had been used by then, in the order in which it comes.
struct Timeline {
    /// A point that has been reached.
    struct Mark {
        let name: StaticString
        let microseconds: Int
        let usage: pack_usage
    }

    private let start: UInt64
    private(set) var marks: [Mark] = []

    /// To be made first of all: until then the process has computed without a pause, so its time is the time since it began.
    init() {
        start = pack_clock_ns() - pack_process_ns()
        mark("program begun")
    }

    /// Notes that something has been reached.
    mutating func mark(_ name: StaticString) {
        marks.append(Mark(name: name, microseconds: Int((pack_clock_ns() - start) / 1000), usage: pack_usage_now()))
    }
}

/// Opens the model: maps the plan, checks it, chooses kernels, starts threads.
func start(
    _ options: Options, program: UnsafePointer<CChar>?, _ timeline: inout Timeline
) throws(StartFailure) -> ModelPredictor {
    let plan = try ModelFile.open(options.model, program: program)
    timeline.mark("model mapped")
    let session: Session
    do throws(RuntimeError) {
        session = try Session(
            plan: plan, threads: Int(pack_cpu_count()),
            instructionSet: options.instructionSet ?? pack_environment("PACK_ISA"))
    } catch { throw describe(error) }
    timeline.mark("plan checked, kernels chosen, threads started")
    session.readAhead()
    timeline.mark("weights asked for")
    var encoder: TokenizerEncoder?
    if let table = session.tokenizerTable {
        do throws(TokenizerError) {
            encoder = TokenizerEncoder(try Tokenizer(table: table))
        } catch { throw StartFailure("Model.Invalid", "model.pack: its tokenizer table is damaged") }
    }
    timeline.mark("tokenizer ready")
    let predictor = ModelPredictor(engine: SessionEngine(session), encoder: encoder)
    try read("PACK_MAX_TEXTS", into: &predictor.limits.texts)
    try read("PACK_MAX_TOKENS", into: &predictor.limits.tokens)
    return predictor
}

/// Reads a whole positive number from the environment, if it has that variable.
func read(_ variable: StaticString, into value: inout Int) throws(StartFailure) {
    guard let text = pack_environment(UnsafeRawPointer(variable.utf8Start).assumingMemoryBound(to: CChar.self)) else {
        return
    }
    guard let number = wholeNumber(bytes(of: text)), number > 0 else {
        throw StartFailure("Setting.Invalid", variable).with(" is a whole positive number, not ").with(bytes(of: text))
    }
    value = number
}

/// The number that digits spell; nil if they do not.
func wholeNumber(_ digits: UnsafeRawBufferPointer) -> Int? {
    var value = 0
    guard digits.count >= 1, digits.count <= 15 else { return nil }
    for digit in digits {
        guard digit >= 0x30, digit <= 0x39 else { return nil }
        value = value * 10 + Int(digit - 0x30)
    }
    return value
}

private func describe(_ error: RuntimeError) -> StartFailure {
    switch error {
    case .plan(let error): return describe(error)
    case .missingOperator(let step, let id):
        return StartFailure("Model.Unsupported", "model.pack: step ").with(step).with(" needs operator ").with(id)
            .with(", which this runtime was linked without")
    case .unavailableInstructionSet:
        return StartFailure(
            "Runtime.InstructionSet", "this CPU has no kernels for the instruction set asked for, or none were linked")
    case .outOfMemory(let bytes):
        return StartFailure("Runtime.OutOfMemory", "out of memory: ").with(bytes).with(" bytes are needed")
    default: return StartFailure("Runtime.Failed", "the model could not be opened")
    }
}

private func describe(_ error: PlanError) -> StartFailure {
    let failure = StartFailure("Model.Invalid", "model.pack: ")
    switch error.kind {
    case .truncated: return failure.with("the file is cut short")
    case .notAPlan: return failure.with("this is not a model file of pack")
    case .unknownVersion:
        return failure.with("format version ").with(error.record).with(", this runtime reads version ")
            .with(Int(PACK_PLAN_VERSION))
    case .damaged: return failure.with("the checksum of its tables does not match")
    default:
        return failure.with("damaged: section ").with(error.section).with(", record ").with(error.record)
    }
}
