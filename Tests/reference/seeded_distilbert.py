"""Writes a DistilBERT folder with seeded random weights of the real shapes: 6 layers, 768 wide, 30,522 words, 66 M parameters.

python Tests/reference/seeded_distilbert.py FOLDER [SEED]. Needs numpy and safetensors. The word list is made up: the special
tokens at their usual places, single characters, and syllables put together.
"""

import itertools
import json
import pathlib
import sys

import numpy as np
from safetensors.numpy import save_file

WORDS, WIDTH, LAYERS, HEADS, INNER, POSITIONS = 30522, 768, 6, 12, 3072, 512


def words():
    listed = ["[PAD]"] + [f"[unused{i}]" for i in range(99)] + ["[UNK]", "[CLS]", "[SEP]", "[MASK]"]
    letters = "abcdefghijklmnopqrstuvwxyz"
    listed += list("!\"#$%&'()*+,-./0123456789:;<=>?@[\\]^_`{|}~" + letters)
    listed += ["##" + letter for letter in letters + "0123456789"]
    syllables = [a + b for a in "bcdfghjklmnprstvwz" for b in ["a", "e", "i", "o", "u", "an", "er", "in", "on"]]
    listed += ["##" + syllable for syllable in syllables]
    for pair in itertools.product(syllables, syllables):
        if len(listed) == WORDS:
            break
        listed.append("".join(pair))
    for triple in itertools.product(syllables[::5], syllables[::7], syllables[::3]):
        if len(listed) == WORDS:
            break
        word = "".join(triple)
        listed.append(word)
    seen = dict.fromkeys(listed)
    filler = (f"##w{i}" for i in itertools.count())
    while len(seen) < WORDS:
        seen.setdefault(next(filler))
    return list(seen)[:WORDS]


def tokenizer(listed):
    special = [{"id": listed.index(word), "content": word, "single_word": False, "lstrip": False, "rstrip": False,
                "normalized": False, "special": True} for word in ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]]
    cls, sep = listed.index("[CLS]"), listed.index("[SEP]")
    return {
        "version": "1.0", "truncation": None, "padding": None, "added_tokens": special,
        "normalizer": {"type": "BertNormalizer", "clean_text": True, "handle_chinese_chars": True, "strip_accents": None,
                       "lowercase": True},
        "pre_tokenizer": {"type": "BertPreTokenizer"},
        "post_processor": {
            "type": "TemplateProcessing",
            "single": [{"SpecialToken": {"id": "[CLS]", "type_id": 0}}, {"Sequence": {"id": "A", "type_id": 0}},
                       {"SpecialToken": {"id": "[SEP]", "type_id": 0}}],
            "pair": [{"SpecialToken": {"id": "[CLS]", "type_id": 0}}, {"Sequence": {"id": "A", "type_id": 0}},
                     {"SpecialToken": {"id": "[SEP]", "type_id": 0}}, {"Sequence": {"id": "B", "type_id": 1}},
                     {"SpecialToken": {"id": "[SEP]", "type_id": 1}}],
            "special_tokens": {"[CLS]": {"id": "[CLS]", "ids": [cls], "tokens": ["[CLS]"]},
                               "[SEP]": {"id": "[SEP]", "ids": [sep], "tokens": ["[SEP]"]}}},
        "decoder": {"type": "WordPiece", "prefix": "##", "cleanup": True},
        "model": {"type": "WordPiece", "unk_token": "[UNK]", "continuing_subword_prefix": "##",
                  "max_input_chars_per_word": 100, "vocab": {word: index for index, word in enumerate(listed)}},
    }


class Makers:
    """Makes weights by name, in the order in which they are asked for."""

    def __init__(self, seed):
        self.random = np.random.default_rng(seed)

    def normal(self, *shape):
        return self.random.normal(0, 0.02, shape).astype(np.float32)

    def linear(self, name, outputs, inputs):
        return {name + ".weight": self.normal(outputs, inputs), name + ".bias": self.normal(outputs)}

    def norm(self, name):
        return {name + ".weight": 1 + self.normal(WIDTH), name + ".bias": self.normal(WIDTH)}


def weights(seed):
    makers = Makers(seed)
    normal, linear, norm = makers.normal, makers.linear, makers.norm
    made = {"distilbert.embeddings.word_embeddings.weight": normal(WORDS, WIDTH),
            "distilbert.embeddings.position_embeddings.weight": normal(POSITIONS, WIDTH)}
    made |= norm("distilbert.embeddings.LayerNorm")
    for layer in range(LAYERS):
        start = f"distilbert.transformer.layer.{layer}."
        for part in ["q_lin", "k_lin", "v_lin", "out_lin"]:
            made |= linear(start + "attention." + part, WIDTH, WIDTH)
        made |= norm(start + "sa_layer_norm") | linear(start + "ffn.lin1", INNER, WIDTH)
        made |= linear(start + "ffn.lin2", WIDTH, INNER) | norm(start + "output_layer_norm")
    return made | linear("pre_classifier", WIDTH, WIDTH) | linear("classifier", 2, WIDTH)


def write(folder, configuration, made):
    """Writes a model folder with the word list and a classifier of two labels."""
    folder = pathlib.Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    listed = words()
    (folder / "vocab.txt").write_text("\n".join(listed) + "\n")
    (folder / "tokenizer.json").write_text(json.dumps(tokenizer(listed), ensure_ascii=False))
    (folder / "tokenizer_config.json").write_text(json.dumps({"do_lower_case": True, "model_max_length": POSITIONS}))
    shared = {"id2label": {"0": "NEGATIVE", "1": "POSITIVE"}, "label2id": {"NEGATIVE": 0, "POSITIVE": 1},
              "max_position_embeddings": POSITIONS, "pad_token_id": 0, "vocab_size": WORDS}
    (folder / "config.json").write_text(json.dumps(dict(sorted((shared | configuration).items())), indent=2))
    save_file(made, folder / "model.safetensors", metadata={"format": "pt"})


def main(folder, seed=1):
    write(folder, {
        "activation": "gelu", "architectures": ["DistilBertForSequenceClassification"], "dim": WIDTH, "hidden_dim": INNER,
        "model_type": "distilbert", "n_heads": HEADS, "n_layers": LAYERS, "sinusoidal_pos_embds": False,
        "tie_weights_": True}, weights(int(seed)))


if __name__ == "__main__":
    main(*sys.argv[1:])
