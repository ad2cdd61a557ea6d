"""Writes a BERT-base folder with seeded random weights of the real shapes: 12 layers, 768 wide, 30,522 words, 109 M parameters.

python Tests/reference/seeded_bert.py FOLDER [SEED]. Needs numpy and safetensors. The word list is that of seeded_distilbert.py.
"""

import json
import pathlib
import sys

import numpy as np
from safetensors.numpy import save_file

import seeded_distilbert
from seeded_distilbert import HEADS, INNER, POSITIONS, WIDTH, WORDS

LAYERS = 12


def weights(seed):
    random = np.random.default_rng(seed)

    def normal(*shape):
        return random.normal(0, 0.02, shape).astype(np.float32)

    def linear(name, outputs, inputs):
        return {name + ".weight": normal(outputs, inputs), name + ".bias": normal(outputs)}

    def norm(name):
        return {name + ".weight": 1 + normal(WIDTH), name + ".bias": normal(WIDTH)}

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
    folder = pathlib.Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    listed = seeded_distilbert.words()
    (folder / "vocab.txt").write_text("\n".join(listed) + "\n")
    (folder / "tokenizer.json").write_text(json.dumps(seeded_distilbert.tokenizer(listed), ensure_ascii=False))
    (folder / "tokenizer_config.json").write_text(json.dumps({"do_lower_case": True, "model_max_length": POSITIONS}))
    (folder / "config.json").write_text(json.dumps({
        "architectures": ["BertForSequenceClassification"], "hidden_act": "gelu", "hidden_size": WIDTH,
        "id2label": {"0": "NEGATIVE", "1": "POSITIVE"}, "intermediate_size": INNER,
        "label2id": {"NEGATIVE": 0, "POSITIVE": 1}, "layer_norm_eps": 1e-12, "max_position_embeddings": POSITIONS,
        "model_type": "bert", "num_attention_heads": HEADS, "num_hidden_layers": LAYERS, "pad_token_id": 0,
        "position_embedding_type": "absolute", "type_vocab_size": 2, "vocab_size": WORDS}, indent=2))
    save_file(weights(int(seed)), folder / "model.safetensors", metadata={"format": "pt"})


if __name__ == "__main__":
    main(*sys.argv[1:])
