import PackCore
import PackGraph
import PackPlanner
import PackRuntime
import Testing

/// Damaged plans of operators whose shapes data decide, and hostile data, do no harm.
@Suite struct HostileDataPlanTests {
    private static let cases =
        ElementCase.reductions + ElementCase.selections + ElementCase.shapes + ElementCase.products
        + ElementCase.elementwise

    private func bytes(_ example: ElementCase) throws -> [UInt8] {
        let graph = try Graph.node(
            example.op, example.inputs, example.attributes, outputs: example.expected.count, isFixed: false)
        let draft = try Planner.draft(graph, storage: WeightStorage(.f32), metadata: PlanMetadata(task: .tensors))
        let image = try draft.makeImage()
        return withExtendedLifetime(image) { Array(image.bytes) }
    }

    /// Opens bytes as a plan and runs it on inputs of the wanted shapes, if it takes them.
    private func open(_ bytes: [UInt8], _ inputs: [TensorValue]) throws {
        let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: max(bytes.count, 1), alignment: 64)
        defer { memory.deallocate() }
        memory.copyBytes(from: bytes)
        let session = try Session(plan: UnsafeRawBufferPointer(rebasing: memory[..<bytes.count]), threads: 1)
        session.memoryLimit = min(session.memoryLimit, 1 << 20)
        for (index, input) in inputs.enumerated() where index < session.inputCount {
            try session.setInputShape(index, input.shape)
        }
        try session.prepare()
        for (index, input) in inputs.enumerated() where index < session.inputCount {
            let target = session.inputBytes(index)
            target.copyBytes(from: input.bytes.prefix(target.count))
        }
        try session.run()
    }

    @Test func survivesRandomBytesInTables() throws {
        var random = SplitMix(state: 0xBAD5)
        print("seed 0xBAD5")
        for example in Self.cases {
            let good = try bytes(example)
            let inputs = example.inputs.compactMap { $0 }
            try open(good, inputs)
            let metadata = good.withUnsafeBytes { Int($0.loadUnaligned(fromByteOffset: 24, as: UInt64.self)) }
            for _ in 0..<60 {
                var changed = good
                for _ in 0..<Int.random(in: 1...3, using: &random) {
                    changed[Int.random(in: 248..<metadata, using: &random)] =
                        Bool.random(using: &random)
                        ? UInt8.random(in: 0...255, using: &random) : UInt8.random(in: 0...9, using: &random)
                }
                // Refused, or harmless: what counts is that nothing traps and nothing is read or written out of bounds.
                try? open(resealed(changed), inputs)
            }
        }
    }

    @Test func survivesHostileIntegers() throws {
        var random = SplitMix(state: 0x1D1D)
        print("seed 0x1D1D")
        let extremes: [Double] = [
            0, -1, 1, 2, -2, 3, 7, -9, 127, 0x1p24, 0x1p31, -0x1p31, 0x1p40, -0x1p40, 0x1p62, -0x1p62, -0x1p63,
            9_223_372_036_854_774_784,
        ]
        for example in Self.cases {
            let good = try bytes(example)
            for _ in 0..<60 {
                let inputs = example.inputs.compactMap { $0 }.map { input in
                    guard input.dtype == .i64 else { return input }
                    let numbers = input.numbers.map { number in
                        Bool.random(using: &random) ? number : extremes.randomElement(using: &random) ?? 0
                    }
                    return TensorValue(.i64, input.shape, numbers)
                }
                try? open(good, inputs)
            }
        }
    }
}
