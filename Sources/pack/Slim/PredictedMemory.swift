import PackPlanner
import PackQuantize
import PackRuntime

/// Bytes at the peak of a request, of one text if not said otherwise: the mapped plan and runtime, activations, and what the program itself takes
/// (stacks, tokenizer, request and answer buffers, the C library's heap).
func predictedPeakMemory(_ draft: PlanDraft, runtimeBytes: Int, tokens: Int, texts: Int = 1) throws -> Int {
    let program = 1_200_000
    let arena = try tokens > 0 ? draft.arenaBytes(shape: [texts, tokens], threads: 2) : sampleArenaBytes(draft)
    return draft.byteCount + runtimeBytes + program + arena
}

/// Bytes of activations of a request of one for a model that takes tensors, at the first shapes that it takes.
private func sampleArenaBytes(_ draft: PlanDraft) throws -> Int {
    let image = try draft.makeSkeleton()
    let session = try LocalSession.open(image, threads: 2, instructionSet: nil)
    for extent in SampleInputs.extents {
        guard let shapes = SampleInputs.shapes(for: session, extent: extent) else { continue }
        do throws(RuntimeError) {
            for (input, shape) in shapes.enumerated() { try session.setInputShape(input, shape) }
            return try session.predictArenaBytes()
        } catch { continue }
    }
    return 0
}
