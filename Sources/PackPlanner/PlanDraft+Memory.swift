import PackRuntime

extension PlanDraft {
    /// Bytes of activations and scratch memory of a request, as the runtime plans them.
    ///
    /// - Parameters:
    ///   - shape: The shape of every input: [batch, sequence].
    ///   - threads: Threads that the runtime computes with.
    /// - Throws: `RuntimeError` if the model does not take the shape, `PlannerError` if there is no memory for the tables.
    public func arenaBytes(shape: [Int], threads: Int) throws -> Int {
        let image = try makeSkeleton()
        let session = try Session(plan: image.bytes, threads: threads, keeping: image)
        for input in 0..<session.inputCount { try session.setInputShape(input, shape) }
        return try session.predictArenaBytes()
    }
}
