import PackCore
import PackLab

/// What a model's inputs are filled with to measure it.
struct BenchInputs {
    /// One entry an input, in the plan's order.
    let list: [PeerEngine.Input]

    /// Token ids are random ones of the vocabulary, other integers ones, floats normally distributed, texts empty.
    init(_ plan: PlanView, _ shape: BenchShape) {
        let vocabulary = PlanShapes.vocabulary(of: plan)
        list = zip(PlanShapes(plan, shape).inputs, plan.inputs).map { input, value in
            let dtype = DType(rawValue: plan.values[Int(value)].dtype) ?? .f32
            return PeerEngine.Input(
                name: input.name, shape: input.extents, fill: Self.fill(input.name, dtype, vocabulary, shape.lengths))
        }
    }

    private static func fill(
        _ name: String, _ dtype: DType, _ vocabulary: Int, _ lengths: [Int]
    ) -> PeerEngine.Fill {
        switch name {
        case "attention_mask", "attention_mask_int": lengths.isEmpty ? .ones : .lengths(lengths)
        case "token_type_ids": .zeros
        case _ where dtype == .string: .zeros
        default: dtype.isFloat ? .normal : dtype == .bool ? .ones : vocabulary > 1 ? .below(vocabulary) : .ones
        }
    }

    /// The bytes of so many elements, in rows of `width`.
    static func bytes(_ fill: PeerEngine.Fill, _ dtype: DType, count byteCount: Int, width: Int) -> [UInt8] {
        // The system's generator takes longer than small models run.
        var generator = SplitMix(state: UInt64.random(in: 0...UInt64.max))
        return [UInt8](unsafeUninitializedCapacity: byteCount) { buffer, initialized in
            let raw = UnsafeMutableRawBufferPointer(buffer)
            for (index, offset) in stride(from: 0, through: byteCount - dtype.size, by: dtype.size).enumerated() {
                store(value(fill, index, width, &generator), dtype, raw, offset)
            }
            initialized = byteCount
        }
    }

    /// A sum of twelve uniform numbers is near enough to a normal one.
    private static func value(
        _ fill: PeerEngine.Fill, _ index: Int, _ width: Int, _ generator: inout SplitMix
    ) -> Double {
        switch fill {
        case .normal: (0..<12).reduce(-6) { sum, _ in sum + Double(generator.next() >> 11) * 0x1p-53 }
        case .below(let limit): Double(Int.random(in: 0..<limit, using: &generator))
        case .zeros: 0
        case .ones: 1
        case .lengths(let lengths): index % width < lengths[index / width] ? 1 : 0
        }
    }

    private static func store(_ value: Double, _ dtype: DType, _ buffer: UnsafeMutableRawBufferPointer, _ offset: Int) {
        func put<Word>(_ word: Word) where Word: BitwiseCopyable {
            buffer.storeBytes(of: word, toByteOffset: offset, as: Word.self)
        }
        switch dtype {
        case .f32: put(Float(value))
        case .f64: put(value)
        case .f16: put(Float16(value).bitPattern)
        case .bf16: put(UInt16(truncatingIfNeeded: Float(value).bitPattern >> 16))
        case .i64, .u64, .string: put(Int64(value))
        case .i32, .u32: put(Int32(truncatingIfNeeded: Int64(value)))
        case .i16, .u16: put(Int16(truncatingIfNeeded: Int64(value)))
        default: put(UInt8(truncatingIfNeeded: Int64(value)))
        }
    }
}
