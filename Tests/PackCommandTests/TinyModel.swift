/// A BERT with one layer and eight numbers a token, its weights counted up, in the layout of sentence-transformers.
enum TinyModel {
    static let configuration = """
        {"architectures": ["BertModel"], "model_type": "bert", "hidden_size": 8, "num_hidden_layers": 1,
         "num_attention_heads": 2, "intermediate_size": 16, "vocab_size": 12, "max_position_embeddings": 16,
         "type_vocab_size": 2, "hidden_act": "gelu", "layer_norm_eps": 1e-12}
        """
    static let modules = """
        [{"idx": 0, "name": "0", "path": "", "type": "sentence_transformers.models.Transformer"},
         {"idx": 1, "name": "1", "path": "1_Pooling", "type": "sentence_transformers.models.Pooling"},
         {"idx": 2, "name": "2", "path": "2_Normalize", "type": "sentence_transformers.models.Normalize"}]
        """
    static let pooling = #"{"word_embedding_dimension": 8, "pooling_mode_mean_tokens": true}"#

    /// Names and shapes of the tensors.
    static let tensors: [(name: String, shape: [Int])] = {
        var tensors: [(String, [Int])] = [
            ("embeddings.word_embeddings.weight", [12, 8]), ("embeddings.position_embeddings.weight", [16, 8]),
            ("embeddings.token_type_embeddings.weight", [2, 8]), ("embeddings.LayerNorm.weight", [8]),
            ("embeddings.LayerNorm.bias", [8]), ("pooler.dense.weight", [8, 8]), ("pooler.dense.bias", [8]),
        ]
        let layer = "encoder.layer.0."
        for name in ["attention.self.query", "attention.self.key", "attention.self.value", "attention.output.dense"] {
            tensors += [(layer + name + ".weight", [8, 8]), (layer + name + ".bias", [8])]
        }
        tensors += [
            (layer + "intermediate.dense.weight", [16, 8]), (layer + "intermediate.dense.bias", [16]),
            (layer + "output.dense.weight", [8, 16]), (layer + "output.dense.bias", [8]),
        ]
        for name in ["attention.output.LayerNorm", "output.LayerNorm"] {
            tensors += [(layer + name + ".weight", [8]), (layer + name + ".bias", [8])]
        }
        return tensors
    }()

    /// Writes the folder `model`.
    static func write(to scratch: Scratch, configuration: String = configuration) throws -> String {
        try scratch.write("model/config.json", Array(configuration.utf8))
        let words = "[PAD] [UNK] [CLS] [SEP] [MASK] a b c d e f g".split(separator: " ").joined(separator: "\n")
        try scratch.write("model/vocab.txt", Array((words + "\n").utf8))
        try scratch.write("model/modules.json", Array(modules.utf8))
        try scratch.write("model/1_Pooling/config.json", Array(pooling.utf8))
        try scratch.write("model/2_Normalize/.keep", [])
        try scratch.write("model/model.safetensors", safetensors(tensors))
        try scratch.write("model/pytorch_model.bin", [UInt8](repeating: 0x80, count: 100))
        return scratch.path + "/model"
    }

    /// A safetensors file of f32 tensors.
    static func safetensors(_ tensors: [(name: String, shape: [Int])]) -> [UInt8] {
        var entries = [#""__metadata__":{"format":"pt"}"#]
        var data: [UInt8] = []
        for (name, shape) in tensors {
            let start = data.count
            for _ in 0..<shape.reduce(1, *) {
                let value = Float(data.count / 4 % 251) / 251 - 0.5
                withUnsafeBytes(of: value.bitPattern.littleEndian) { data += $0 }
            }
            entries.append(#""\#(name)":{"dtype":"F32","shape":\#(shape),"data_offsets":[\#(start),\#(data.count)]}"#)
        }
        var header = Array("{\(entries.joined(separator: ","))}".utf8)
        while header.count % 8 != 0 { header.append(UInt8(ascii: " ")) }
        return withUnsafeBytes(of: UInt64(header.count).littleEndian) { Array($0) } + header + data
    }
}
