import CPackKernels
import PackCore
import PackGraph

/// Operators that compute in 32-bit floats, for values of other types.
extension Lowering {
    /// Operators whose steps take f32 only.
    private static let floatOnly: Set<String> = [
        "Linear", "Attention", "Embed", "LayerNormalization", "MaskedMean", "MaskedMax", "L2Normalize", "Conv",
        "ConvTranspose", "DeformConv", "CausalConvWithState", "Col2Im", "MaxPool", "AveragePool", "LpPool",
        "GlobalAveragePool", "GlobalMaxPool", "GlobalLpPool", "MaxUnpool", "BatchNormalization",
        "InstanceNormalization", "GroupNormalization", "RMSNormalization", "LpNormalization",
        "MeanVarianceNormalization", "LRN", "Resize", "GridSample", "AffineGrid", "RoiAlign", "LSTM", "GRU", "RNN",
    ]
    private static let halves: Set<DType> = [.f16, .bf16]

    /// Whether a node is computed in f32 between conversions.
    func lowersAsFloat(_ node: Node) throws(PlannerError) -> Bool {
        let isFloatOnly = Lowering.floatOnly.contains(node.op)
        guard isFloatOnly || node.op == "MatMul" || node.op == "Gemm" else { return false }
        return (node.inputs + node.outputs).contains { value in
            guard let dtype = graph.types[value]?.dtype else { return false }
            // Products of f64 have loops of their own.
            return isFloatOnly ? dtype.isFloat && dtype != .f32 : Lowering.halves.contains(dtype)
        }
    }

    /// Lowers a node with floats of other types converted before and after.
    mutating func lowerAsFloat(_ node: Node) throws(PlannerError) {
        let before = (types: graph.types, constants: graph.constants, indices: indices)
        for name in Set(node.inputs).sorted() where !name.isEmpty {
            guard let type = graph.types[name], type.dtype.isFloat, type.dtype != .f32 else { continue }
            if let constant = graph.constants[name] {
                graph.constants[name] = try? constant.widened()
                indices[name] = nil
            } else if let index = indices[name] {
                indices[name] = try converted(index, TensorType(.f32, type.shape), name + ".f32", of: node)
            }
            graph.types[name] = TensorType(.f32, type.shape)
        }
        for name in node.outputs {
            guard let type = graph.types[name], type.dtype.isFloat else { continue }
            graph.types[name] = TensorType(.f32, type.shape)
        }
        try lower(node)
        let results = node.outputs.map { indices[$0] }
        graph.types = before.types
        graph.constants = before.constants
        indices = before.indices
        for (name, index) in zip(node.outputs, results) {
            guard let index, let type = graph.types[name] else { continue }
            indices[name] =
                type.dtype == .f32 || !type.dtype.isFloat ? index : try converted(index, type, name, of: node)
        }
    }

    /// A value as another type.
    mutating func converted(
        _ index: UInt32, _ type: TensorType, _ name: String, of node: Node
    ) throws(PlannerError) -> UInt32 {
        if DType(rawValue: tables.values[Int(index)].dtype) == type.dtype { return index }
        let result = try temporary(name, type)
        try add(PACK_OP_Cast, node, [index], [result])
        return result
    }

    /// A value of the graph as another type.
    mutating func value(_ name: String, as dtype: DType, of node: Node) throws(PlannerError) -> UInt32 {
        let shape = try type(name, of: node).shape
        let index = try value(name, of: node)
        return try converted(index, TensorType(dtype, shape), name + "." + String(describing: dtype.name), of: node)
    }

    /// A scalar of a type.
    mutating func scalar(_ number: Float, _ dtype: DType, of node: Node) throws(PlannerError) -> UInt32 {
        let name = "\(dtype.name) \(number)"
        if let known = indices[name] { return known }
        let constant: Constant
        do throws(GraphError) {
            constant =
                dtype.isFloat
                ? try Constant(floats: [number], shape: []) : try Constant(integers: [Int(number)], shape: [])
        } catch { throw refuse(node, error.found, error.expected) }
        let index = try plain(name, constant)
        indices[name] = try converted(index, TensorType(dtype, []), name, of: node)
        return indices[name] ?? index
    }
}
