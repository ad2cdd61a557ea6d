"""Writes a BERT-base folder with seeded random weights of the real shapes: 12 layers, 768 wide, 30,522 words, 109 M parameters.

python Tests/reference/seeded_bert.py FOLDER [SEED]. Needs numpy and safetensors. The word list is that of seeded_distilbert.py.
"""

import sys

from seeded_distilbert import HEADS, INNER, POSITIONS, WIDTH, WORDS, Makers, write

LAYERS = 12


def weights(seed):
    makers = Makers(seed)
    normal, linear, norm = makers.normal, makers.linear, makers.norm
    made = {f"bert.embeddings.{kind}_embeddings.weight": normal(rows, WIDTH)
            for kind, rows in [("word", WORDS), ("position", POSITIONS), ("token_type", 2)]}
    made |= norm("bert.embeddings.LayerNorm")
    for layer in range(LAYERS):
        start = f"bert.encoder.layer.{layer}."
        for part in ["self.query", "self.key", "self.value", "output.dense"]:
            made |= linear(start + "attention." + part, WIDTH, WIDTH)
        made |= norm(start + "attention.output.LayerNorm") | linear(start + "intermediate.dense", INNER, WIDTH)
        made |= linear(start + "output.dense", WIDTH, INNER) | norm(start + "output.LayerNorm")
    return made | linear("bert.pooler.dense", WIDTH, WIDTH) | linear("classifier", 2, WIDTH)


def main(folder, seed=1):
    write(folder, {
        "architectures": ["BertForSequenceClassification"], "hidden_act": "gelu", "hidden_size": WIDTH,
        "intermediate_size": INNER, "layer_norm_eps": 1e-12, "model_type": "bert", "num_attention_heads": HEADS,
        "num_hidden_layers": LAYERS, "position_embedding_type": "absolute", "type_vocab_size": 2}, weights(int(seed)))


if __name__ == "__main__":
    main(*sys.argv[1:])
