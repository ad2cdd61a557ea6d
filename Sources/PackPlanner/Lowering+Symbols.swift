import CPackKernels
import PackCore
import PackGraph

/// Dimensions that steps define when they run.
extension Lowering {
    /// Operators of the runtime that find the extents of their outputs.
    static let measuring: Set<UInt32> = [
        PACK_OP_Expand.rawValue, PACK_OP_ReduceAxes.rawValue, PACK_OP_OneHot.rawValue, PACK_OP_TopK.rawValue,
        PACK_OP_NonZero.rawValue, PACK_OP_Unique.rawValue, PACK_OP_Compress.rawValue, PACK_OP_Tile.rawValue,
        PACK_OP_Pad.rawValue, PACK_OP_SliceAxes.rawValue, PACK_OP_Split.rawValue, PACK_OP_Reshape.rawValue,
        PACK_OP_Fill.rawValue, PACK_OP_Progression.rawValue, PACK_OP_Resize.rawValue, PACK_OP_CenterCropPad.rawValue,
        PACK_OP_AffineGrid.rawValue, PACK_OP_Col2Im.rawValue, PACK_OP_MaxUnpool.rawValue,
        PACK_OP_NonMaxSuppression.rawValue,
        PACK_OP_StringSplit.rawValue, PACK_OP_StringNormalizer.rawValue, PACK_OP_TextTokens.rawValue,
        PACK_OP_ImageDecoder.rawValue,
    ]

    /// For each symbol that no input defines, the first node that has it as a dimension of an output.
    static func definers(_ graph: Graph) -> [String: Int] {
        let given = Set(graph.inputs.flatMap { $0.type.shape.compactMap(\.name) })
        var definers: [String: Int] = [:]
        for (index, node) in graph.nodes.enumerated() {
            for output in node.outputs {
                for symbol in (graph.types[output]?.shape ?? []).compactMap(\.name)
                where !given.contains(symbol) && definers[symbol] == nil {
                    definers[symbol] = index
                }
            }
        }
        return definers
    }

    /// Whether a node finds extents of its outputs when it runs.
    func measures(_ node: Node) -> Bool {
        node.outputs.contains { output in
            (graph.types[output]?.shape ?? []).compactMap(\.name).contains { symbol in
                definers[symbol].map { graph.nodes[$0].outputs.contains(output) } ?? false
            }
        }
    }

    /// The symbols that a step defines with an output of this type.
    ///
    /// - Throws: `PlannerError` for a symbol within an expression that nothing before defines.
    mutating func freshSymbols(_ type: TensorType, of node: Node) throws(PlannerError) -> [String] {
        let fresh = type.shape.compactMap(\.name).filter { !defined.contains($0) }
        defined.formUnion(fresh)
        for dimension in type.shape {
            if let symbol = dimension.symbols.first(where: { !defined.contains($0) }) {
                throw refuse(node, "dimension \(dimension)", "\(symbol) to be the dimension of an earlier value")
            }
        }
        return fresh
    }

    /// The integers that a small value is known to have, as a constant.
    func knownIntegers(_ name: String) -> Constant? {
        guard let contents = graph.contents[name], let type = graph.types[name], type.dtype == .i64 else { return nil }
        let numbers = contents.compactMap(\.constant)
        let shape = type.shape.compactMap(\.constant)
        guard numbers.count == contents.count, shape.count == type.shape.count else { return nil }
        return try? Constant(integers: numbers, shape: shape)
    }

    /// Whether what a tensor is stretched to is found, or can only be checked, when the node runs.
    func readsTarget(_ node: Node) -> Bool {
        measures(node) || node.input(1).map { graph.contents[$0] == nil } ?? false
    }

    /// The inputs that are read at run time; those that only say shapes, axes or limits are not among them.
    func dataInputs(_ node: Node) -> [String] {
        let all = node.inputs.filter { !$0.isEmpty }
        if measures(node) || node.op == "Expand" && readsTarget(node) { return all }
        switch node.op {
        case "Reshape", "Unsqueeze", "Squeeze", "Flatten", "Identity", "Dropout", "Expand", "Tile", "Split", "CastLike",
            "CenterCropPad", "AffineGrid":
            return Array(node.inputs.prefix(1))
        case "Resize": return ((try? resizePlan(node)) ?? nil) == nil ? all : Array(node.inputs.prefix(1))
        case "Pad": return ((try? fixedPads(node)) ?? nil) == nil ? all : Array(node.inputs.prefix(1))
        case "Col2Im": return known(node, input: 2) == nil ? all : Array(node.inputs.prefix(1))
        case "MaxUnpool": return Array(node.inputs.prefix(2))
        case "ConstantOfShape", "EyeLike", "RandomUniformLike", "RandomNormalLike": return []
        case "Slice": return simpleSlice(node) != nil ? Array(node.inputs.prefix(1)) : all
        case "Range": return simpleRange(node) != nil ? [] : all
        case _ where node.op.hasPrefix("Reduce"):
            return Array(node.inputs.prefix(reducedAxes(node) != nil ? 1 : 2))
        default: return all
        }
    }
}

extension Dimension {
    /// The name, if this is a symbol.
    var name: String? {
        if case .symbol(let name) = self { name } else { nil }
    }
}
