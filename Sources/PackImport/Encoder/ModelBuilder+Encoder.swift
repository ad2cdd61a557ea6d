import PackGraph

/// The encoder of the BERT family (Devlin et al. 2018; Sanh et al. 2019; Liu et al. 2019).
extension ModelBuilder {
    /// Tokens to vectors, [batch, sequence, hidden], and the mask that they were made with.
    mutating func encoder(_ configuration: EncoderConfiguration) throws(ImportError) -> (hidden: String, mask: String) {
        let ids = input("input_ids")
        let mask = input("attention_mask")
        var x = try embeddings(ids, configuration)
        let bias = try attentionBias(mask)
        for index in 0..<configuration.layers {
            x = try layer(x, bias, index, configuration)
        }
        return (x, mask)
    }

    /// Minus infinity, nearly, where the mask is 0, and 0 elsewhere: [batch, 1, 1, sequence].
    private mutating func attentionBias(_ mask: String) throws(ImportError) -> String {
        let path = "attention_mask"
        let wide = node("Unsqueeze", path, [mask, try list(1, 2)])
        let kept = node("Cast", path, [wide], ["to": .dtype(Self.computed)])
        let dropped = node("Sub", path, [try scalar(1), kept])
        return node("Mul", path, [dropped, try scalar(-Float.greatestFiniteMagnitude)])
    }

    private mutating func layer(
        _ x: String, _ bias: String, _ index: Int, _ configuration: EncoderConfiguration
    ) throws(ImportError) -> String {
        let names = configuration.family.layer
        let path = "\(weights.prefix)\(names.stack).\(index)."
        let hidden = configuration.hidden
        let context = try attention(x, bias, path, configuration)
        let attended = try linear(context, path + names.attended, hidden, hidden)
        let first = node("Add", path + names.attendedNorm, [attended, x])
        let normal = try layerNorm(first, path + names.attendedNorm, hidden, configuration.epsilon)
        let raised = try linear(normal, path + names.up, hidden, configuration.intermediate)
        let active = try activate(raised, configuration.activation, path + names.up)
        let lowered = try linear(active, path + names.down, configuration.intermediate, hidden)
        let second = node("Add", path + names.downNorm, [lowered, normal])
        return try layerNorm(second, path + names.downNorm, hidden, configuration.epsilon)
    }

    /// Scaled dot-product attention of several heads (Vaswani et al. 2017), before its output product.
    private mutating func attention(
        _ x: String, _ bias: String, _ path: String, _ configuration: EncoderConfiguration
    ) throws(ImportError) -> String {
        let names = configuration.family.layer
        let own = path + "attention"
        let query = try heads(x, path + names.query, [0, 2, 1, 3], configuration)
        let key = try heads(x, path + names.key, [0, 2, 3, 1], configuration)
        let value = try heads(x, path + names.value, [0, 2, 1, 3], configuration)
        let scores = node("MatMul", own, [query, key])
        let scaled = node("Div", own, [scores, try scalar(Float(configuration.headSize).squareRoot())])
        let masked = node("Add", own, [scaled, bias])
        let shares = node("Softmax", own, [masked], ["axis": .int(-1)])
        let mixed = node("MatMul", own, [shares, value])
        let joined = node("Transpose", own, [mixed], ["perm": .ints([0, 2, 1, 3])])
        return node("Reshape", own, [joined, try list(0, 0, configuration.hidden)])
    }

    private mutating func heads(
        _ x: String, _ path: String, _ order: [Int], _ configuration: EncoderConfiguration
    ) throws(ImportError) -> String {
        let projected = try linear(x, path, configuration.hidden, configuration.hidden)
        let split = node(
            "Reshape", path, [projected, try list(0, 0, configuration.heads, configuration.headSize)])
        return node("Transpose", path, [split], ["perm": .ints(order)])
    }
}
