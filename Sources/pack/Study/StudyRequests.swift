import PackCore
import PackIO
import PackLab
import PackPlanner
import PackQuantize
import PackRuntime

/// Made-up requests for a model: token ids of texts as long as sentences are, or tensors of the shapes that it takes. Bundles
/// and stacks get the same ones.
enum StudyRequests {
    /// How many there are, sent in turn.
    static let count = 20

    /// The requests as JSON, `{"inputs": {…}}`.
    /// - Throws: `Refusal` where the model takes none of the shapes that are tried.
    static func make(_ image: PlanImage, file: String) throws -> [[UInt8]] {
        let session = try LocalSession.open(image, threads: 1, instructionSet: nil)
        let dimensions = PlanShapes.dimensions(of: session.plan)
        guard let longest = dimensions.first(where: { $0.name == "sequence" })?.maximum else {
            return try tensors(session, file)
        }
        return SentenceLengths.make(count, maximum: longest).map { length in
            var shape = BenchShape()
            for (name, _) in dimensions { shape = shape.with(name, name == "sequence" ? length : 1) }
            return request(session.plan, shape)
        }
    }

    private static func request(_ plan: PlanView, _ shape: BenchShape) -> [UInt8] {
        let inputs = zip(BenchInputs(plan, shape).list, plan.inputs).map { input, value in
            let dtype = DType(rawValue: plan.values[Int(value)].dtype) ?? .f32
            let bytes = BenchInputs.bytes(
                input.fill, dtype, count: input.shape.reduce(dtype.size, *), width: input.shape.last ?? 1)
            return (name: input.name, shape: input.shape, dtype: dtype, bytes: bytes)
        }
        return Array(SampleRequest.json(inputs).utf8)
    }

    private static func tensors(_ session: Session, _ file: String) throws -> [[UInt8]] {
        for extent in SampleInputs.extents {
            guard let first = SampleInputs(for: session, seed: 0, extent: extent), (try? session.run(first)) != nil
            else { continue }
            return (0..<count).compactMap { seed in
                SampleInputs(for: session, seed: UInt64(seed), extent: extent)
                    .map { Array(SampleRequest.json($0, session).utf8) }
            }
        }
        throw Refusal(
            facts: ErrorFacts(
                "takes none of the inputs that were tried", file: file,
                found: "free axes of \(SampleInputs.extents.map(String.init).joined(separator: ", "))",
                expected: "an answer"))
    }
}
