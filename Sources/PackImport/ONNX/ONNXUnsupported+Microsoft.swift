extension ONNXUnsupported {
    /// Why an operator of onnxruntime's own (domain `com.microsoft`) is not built; nil for one that onnxruntime has not either.
    static func microsoft(_ op: String) -> ONNXRefusal? {
        for (reason, operators) in microsoftReasons where operators.contains(op) {
            return ONNXRefusal(
                .unsupportedOperator, found: reason.found, expected: reason.expected, hint: reason.hint)
        }
        return nil
    }

    private struct Reason {
        let found: String
        let expected: String
        var hint: String?
    }

    private static let microsoftReasons: [(Reason, Set<String>)] = [
        (
            Reason(
                found: "a whole search for texts, which runs models inside of it", expected: "one step of the decoder",
                hint: "export the decoder with its cache as inputs and outputs, and search outside of the model"),
            [
                "BeamSearch", "GreedySearch", "Sampling", "WhisperBeamSearch", "BifurcationDetector",
                "SpeculativePrefixCommit",
            ]
        ),
        (
            Reason(
                found: "a cache in pages, or one that a server shares, which onnxruntime has on GPUs",
                expected: "attention with a cache as inputs and outputs",
                hint: "build the model for CPUs: its attention is GroupQueryAttention then"),
            [
                "PagedAttention", "SparsePagedAttention", "PackedSparseAttentionIndexer",
                "PackedSparseAttentionIndexerMerge", "SparseAttentionIndexer", "DynamicSparseAttention",
                "GatedDeltaNetStateReplay", "ConvStateReplay", "Mamba2Verify",
            ]
        ),
        (
            Reason(
                found: "texts one after the other in one list, with a state each",
                expected: "LinearAttention or CausalConvWithState over a batch",
                hint: "build the model without packed batches"),
            ["GatedDeltaNet", "VarlenCausalConvWithState", "VarlenNGramHashMapping"]
        ),
        (
            Reason(
                found: "numbers in an order, or of a kind, that kernels of one device read",
                expected: "MatMulNBits, MatMulBnb4 or QMoE",
                hint: "give pack the model before that, and --quantize"),
            [
                "GemmFloat8", "MatMulFpQ4", "MatMulPacked", "GatherPacked", "MoEPacked",
                "MatMulBlockQuantizedFp4Weight",
                "MatMulBlockQuantizedFp8Weight", "QuantizeBFP", "DequantizeBFP", "QuantizeWithOrder",
                "DequantizeWithOrder", "QOrderedAttention", "QOrderedGelu", "QOrderedLayerNormalization",
                "QOrderedLongformerAttention", "QOrderedMatMul",
            ]
        ),
        (
            Reason(
                found: "what onnxruntime makes of several operators while it loads a file for a GPU",
                expected: "the file as it was before", hint: "export the model without optimization for one device"),
            [
                "MatMulNBitsMlp", "MatMulNBitsQkv", "MatMulNBitsQLoRA", "RMSNormRotary", "HyperConnectionLowRankMix",
                "DecoderAttention", "LongformerAttention",
            ]
        ),
        (
            Reason(
                found: "a model compiled for one device", expected: "operators",
                hint: "take the file it was compiled from"),
            ["EPContext", "Snpe"]
        ),
        (
            Reason(
                found: "a path that each step of it decides", expected: "operators without it",
                hint: "let the model give the matrix, with --outputs, and find the path outside"),
            ["DynamicTimeWarping"]
        ),
        (
            Reason(
                found: "an operator that onnxruntime wrote for one model of its own", expected: "a standard operator"),
            ["AttnLSTM", "MaxpoolWithMask", "MoEGroupRouter", "NGramHashMapping"]
        ),
        (
            Reason(
                found: "a sparse tensor as an operand", expected: "dense operands", hint: "convert it to a dense one"),
            ["SparseToDenseMatMul"]
        ),
    ]
}
