"""Makes the tiny models in Fixtures/models and their reference outputs: tiny_models.py FOLDER

Needs torch, transformers, tokenizers, safetensors and numpy. Weights are random with a fixed seed; the outputs come
from transformers' own classes ("eager" attention), computed in 64 bits from the weights as they are stored.

Every folder holds a model as save_pretrained writes it, and reference.safetensors: the inputs by name, and the outputs
by the names that pack gives them.
"""

import json
import pathlib
import shutil
import sys

import numpy as np
import tokenizers
import torch
import transformers
from safetensors.numpy import load_file, save_file

HIDDEN, LAYERS, HEADS, INNER, WORDS, POSITIONS = 32, 2, 4, 48, 100, 24
NAMES = {0: "negative", 1: "neutral", 2: "positive"}
LABELLED = dict(id2label=NAMES, label2id={name: index for index, name in NAMES.items()})
SPECIAL = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]


def vocabulary():
    letters = "abcdefghijklmnopqrstuvwxyz"
    words = ["the", "cat", "sat", "on", "a", "mat", "and", "dog", "ran", "to", "it", "is", "not", "good", "bad", "so"]
    plain = SPECIAL + list(letters) + ["##" + letter for letter in letters] + list("0123456789.,!?'-")
    return (plain + [word for word in words if word not in plain])[:WORDS]


def configuration(family, **settings):
    common = dict(vocab_size=WORDS, max_position_embeddings=POSITIONS, attn_implementation="eager")
    if family == "DistilBert":
        return transformers.DistilBertConfig(dim=HIDDEN, n_layers=LAYERS, n_heads=HEADS, hidden_dim=INNER, **common,
                                             **settings)
    sizes = dict(hidden_size=HIDDEN, num_hidden_layers=LAYERS, num_attention_heads=HEADS, intermediate_size=INNER)
    if family == "Roberta":
        sizes.update(pad_token_id=1, bos_token_id=0, eos_token_id=2, type_vocab_size=1, layer_norm_eps=1e-5)
    return getattr(transformers, f"{family}Config")(**sizes, **common, **settings)


def build(family, suffix, seed, dtype, **settings):
    model = getattr(transformers, f"{family}{suffix}")(configuration(family, **settings)).eval()
    random = np.random.default_rng(seed)
    with torch.no_grad():
        for name, tensor in sorted(model.named_parameters()):
            values = random.standard_normal(tuple(tensor.shape))
            is_scale = name.endswith("weight") and tensor.dim() == 1
            values = 1 + 0.2 * values if is_scale else values * (0.25 if tensor.dim() == 2 else 0.1)
            tensor.copy_(torch.tensor(values))
    return model.to(dtype)


def inputs(family):
    padding = 1 if family == "Roberta" else 0
    random = np.random.default_rng(7)
    ids = random.integers(5, WORDS, (3, 9))
    mask = np.zeros((3, 9), np.int64)
    for row, length in enumerate((9, 5, 2)):
        mask[row, :length] = 1
    feed = {"input_ids": np.where(mask == 1, ids, padding), "attention_mask": mask}
    if family == "Bert":
        feed["token_type_ids"] = ((np.arange(9)[None] > 3) * mask).astype(np.int64)
    return feed


def run(model, feed):
    with torch.no_grad():
        return model.double()(**{name: torch.tensor(array) for name, array in feed.items()})


def write(folder, feed, outputs):
    arrays = dict(feed) | {name: value.numpy().astype(np.float32) for name, value in outputs.items()}
    save_file({name: np.ascontiguousarray(array) for name, array in arrays.items()}, folder / "reference.safetensors")


def settle(folder, family):
    """Keeps only what the model needs, in a form that does not change with the version of transformers."""
    for name in ("generation_config.json",):
        (folder / name).unlink(missing_ok=True)
    path = folder / "config.json"
    config = json.loads(path.read_text())
    config.pop("transformers_version", None)
    path.write_text(json.dumps(config, indent=1, sort_keys=True) + "\n")
    if family != "Roberta":
        words = {word: index for index, word in enumerate(vocabulary())}
        tokenizer = tokenizers.BertWordPieceTokenizer(vocab=words, lowercase=True)
        tokenizer.save(str(folder / "tokenizer.json"), pretty=False)
        limit = {"model_max_length": POSITIONS, "tokenizer_class": f"{family}Tokenizer", "do_lower_case": True}
        (folder / "tokenizer_config.json").write_text(json.dumps(limit) + "\n")


