import PackCore
import PackLab
import PackPlanner
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
            guard let requests = TensorEvents.make(count, for: session) else {
                throw TensorEvents.refusal(file, hint: nil)
            }
            return requests
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
}
