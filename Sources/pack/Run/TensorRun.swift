import PackCore
import PackFormats
import PackIO
import PackReport
import PackRuntime

/// Runs a session on tensors from an `.npz` file.
struct TensorRun {
    private let session: Session

    init(_ session: Session) { self.session = session }

    /// Reads inputs, computes, and writes all outputs: to an `.npz` file, or as JSON.
    func run(_ inputs: String, output: String?, explain: Bool) throws {
        let arrays = try NPZ.read(inputs)
        let matched = try (0..<session.inputCount).map { try array(for: $0, in: arrays, inputs) }
        for (input, array) in matched.enumerated() { try setShape(input, array, inputs) }
        try attempt { () throws(RuntimeError) in try session.prepare() }
        for (input, array) in matched.enumerated() { session.inputBytes(input).copyBytes(from: array.bytes) }
        try attempt { () throws(RuntimeError) in try session.run() }
        let results = (0..<session.outputCount).map(result)
        if let output, output.hasSuffix(".npz") {
            try NPZ.write(results, to: output)
        } else {
            try writeOutput(json(results).text, to: output)
        }
        if explain { writeError(LocalSession.explanation(session)) }
    }

    private func array(for input: Int, in arrays: [NamedArray], _ file: String) throws -> NamedArray {
        let name = String(decoding: session.inputName(input), as: UTF8.self)
        guard let array = arrays.first(where: { $0.name == name }) else {
            throw Refusal(
                facts: ErrorFacts(
                    "lacks an input of the model", file: file, found: arrays.map(\.name).joined(separator: ", "),
                    expected: name))
        }
        guard array.dtype == session.inputDType(input) else {
            throw Refusal(
                facts: ErrorFacts(
                    "has another element type than the model takes", file: file, place: name,
                    found: "\(array.dtype.name)", expected: "\(session.inputDType(input).name)"))
        }
        return array
    }

    private func setShape(_ input: Int, _ array: NamedArray, _ file: String) throws {
        try attempt { () throws(RuntimeError) in
            try session.setInputShape(input, array.shape)
        }
    }

    private func attempt(_ body: () throws(RuntimeError) -> Void) throws {
        do throws(RuntimeError) { try body() } catch { throw Refusal(facts: words(error)) }
    }

    private func words(_ error: RuntimeError) -> ErrorFacts {
        func name(_ input: Int) -> String { String(decoding: session.inputName(input), as: UTF8.self) }
        return switch error {
        case .inputRank(let input, let found, let expected):
            ErrorFacts(
                "an input has another number of axes than the model takes", place: name(input), found: "\(found)",
                expected: "\(expected)")
        case .inputDimension(let input, let axis, let found, let expected):
            ErrorFacts(
                "an input's extent does not suit", place: "\(name(input)), axis \(axis)", found: "\(found)",
                expected: "\(expected)")
        case .inputTooLong(let input, let axis, let found, let maximum):
            ErrorFacts(
                "an input is longer than the model takes", place: "\(name(input)), axis \(axis)", found: "\(found)",
                expected: "at most \(maximum)")
        case .operatorFailed(let step, _):
            ErrorFacts(
                "a value of the inputs is out of range", place: "step \(step)", hint: "are all ids in the vocabulary?")
        default: RuntimeFacts.facts(error, instructionSet: nil)
        }
    }

    private func result(_ output: Int) -> NamedArray {
        NamedArray(
            name: String(decoding: session.outputName(output), as: UTF8.self), dtype: session.outputDType(output),
            shape: (0..<session.outputRank(output)).map { session.outputDimension(output, $0) },
            bytes: Array(session.outputBytes(output)))
    }

    private func json(_ results: [NamedArray]) -> JSON {
        ["outputs": .object(Dictionary(results.map { ($0.name, tensor($0)) }) { first, _ in first })]
    }

    private func tensor(_ array: NamedArray) -> JSON {
        let count = array.bytes.count / array.dtype.size
        let numbers: [JSON] = array.bytes.withUnsafeBytes { bytes in
            (0..<count).map { index in
                switch array.dtype {
                case .f32: .number(Double(bytes.loadUnaligned(fromByteOffset: index * 4, as: Float.self)))
                case .i64: .int(Int(bytes.loadUnaligned(fromByteOffset: index * 8, as: Int64.self)))
                case .i32: .int(Int(bytes.loadUnaligned(fromByteOffset: index * 4, as: Int32.self)))
                default: .int(Int(bytes[index]))
                }
            }
        }
        return ["shape": .array(array.shape.map { .int($0) }), "data": .array(numbers)]
    }
}
