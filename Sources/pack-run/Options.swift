import PackServing

/// A C string as bytes.
func bytes(of text: UnsafePointer<CChar>) -> UnsafeRawBufferPointer {
    var length = 0
    while text[length] != 0 { length += 1 }
    return UnsafeRawBufferPointer(start: text, count: length)
}

/// What the command line asks for.
struct Options {
    /// Things to do that need no model.
    enum Notice {
        case help, version, cpu
    }

    /// Why arguments are refused.
    enum Fault: Error {
        case unknown([UInt8])
        case missingValue([UInt8])
    }

    var text: UnsafePointer<CChar>?
    var pair: UnsafePointer<CChar>?
    var json: UnsafePointer<CChar>?
    var model: UnsafePointer<CChar>?
    var instructionSet: UnsafePointer<CChar>?
    var batchWindow: UnsafePointer<CChar>?
    var explains = false
    var notice: Notice?

    init(_ arguments: UnsafeBufferPointer<UnsafeMutablePointer<CChar>?>) throws(Fault) {
        var index = 1
        while index < arguments.count, let argument = arguments[index] {
            index += 1
            let name = bytes(of: argument)
            if matches(name, "--explain") {
                explains = true
            } else if matches(name, "--help") || matches(name, "-h") {
                notice = .help
            } else if matches(name, "--version") {
                notice = .version
            } else if matches(name, "--cpu") {
                notice = .cpu
            } else {
                let value = index < arguments.count ? arguments[index] : nil
                try set(name, UnsafePointer(value))
                index += 1
            }
        }
    }

    private mutating func set(_ name: UnsafeRawBufferPointer, _ value: UnsafePointer<CChar>?) throws(Fault) {
        let isKnown =
            matches(name, "--text") || matches(name, "--pair") || matches(name, "--json") || matches(name, "--model")
            || matches(name, "--isa") || matches(name, "--batch-window")
        guard isKnown else { throw .unknown([UInt8](name)) }
        guard let value else { throw .missingValue([UInt8](name)) }
        if matches(name, "--text") {
            text = value
        } else if matches(name, "--pair") {
            pair = value
        } else if matches(name, "--json") {
            json = value
        } else if matches(name, "--model") {
            model = value
        } else if matches(name, "--batch-window") {
            batchWindow = value
        } else {
            instructionSet = value
        }
    }
}

/// The text of `--help`.
let help: StaticString = """
    Answers requests with the model in model.pack, beside this program or inside it.

      bootstrap --text TEXT [--pair TEXT]   one answer, as JSON
      bootstrap --json FILE                 the request in a file, - for standard input
      AWS_LAMBDA_RUNTIME_API set            serves AWS Lambda
      PORT set                              serves HTTP: POST /predict, GET /health, in containers /v2 too

      --explain      also the kernels in use and the times, on standard error
      --model FILE   another model (or PACK_MODEL)
      --isa NAME     no kernels above this instruction set (or PACK_ISA)
      --batch-window MS   how long an HTTP request waits for others, to be computed together (or PACK_BATCH_WINDOW)
      --cpu          what this CPU offers
      --version, --help

    PACK_THREADS sets the number of threads, PACK_MAX_BODY the largest HTTP body in bytes, PACK_MAX_TEXTS and
    PACK_MAX_TOKENS the most texts and tokens of a request, PACK_QUEUE the most requests that wait, PACK_QUEUE_WAIT
    the longest wait in ms.

    """
