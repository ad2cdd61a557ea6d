import PackFit
import PackIO

/// What is known about deploying the files as they are: they need a Python stack around them, which is not looked at,
/// so that bytes are lower bounds and the rest is unknown.
func factsAsItIs(_ model: ModelFacts, _ weights: [MappedFile]) -> FitFacts {
    let note = "the model's files alone; the Python stack that runs them comes on top"
    var facts = FitFacts()
    facts.missing = "the Python stack to run it was not looked at"
    facts.unpacked = Known(low: Double(model.fileBytes), high: nil, how: .measured, note: note)
    facts.image = facts.unpacked
    facts.zipped = Known(low: zippedWeights(weights).rounded(.down), high: nil, how: .estimated, note: note)
    facts.peakMemory = Known(low: Double(model.weightBytes), high: nil, how: .computed, note: "the weights alone")
    return facts
}

/// The least that the weights take in a zip.
private func zippedWeights(_ files: [MappedFile]) -> Double {
    let samples = max(DeflateEstimate.sampleCount / max(files.count, 1), 1)
    return files.reduce(0) { sum, file in
        defer { file.dropPages() }
        let share = DeflateEstimate.share(of: file.size, samples: samples) { range, body in
            file.withBytes(in: range, body)
        }
        return sum + Double(file.size) * share.low
    }
}
