/// Operators that the passes make, or onnxruntime's own become, and ONNX does not have. An absent optional input is the empty string.
public enum FusedOperator: String, Sendable, CaseIterable {
    /// `activation(x·w + bias) + residual`.
    ///
    /// Inputs x `[…, K]`, w (a constant: `[K, N]`, or `[N, K]` with attribute `transposed` = 1), bias `[N]` or absent,
    /// residual (the output's shape) or absent. Attribute `activation`: `none`, `relu`, `gelu`, `gelu_tanh`, `tanh`.
    case linear = "Linear"
    /// Softmax attention of `heads` heads: `softmax(q·kᵀ·scale + hidden)·v`, hidden keys getting no weight.
    ///
    /// Inputs qkv `[B, S, 3H]`, absent, absent; or q `[B, S, H]`, k and v `[B, L, H]`, each of which may have its heads apart:
    /// `[B, heads, S, H / heads]`. Attribute `kv_heads` (int, as many as `heads` where absent): heads of k and v, each for as many
    /// of q, one after the other. Fourth: mask i64 `[B, L]`, 1 for a key to be seen, or absent. Attribute `causal` = 1: query i sees
    /// keys up to i + L − S only, S being at most L. Attribute `hidden` (three floats, −∞ where absent): for a query that sees no
    /// key at all, what is added to scores of keys that the mask hides, that lie beyond its place, and that do both; where all are
    /// −∞ it gets zeros. Attributes `heads` (int), `scale` (float). Output `[B, S, H]`.
    case attention = "Attention"
    /// Sum of word, position and type rows, normalized as LayerNormalization does.
    ///
    /// Inputs input_ids i64 `[B, S]`, token_type_ids i64 `[B, S]` or absent, word table `[V, H]`, position table
    /// `[P, H]`, type table `[T, H]` or absent, gamma, beta. Attributes `epsilon` (float), `padding` (int): −1 for
    /// positions 0, 1, …; else RoBERTa's padding id p, and positions p + 1, p + 2, … over the tokens other than p, which
    /// get p. With a type table and no token_type_ids its row 0 is added everywhere. Output `[B, S, H]`.
    case embed = "Embed"
    /// Mean over the sequence of the rows that the mask (0 or 1) keeps: x `[B, S, H]`, mask i64 `[B, S]` → `[B, H]`; zeros
    /// where it keeps none.
    case maskedMean = "MaskedMean"
    /// Maximum over the sequence of the rows that the mask (0 or 1) keeps: x `[B, S, H]`, mask i64 `[B, S]` → `[B, H]`;
    /// −1e9 everywhere where it keeps none.
    case maskedMax = "MaskedMax"
    /// Last axis divided by its Euclidean norm, taken as at least attribute `epsilon`.
    case l2Normalize = "L2Normalize"
    /// The inverse of each square matrix of the last two axes.
    case inverse = "Inverse"
}
