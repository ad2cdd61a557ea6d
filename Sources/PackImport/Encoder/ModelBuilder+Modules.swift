import PackGraph

/// The modules that all encoders are made of, as torch's exporter writes them.
extension ModelBuilder {
    /// A linear layer, x · Wᵀ + b, with its weight as it is stored, [outputs, inputs].
    /// - Parameter weightNames: Names of the weight where it is not the module's own.
    mutating func linear(
        _ x: String, _ path: String, _ inputs: Int, _ outputs: Int, weightNames: [String]? = nil,
        biasNames: [String]? = nil, hasBias: Bool = true
    ) throws(ImportError) -> String {
        let stored = try weight(weightNames ?? ["\(path).weight"], [outputs, inputs])
        let turned = node("Transpose", path, [stored], ["perm": .ints([1, 0])])
        let product = node("MatMul", path, [x, turned])
        guard hasBias else { return product }
        return node("Add", path, [product, try weight(biasNames ?? ["\(path).bias"], [outputs])])
    }

    /// Layer normalization over the last axis (Ba et al. 2016). Checkpoints of old call its tensors gamma and beta.
    mutating func layerNorm(_ x: String, _ path: String, _ size: Int, _ epsilon: Float) throws(ImportError) -> String {
        let keep: [String: Attribute] = ["keepdims": .int(1)]
        let last = try list(-1)
        let mean = node("ReduceMean", path, [x, last], keep)
        let centred = node("Sub", path, [x, mean])
        let squared = node("Pow", path, [centred, try scalar(2)])
        let variance = node("ReduceMean", path, [squared, last], keep)
        let deviation = node("Sqrt", path, [node("Add", path, [variance, try scalar(epsilon)])])
        let normal = node("Div", path, [centred, deviation])
        let scaled = node("Mul", path, [normal, try weight(["\(path).weight", "\(path).gamma"], [size])])
        return node("Add", path, [scaled, try weight(["\(path).bias", "\(path).beta"], [size])])
    }

    /// An activation function.
    mutating func activate(_ x: String, _ activation: Activation, _ path: String) throws(ImportError) -> String {
        switch activation {
        case .identity: return x
        case .relu: return node("Relu", path, [x])
        case .tanh: return node("Tanh", path, [x])
        case .gelu:
            let root = node("Div", path, [x, try scalar(Float(2).squareRoot())])
            let half = node("Mul", path, [x, try scalar(0.5)])
            return node("Mul", path, [half, try onePlus(node("Erf", path, [root]), path)])
        case .gelu_new, .gelu_pytorch_tanh:
            let cube = node("Mul", path, [node("Pow", path, [x, try scalar(3)]), try scalar(0.044715)])
            let inner = node("Add", path, [x, cube])
            let scaled = node("Mul", path, [inner, try scalar(Float((2 / Double.pi).squareRoot()))])
            let half = node("Mul", path, [x, try scalar(0.5)])
            return node("Mul", path, [half, try onePlus(node("Tanh", path, [scaled]), path)])
        }
    }

    private mutating func onePlus(_ x: String, _ path: String) throws(ImportError) -> String {
        node("Add", path, [x, try scalar(1)])
    }
}
