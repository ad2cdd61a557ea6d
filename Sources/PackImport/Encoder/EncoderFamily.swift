/// The families of encoders that are built, and how their tensors are called.
enum EncoderFamily {
    case bert, distilbert, roberta

    /// Values of `model_type` and the family that each is of.
    static let modelTypes: [(name: String, family: EncoderFamily)] = [
        ("bert", .bert), ("distilbert", .distilbert), ("roberta", .roberta), ("xlm-roberta", .roberta),
        ("camembert", .roberta),
    ]

    /// What can stand before the names of an encoder's tensors.
    var prefixes: [String] {
        switch self {
        case .bert: ["bert.", ""]
        case .distilbert: ["distilbert.", ""]
        case .roberta: ["roberta.", ""]
        }
    }

    /// The names of a layer's parts, below the layer's own name.
    var layer: LayerNames {
        switch self {
        case .bert, .roberta:
            LayerNames(
                stack: "encoder.layer", query: "attention.self.query", key: "attention.self.key",
                value: "attention.self.value", attended: "attention.output.dense",
                attendedNorm: "attention.output.LayerNorm", up: "intermediate.dense", down: "output.dense",
                downNorm: "output.LayerNorm")
        case .distilbert:
            LayerNames(
                stack: "transformer.layer", query: "attention.q_lin", key: "attention.k_lin", value: "attention.v_lin",
                attended: "attention.out_lin", attendedNorm: "sa_layer_norm", up: "ffn.lin1", down: "ffn.lin2",
                downNorm: "output_layer_norm")
        }
    }
}

/// Names of modules in a layer.
struct LayerNames {
    /// The list of layers, below the encoder.
    let stack: String
    let query: String
    let key: String
    let value: String
    /// The product behind attention, and the norm behind it.
    let attended: String
    let attendedNorm: String
    /// The products of the feed-forward part, and the norm behind them.
    let up: String
    let down: String
    let downNorm: String
}
