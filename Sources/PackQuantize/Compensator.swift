import PackCore
import PackGraph
import PackIO
import PackPlanner

/// Finds, from what a model's layers see on some texts, the values that their matrices are best rounded to.
struct Compensator {
    private let graph: Graph
    private let metadata: PlanMetadata
    private let texts: [(ids: [Int32], types: [UInt8])]
    private let threads: Int

    /// Bytes of inputs that are held at a time.
    private static let budget = 256 << 20

    /// - Parameters:
    ///   - graph: After all passes.
    ///   - metadata: What its plans say besides.
    ///   - texts: Tokens of texts.
    ///   - threads: Threads to compute with.
    init(graph: Graph, metadata: PlanMetadata, texts: [(ids: [Int32], types: [UInt8])], threads: Int) {
        self.graph = graph
        self.metadata = metadata
        self.texts = texts
        self.threads = threads
    }

    /// The matrices of layers as they are best stored in groups of 4-bit codes, by name.
    ///
    /// - Throws: What running the model throws.
    func matrices() throws -> [String: Constant] {
        guard let product = FloatProduct(), !texts.isEmpty else { return [:] }
        var result: [String: Constant] = [:]
        for layers in parts(ProductLayer.all(in: graph)) {
            let seen = try inputs(of: layers)
            let made = try concurrently(layers) { layer in
                try Self.matrix(of: layer, graph, layer.inputs.flatMap { seen[$0] ?? [] }, product)
            }
            for (layer, constant) in zip(layers, made) { result[layer.weight] = constant }
        }
        return result
    }

    /// nil where numbers are too large to be summed.
    private static func matrix(
        of layer: ProductLayer, _ graph: Graph, _ rows: [Float], _ product: FloatProduct
    ) throws -> Constant? {
        guard let constant = graph.constants[layer.weight], !rows.isEmpty else { return nil }
        let moments = SecondMoments(rows: rows, size: layer.columns, product)
        let rounded = ErrorCompensation.rounded(try layer.rows(of: constant), moments, product)
        return rounded.allSatisfy { $0.isFinite } ? try layer.constant(rounded) : nil
    }

    /// Layers in parts whose inputs do not take too much room together.
    private func parts(_ layers: [ProductLayer]) -> [[ProductLayer]] {
        let tokens = texts.reduce(0) { $0 + $1.ids.count }
        var parts: [[ProductLayer]] = []
        var bytes = Int.max
        for layer in layers {
            let own = layer.inputs.count * tokens * layer.columns * 4
            if bytes > Self.budget - min(own, Self.budget) {
                parts.append([])
                bytes = 0
            }
            parts[parts.count - 1].append(layer)
            bytes += own
        }
        return parts
    }

    /// What layers multiply, row after row over all texts, by the values' names.
    private func inputs(of layers: [ProductLayer]) throws -> [String: [Float]] {
        var names: [String] = []
        for name in layers.flatMap(\.inputs) where !names.contains(name) { names.append(name) }
        var open = graph
        open.outputs = names
        let runner = try TextRunner(
            try Planner.draft(open, storage: WeightStorage(.f32), metadata: metadata).makeImage(), threads: threads)
        var rows = [[Float]](repeating: [], count: names.count)
        for text in texts {
            try runner.fill(ids: text.ids, types: text.types)
            try runner.session.run()
            for index in names.indices { rows[index] += runner.session.outputFloats(index) }
        }
        return Dictionary(uniqueKeysWithValues: zip(names, rows))
    }
}
