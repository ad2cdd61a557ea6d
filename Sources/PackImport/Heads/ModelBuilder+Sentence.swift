import PackGraph

/// The modules of sentence-transformers behind the encoder (Reimers and Gurevych 2019).
extension ModelBuilder {
    /// The tokens' vectors to one: [batch, hidden].
    mutating func pool(_ x: String, _ mask: String, _ pooling: Pooling) throws(ImportError) -> String {
        let path = "pooling"
        switch pooling {
        case .cls: return try firstToken(x, path)
        case .mean:
            let kept = try keptTokens(mask, path)
            let drop: [String: Attribute] = ["keepdims": .int(0)]
            let tokens = try list(1)
            let sum = node("ReduceSum", path, [node("Mul", path, [x, kept]), tokens], drop)
            let count = node("ReduceSum", path, [kept, tokens], drop)
            // The bound keeps a text without tokens from dividing by 0.
            return node("Div", path, [sum, node("Clip", path, [count, try scalar(1e-9)])])
        case .max:
            let isDropped = node("Equal", path, [try keptTokens(mask, path), try scalar(0)])
            let masked = node("Where", path, [isDropped, try scalar(-1e9), x])
            return node("ReduceMax", path, [masked, try list(1)], ["keepdims": .int(0)])
        }
    }

    /// 1 for the tokens that the mask keeps: [batch, sequence, 1].
    private mutating func keptTokens(_ mask: String, _ path: String) throws(ImportError) -> String {
        let wide = node("Unsqueeze", path, [mask, try list(-1)])
        return node("Cast", path, [wide], ["to": .dtype(Self.computed)])
    }

    /// Division by the Euclidean norm over the last axis.
    mutating func normalize(_ x: String) throws(ImportError) -> String {
        let norm = node("ReduceL2", "normalize", [x, try list(-1)], ["keepdims": .int(1)])
        return node("Div", "normalize", [x, node("Clip", "normalize", [norm, try scalar(1e-12)])])
    }

    /// A Dense module, whose weights stand in a checkpoint of its own.
    mutating func dense(_ x: String, _ module: DenseModule, _ path: String) throws(ImportError) -> String {
        let outer = weights
        weights = Weights(module.checkpoint, namespace: "\(path).")
        defer { weights = outer }
        let product = try linear(
            x, path, module.inputs, module.outputs, weightNames: ["linear.weight"], biasNames: ["linear.bias"],
            hasBias: module.hasBias)
        return try activate(product, module.activation, path)
    }
}
