import PackFit
import PackFormats

/// What is known about deploying the files as they are: they need a Python stack around them, which is not looked at,
/// so that bytes are lower bounds and the rest is unknown.
func factsAsItIs(_ model: ModelFacts, _ checkpoint: Checkpoint) -> FitFacts {
    let note = "the model's files alone; the Python stack that runs them comes on top"
    var facts = FitFacts()
    facts.missing = "the Python stack to run it was not looked at"
    facts.unpacked = Known(low: Double(model.fileBytes), high: nil, how: .measured, note: note)
    facts.image = facts.unpacked
    facts.zipped = Known(low: zippedWeights(checkpoint).rounded(.down), high: nil, how: .estimated, note: note)
    facts.peakMemory = Known(low: Double(checkpoint.bytes), high: nil, how: .computed, note: "the weights alone")
    return facts
}

/// The least that the weights take in a zip.
private func zippedWeights(_ checkpoint: Checkpoint) -> Double {
    let samples = max(DeflateEstimate.sampleCount / checkpoint.shards.count, 1)
    return checkpoint.shards.reduce(0) { sum, shard in
        let size = shard.file.size
        defer { shard.file.dropPages() }
        let share = DeflateEstimate.share(of: size, samples: samples) { range, body in
            shard.file.withBytes(in: range, body)
        }
        return sum + Double(size) * share.low
    }
}
