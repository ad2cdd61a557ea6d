import PackCore
import PackLab
import PackPlanner
import PackQuantize
import PackRuntime

/// What answers are compared on: the built-in texts where the plan has a tokenizer, else made-up inputs.
struct AccuracySamples {
    private let samples: [Sample]
    private let kind: BenchAccuracy.Kind
    private let inputs: [(name: String, type: String?)]
    private let references: [[Float]]
    private let referenceName: String
    private static let madeUp = 16

    private enum Sample {
        case tokens([Int32], [UInt8])
        case tensors(SampleInputs)
    }

    /// - Parameter reference: The plan in f32.
    init(_ reference: BenchPlan) throws {
        let runner = try TextRunner(reference.image, threads: 1)
        let session = runner.session
        let isOfTexts = session.tokenizerTable != nil
        samples =
            isOfTexts
            ? CalibrationTexts.standard.map { runner.tokens($0) }.filter { !$0.ids.isEmpty }.map {
                .tokens($0.ids, $0.types)
            } : runner.samples(Self.madeUp).map { .tensors($0) }
        kind =
            switch session.task {
            case .embedding: .embeddings
            case .classification, .tokenClassification: .scores(session.labelCount)
            default: .numbers
            }
        inputs = (0..<session.inputCount).map {
            (String(decoding: session.inputName($0), as: UTF8.self), Self.numpyType(session.inputDType($0)))
        }
        referenceName = reference.name
        references = try Self.outputs(samples, runner)
    }

    /// How close a plan is to the one in f32.
    func accuracy(of plan: BenchPlan) throws -> BenchAccuracy? {
        guard !samples.isEmpty else { return nil }
        return BenchAccuracy(
            try Self.outputs(samples, try TextRunner(plan.image, threads: 1)), with: references,
            reference: referenceName, kind: kind)
    }

    /// How close a peer is to its own form in f32; nil where it cannot be given the samples.
    func accuracy(of peer: PeerBenchEngine, with reference: PeerBenchEngine) throws -> BenchAccuracy? {
        let requests = samples.compactMap(tensors)
        guard !samples.isEmpty, requests.count == samples.count else { return nil }
        return BenchAccuracy(
            try requests.map { try first(peer.answer($0)) }, with: try requests.map { try first(reference.answer($0)) },
            reference: reference.name, kind: kind)
    }

    private static func outputs(_ samples: [Sample], _ runner: TextRunner) throws -> [[Float]] {
        try samples.map { sample throws(RuntimeError) in
            switch sample {
            case .tokens(let ids, let types): try runner.output(ids: ids, types: types)
            case .tensors(let inputs): try runner.outputs(inputs)
            }
        }
    }

    /// Of texts the first output counts, of made-up inputs all.
    private func first(_ outputs: [[Float]]) -> [Float] {
        if case .tokens = samples.first { outputs.first ?? [] } else { outputs.flatMap { $0 } }
    }

    private func tensors(_ sample: Sample) -> [PeerEngine.Tensor]? {
        switch sample {
        case .tokens(let ids, let types):
            return inputs.map { name, _ in
                let values =
                    switch name {
                    case "input_ids": ids.map(Int64.init)
                    case "token_type_ids": types.map(Int64.init)
                    default: [Int64](repeating: 1, count: ids.count)
                    }
                return PeerEngine.Tensor(
                    name: name, shape: [1, ids.count], type: "<i8",
                    bytes: values.flatMap { withUnsafeBytes(of: $0.littleEndian) { Array($0) } })
            }
        case .tensors(let made):
            let list = zip(inputs, made.arrays).compactMap { input, array in
                input.type.map {
                    PeerEngine.Tensor(name: input.name, shape: array.shape, type: $0, bytes: array.bytes)
                }
            }
            return list.count == inputs.count ? list : nil
        }
    }

    /// NumPy's name of a type; nil where it has none.
    private static func numpyType(_ dtype: DType) -> String? {
        switch dtype {
        case .f32: "<f4"
        case .f64: "<f8"
        case .f16: "<f2"
        case .i64: "<i8"
        case .i32: "<i4"
        case .i16: "<i2"
        case .i8: "i1"
        case .u64: "<u8"
        case .u32: "<u4"
        case .u16: "<u2"
        case .u8: "u1"
        case .bool: "?"
        default: nil
        }
    }
}
