import PackFit
import PackGraph
import PackImport

/// What `pack slim` would make of a model, estimated from the shapes of its tensors and values.
///
/// - Weights: constants of the graph. `none` keeps f16 and stores other numbers in 4 bytes; `fp16` stores matrices
///   in 2 bytes an element; `int8` in 1, with 8 bytes a row for its scale and sum. Vectors stay in 4 bytes.
/// - Unpacked: weights, 300 KB of runtime, the tokenizer's tables in the size of its file, 16 KB for plan and manifest.
/// - Zipped: weights by `zippedShare` (see `DeflateEstimate`), half of the runtime, two fifths of the tokenizer.
/// - Memory at the peak: the unpacked bundle, which is mapped, 2 MB for the process, and one and a half times the values
///   that the hungriest node reads and writes for one input of the greatest length.
func estimatedPredictions(of reading: ModelReading) -> [Prediction] {
    guard let model = reading.imported, let graph = reading.graph else { return [] }
    let tokenizer =
        reading.facts.files.filter { file in
            ["tokenizer.json", "vocab.txt"].contains { file.path == $0 || file.path.hasSuffix("/" + $0) }
        }.map(\.bytes).max() ?? 0
    let activations = activationBytes(of: graph, tokens: model.description.maximumTokens)
    return Quantization.allCases.map { quantization in
        let weights = quantization.bytes(of: graph)
        let runtime = 300_000
        let unpacked = weights + runtime + tokenizer + 16_384
        let zipped = Int(Double(weights) * zippedShare) + runtime / 2 + tokenizer * 2 / 5
        return Prediction(
            quantization: quantization.rawValue, unpackedBytes: unpacked, zippedBytes: zipped, runtimeBytes: runtime,
            weightsBytes: weights, peakMemoryBytes: unpacked + 2_000_000 + activations, how: .estimated,
            tolerance: 0.05)
    }
}

/// The share to which weights shrink in a zip: 0.915 to 0.927 was measured on f32, f16 and int8 weights of one model.
private let zippedShare = 0.925

private enum Quantization: String, CaseIterable {
    case none
    case fp16
    case int8

    func bytes(of graph: Graph) -> Int {
        graph.constants.values.reduce(0) { sum, constant in
            guard constant.dtype.isFloat else { return sum + constant.byteCount }
            let rows = constant.shape.count < 2 ? nil : constant.shape[0]
            return sum + bytes(count: constant.count, rows: rows, constant.dtype.size * 8)
        }
    }

    private func bytes(count: Int, rows: Int?, _ bits: Int) -> Int {
        guard let rows else { return count * 4 }
        return switch self {
        case .none: count * (bits == 16 ? 2 : 4)
        case .fp16: count * 2
        case .int8: count + rows * 8
        }
    }
}

private func activationBytes(of graph: Graph, tokens: Int) -> Int {
    var largest = 0
    for node in graph.nodes {
        let values = (node.inputs + node.outputs).filter { graph.constants[$0] == nil }
        let bytes = values.reduce(0) { sum, name in
            guard let type = graph.types[name],
                let count = elements(type, tokens: tokens)
            else { return sum }
            return sum + count * type.dtype.size
        }
        largest = max(largest, bytes)
    }
    return largest + largest / 2
}