def head(root, name, family, suffix, seed, dtype=torch.float32, shards=None, **settings):
    folder = root / name
    model = build(family, suffix, seed, dtype, **settings)
    model.save_pretrained(folder, **({"max_shard_size": shards} if shards else {}))
    settle(folder, family)
    feed = inputs(family)
    result = run(model, feed)
    keys = ("last_hidden_state", "logits", "start_logits", "end_logits")
    write(folder, feed, {key: result[key] for key in keys if key in result})
    return folder


def sentence(root, name, family, seed, mode, normalize, dense=None, dtype=torch.float32):
    folder = root / name
    model = build(family, "Model", seed, dtype)
    model.save_pretrained(folder)
    settle(folder, family)
    feed = inputs(family)
    x = run(model, feed)["last_hidden_state"]
    kept = torch.tensor(feed["attention_mask"])[..., None]
    if mode == "cls_token":
        x = x[:, 0]
    elif mode == "max_tokens":
        x = x.masked_fill(kept == 0, -1e9).max(1).values
    else:
        x = (x * kept).sum(1) / kept.sum(1)
    kinds = [("Transformer", ""), ("Pooling", "1_Pooling")]
    modes = ("cls_token", "mean_tokens", "max_tokens", "mean_sqrt_len_tokens")
    pooling = {"word_embedding_dimension": HIDDEN} | {f"pooling_mode_{m}": m == mode for m in modes}
    put(folder / "1_Pooling/config.json", pooling)
    if dense:
        x = add_dense(folder, seed, dense, x)
        kinds.append(("Dense", "2_Dense"))
    if normalize:
        x = x / x.norm(dim=-1, keepdim=True)
        kinds.append(("Normalize", f"{len(kinds)}_Normalize"))
    put(folder / "modules.json", [
        {"idx": index, "name": str(index), "path": path, "type": f"sentence_transformers.models.{kind}"}
        for index, (kind, path) in enumerate(kinds)])
    put(folder / "sentence_bert_config.json", {"max_seq_length": 16, "do_lower_case": False})
    write(folder, feed, {"sentence_embedding": x})


def add_dense(folder, seed, size, x):
    random = np.random.default_rng(seed + 1)
    weight = random.standard_normal((size, HIDDEN)).astype(np.float32) * 0.2
    bias = random.standard_normal(size).astype(np.float32) * 0.1
    put(folder / "2_Dense/config.json", {
        "in_features": HIDDEN, "out_features": size, "bias": True,
        "activation_function": "torch.nn.modules.activation.Tanh"})
    save_file({"linear.weight": weight, "linear.bias": bias}, folder / "2_Dense/model.safetensors")
    return torch.tanh(x @ torch.tensor(weight).double().T + torch.tensor(bias).double())


def put(path, value):
    path.parent.mkdir(exist_ok=True)
    path.write_text(json.dumps(value, indent=1) + "\n")


def rename_norms(folder):
    """Gives the norms' tensors the names that old checkpoints have."""
    path = folder / "model.safetensors"
    old = {"LayerNorm.weight": "LayerNorm.gamma", "LayerNorm.bias": "LayerNorm.beta"}

    def renamed(name):
        for new, former in old.items():
            name = name.replace(new, former)
        return name

    save_file({renamed(name): array for name, array in load_file(path).items()}, path, metadata={"format": "pt"})


def main(root):
    half, brain = torch.float16, torch.bfloat16
    families = (("Bert", "bert", half), ("DistilBert", "distilbert", brain), ("Roberta", "roberta", half))
    for family, key, stored in families:
        head(root, f"{key}-hidden", family, "Model", 1, shards="20KB" if key == "distilbert" else None)
        head(root, f"{key}-classification", family, "ForSequenceClassification", 2, stored, **LABELLED)
        swapped = "activation" if key == "distilbert" else "hidden_act"
        head(root, f"{key}-tokens", family, "ForTokenClassification", 3, stored, **{swapped: "relu"}, **LABELLED)
        head(root, f"{key}-answers", family, "ForQuestionAnswering", 4, stored, **({} if key == "distilbert" else
                                                                                  {swapped: "gelu_new"}))
        head(root, f"{key}-masked", family, "ForMaskedLM", 5, stored)
    rename_norms(root / "bert-masked")
    sentence(root, "bert-embedding", "Bert", 6, "mean_tokens", True)
    sentence(root, "bert-embedding-dense", "Bert", 7, "cls_token", True, dense=24, dtype=half)
    sentence(root, "roberta-embedding-max", "Roberta", 8, "max_tokens", False, dtype=half)


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__.splitlines()[0])
    target = pathlib.Path(sys.argv[1])
    for child in target.iterdir():
        if (child / "reference.safetensors").exists():
            shutil.rmtree(child)
    main(target)
    for file in target.rglob("*.safetensors"):
        file.chmod(0o644)
