import CPackKernels
import PackGraph

/// A constant matrix and the values that it multiplies.
struct ProductLayer: Sendable {
    /// Name of the constant.
    let weight: String
    /// Values that the graph multiplies with it, each once.
    var inputs: [String]
    /// Whether it is [outputs, inputs].
    let isTransposed: Bool
    /// Inputs and outputs of a row.
    let columns: Int
    let rows: Int

    /// The constant's elements, a row for each output.
    func rows(of constant: Constant) throws(GraphError) -> [Float] {
        let floats = try constant.floats()
        return isTransposed ? floats : turned(floats, rows: columns, columns: rows)
    }

    /// A constant of such rows, in the layout that the graph has.
    func constant(_ rows: [Float]) throws(GraphError) -> Constant {
        isTransposed
            ? try Constant(floats: rows, shape: [self.rows, columns])
            : try Constant(floats: turned(rows, rows: self.rows, columns: columns), shape: [columns, self.rows])
    }
}

extension ProductLayer {
    /// The layers of a graph whose weights can be stored in groups of 4-bit codes.
    static func all(in graph: Graph) -> [ProductLayer] {
        var layers: [ProductLayer] = []
        var places: [String: Int] = [:]
        for node in graph.nodes where node.op == "Linear" {
            guard let input = node.input(0), let weight = node.input(1), let constant = graph.constants[weight],
                constant.dtype.isFloat, constant.shape.count == 2
            else { continue }
            if let place = places[weight] {
                if !layers[place].inputs.contains(input) { layers[place].inputs.append(input) }
                continue
            }
            let isTransposed = node.attributes["transposed"] == .int(1)
            let columns = constant.shape[isTransposed ? 1 : 0]
            guard columns > 0, columns % Int(PACK_GROUP) == 0, columns <= Int(PACK_MAX_K_S4) else { continue }
            places[weight] = layers.count
            layers.append(
                ProductLayer(
                    weight: weight, inputs: [input], isTransposed: isTransposed, columns: columns,
                    rows: constant.shape[isTransposed ? 0 : 1]))
        }
        return layers
    }
}
