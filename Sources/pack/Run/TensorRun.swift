import PackCore
import PackFormats
import PackIO
import PackImport
import PackReport
import PackRuntime

/// Runs a session on tensors from NumPy's files.
struct TensorRun {
    private let session: Session
    /// Inputs of the model that its plan does not have, because they were fixed.
    private let fixed: Set<String>
    /// What became of the model's outputs, where more is known than the plan says.
    private let forms: [ONNXOutput]

    init(_ session: Session, fixed: Set<String> = [], forms: [ONNXOutput] = []) {
        (self.session, self.fixed, self.forms) = (session, fixed, forms)
    }

    /// Reads inputs, computes, and writes all outputs: to an `.npz` file, to a folder with an `.npy` file for each, or as
    /// JSON.
    func run(_ inputs: RunInputs, output: String?, folder: String?, explain: Bool) throws {
        try check(inputs)
        let matched = try (0..<session.inputCount).map { try array(for: $0, in: inputs) }
        for (input, array) in matched.enumerated() { try setShape(input, array) }
        try attempt { () throws(RuntimeError) in try session.prepare() }
        for (input, array) in matched.enumerated() { try fill(input, array) }
        try attempt { () throws(RuntimeError) in try session.run() }
        let results = (0..<session.outputCount).map(result)
        if let folder {
            try writeOutput(OutputFolder(folder).write(results, forms).text, to: output)
        } else if let output, output.hasSuffix(".npz") {
            try NPZ.write(results, to: output)
        } else {
            try writeOutput(json(results).text, to: output)
        }
        if explain { writeError(LocalSession.explanation(session)) }
    }

    /// Refuses inputs that were named and that the model does not have.
    private func check(_ inputs: RunInputs) throws {
        guard inputs.isExplicit else { return }
        let known = (0..<session.inputCount).map { String(decoding: session.inputName($0), as: UTF8.self) }
        for array in inputs.arrays where !known.contains(array.name) && !fixed.contains(array.name) {
            throw Refusal(
                facts: ErrorFacts(
                    "the model has no such input", found: array.name, expected: known.joined(separator: ", ")))
        }
    }

    private func array(for input: Int, in inputs: RunInputs) throws -> NamedArray {
        let name = String(decoding: session.inputName(input), as: UTF8.self)
        let file = inputs.file
        guard let array = inputs[name] else {
            throw Refusal(
                facts: ErrorFacts(
                    "lacks an input of the model", file: file,
                    found: inputs.arrays.map(\.name).joined(separator: ", "), expected: name))
        }
        guard array.dtype == session.inputDType(input).numpyType else {
            throw Refusal(
                facts: ErrorFacts(
                    "has another element type than the model takes", file: file, place: name,
                    found: "\(array.dtype.name)", expected: "\(session.inputDType(input).name)"))
        }
        return array
    }

    private func fill(_ input: Int, _ array: NamedArray) throws {
        let place = session.inputBytes(input)
        guard array.dtype == .string else { return place.copyBytes(from: array.bytes) }
        for (index, text) in array.texts.enumerated() {
            try attempt { () throws(RuntimeError) in
                let code = try text.withUnsafeBufferPointer { text throws(RuntimeError) in try session.code(of: text) }
                place.storeBytes(of: code, toByteOffset: index * 8, as: Int64.self)
            }
        }
    }

    private func setShape(_ input: Int, _ array: NamedArray) throws {
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
        case .badImage(let step, let fault, let offset):
            ErrorFacts(
                "an image cannot be decoded", place: "step \(step), byte \(offset) of the image",
                found: "\(fault.found)", expected: "\(fault.expected)")
        case .operatorFailed(let step, _):
            ErrorFacts(
                "a value of the inputs is out of range", place: "step \(step)", hint: "are all ids in the vocabulary?")
        default: RuntimeFacts.facts(error, instructionSet: nil)
        }
    }

    private func result(_ output: Int) -> NamedArray {
        let name = String(decoding: session.outputName(output), as: UTF8.self)
        let shape = (0..<session.outputRank(output)).map { session.outputDimension(output, $0) }
        let bytes = session.outputBytes(output)
        guard session.outputDType(output) == .string else {
            return NamedArray(name: name, dtype: session.outputDType(output), shape: shape, bytes: Array(bytes))
        }
        let codes = (0..<bytes.count / 8).map { bytes.loadUnaligned(fromByteOffset: $0 * 8, as: Int64.self) }
        return NamedArray(name: name, shape: shape, texts: codes.map { Array(session.text($0)) })
    }

    private func json(_ results: [NamedArray]) -> JSON {
        OutputForms(forms).json(.object(Dictionary(results.map { ($0.name, tensor($0)) }) { first, _ in first }))
    }

    private func tensor(_ array: NamedArray) -> JSON {
        guard array.dtype != .string else {
            return [
                "shape": .array(array.shape.map { .int($0) }),
                "data": .array(array.texts.map { .string(String(decoding: $0, as: UTF8.self)) }),
            ]
        }
        let count = array.bytes.count / array.dtype.size
        let numbers: [JSON] = array.bytes.withUnsafeBytes { bytes in
            (0..<count).map { Self.number(array.dtype, bytes, $0 * array.dtype.size) }
        }
        return ["shape": .array(array.shape.map { .int($0) }), "data": .array(numbers)]
    }

    private static func number(_ dtype: DType, _ bytes: UnsafeRawBufferPointer, _ offset: Int) -> JSON {
        func load<Word>(_ type: Word.Type) -> Word where Word: BitwiseCopyable {
            bytes.loadUnaligned(fromByteOffset: offset, as: type)
        }
        return switch dtype {
        case .f32: .number(Double(load(Float.self)))
        case .f64: .number(load(Double.self))
        case .f16: .number(Double(Float16(bitPattern: load(UInt16.self))))
        case .i4, .u4, .i2, .u2: .int(Int(NarrowInteger.value(load(UInt8.self), dtype)))
        case .f8e4m3fn, .f8e4m3fnuz, .f8e5m2, .f8e5m2fnuz, .f8e8m0, .f4e2m1:
            .number(Double(NarrowFloat(dtype)?.value(load(UInt8.self)) ?? 0))
        case .bf16: .number(Double(Float(bitPattern: UInt32(load(UInt16.self)) << 16)))
        case .i64, .string: .int(Int(load(Int64.self)))
        case .u64: .number(Double(load(UInt64.self)))
        case .i32: .int(Int(load(Int32.self)))
        case .u32: .int(Int(load(UInt32.self)))
        case .i16: .int(Int(load(Int16.self)))
        case .u16: .int(Int(load(UInt16.self)))
        case .i8: .int(Int(load(Int8.self)))
        case .u8, .bool: .int(Int(bytes[offset]))
        }
    }
}
