/// What a model is, in plain numbers.
public struct ModelDescription: Hashable, Sendable {
    /// Path of the folder as it was given.
    public let path: String
    /// The class that it was saved as: `BertModel`.
    public let architecture: String
    /// `model_type`: `bert`.
    public let modelType: String
    /// What it is for.
    public let task: Task
    /// Numbers in a token's vector.
    public let hidden: Int
    /// Layers of the encoder.
    public let layers: Int
    /// Heads of a layer's attention.
    public let heads: Int
    /// Numbers between the products of a layer's feed-forward part.
    public let intermediate: Int
    /// Rows of the word table.
    public let vocabulary: Int
    /// Tokens of the longest text that the model takes, special ones included.
    public let maximumTokens: Int
    /// Name of the activation function.
    public let activation: String
    /// How tokens' vectors become one, for sentence embeddings.
    public let pooling: Pooling?
    /// Whether a sentence embedding has the Euclidean norm 1.
    public let isNormalized: Bool
    /// Numbers in a sentence embedding.
    public let embedding: Int?
    /// For sequence classification, `problem_type` where the configuration has it: `single_label_classification`,
    /// `multi_label_classification` or `regression`.
    public let problemType: String?
    /// Elements of all tensors of floating-point numbers.
    public let parameters: Int
    /// Tensors in the checkpoint.
    public let tensors: Int
    /// Bytes of the tensors.
    public let weightBytes: Int
    /// Bytes of the checkpoint's files.
    public let fileBytes: Int
    /// Tensors by the name of their element type, lower case: `["f32": 103]`.
    public let types: [String: Int]
    /// Names of the checkpoint's tensors that the graph does not read, in the checkpoint's order.
    public let unused: [String]
}
