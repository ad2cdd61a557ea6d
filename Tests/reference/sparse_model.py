"""Writes a sharded safetensors folder of 20 GB whose data is holes in sparse files: it takes no room on disk.

python Tests/reference/sparse_model.py FOLDER [llama|bert] [f32|f16]. Standard library only.
"""

import json
import pathlib
import struct
import sys

SHARD = 5 << 30


def llama(width=5120, inner=13824, layers=40, words=32000):
    yield "model.embed_tokens.weight", [words, width]
    for layer in range(layers):
        start = f"model.layers.{layer}."
        for part in "qkvo":
            yield start + f"self_attn.{part}_proj.weight", [width, width]
        for part in ["gate_proj", "up_proj"]:
            yield start + f"mlp.{part}.weight", [inner, width]
        yield start + "mlp.down_proj.weight", [width, inner]
        for part in ["input_layernorm", "post_attention_layernorm"]:
            yield start + part + ".weight", [width]
    yield "model.norm.weight", [width]
    yield "lm_head.weight", [words, width]


def bert(width=8192, inner=32768, layers=6, words=30522):
    for part, rows in [("word", words), ("position", 512), ("token_type", 2)]:
        yield f"embeddings.{part}_embeddings.weight", [rows, width]
    for part in ["weight", "bias"]:
        yield "embeddings.LayerNorm." + part, [width]
    for layer in range(layers):
        start = f"encoder.layer.{layer}."
        parts = [(f"attention.self.{part}", width, width) for part in ["query", "key", "value"]]
        parts += [("attention.output.dense", width, width), ("intermediate.dense", inner, width),
                  ("output.dense", width, inner)]
        for name, outputs, inputs in parts:
            yield start + name + ".weight", [outputs, inputs]
            yield start + name + ".bias", [outputs]
        for part in ["attention.output", "output"]:
            yield start + part + ".LayerNorm.weight", [width]
            yield start + part + ".LayerNorm.bias", [width]


CONFIGURATIONS = {
    "llama": {"architectures": ["LlamaForCausalLM"], "model_type": "llama", "hidden_size": 5120, "intermediate_size": 13824,
              "num_hidden_layers": 40, "num_attention_heads": 40, "vocab_size": 32000, "max_position_embeddings": 4096},
    "bert": {"architectures": ["BertModel"], "model_type": "bert", "hidden_size": 8192, "intermediate_size": 32768,
             "num_hidden_layers": 6, "num_attention_heads": 64, "vocab_size": 30522, "max_position_embeddings": 512,
             "type_vocab_size": 2, "hidden_act": "gelu", "layer_norm_eps": 1e-12, "position_embedding_type": "absolute"},
}


def write(path, tensors, dtype, size):
    header, end = {"__metadata__": {"format": "pt"}}, 0
    for name, shape in tensors:
        count = size
        for extent in shape:
            count *= extent
        header[name] = {"dtype": dtype, "shape": shape, "data_offsets": [end, end + count]}
        end += count
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    with open(path, "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text)
        file.truncate(8 + len(text) + end)
    return end


def main(folder, kind="llama", dtype=None):
    folder = pathlib.Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    dtype = (dtype or {"llama": "f16", "bert": "f32"}[kind]).upper()
    size = {"F32": 4, "F16": 2, "BF16": 2}[dtype]
    shards, filled = [[]], 0
    for name, shape in {"llama": llama, "bert": bert}[kind]():
        count = size
        for extent in shape:
            count *= extent
        if filled and filled + count > SHARD:
            shards.append([])
            filled = 0
        shards[-1].append((name, shape))
        filled += count
    names = [f"model-{index + 1:05}-of-{len(shards):05}.safetensors" for index in range(len(shards))]
    total = sum(write(folder / name, shard, dtype, size) for name, shard in zip(names, shards))
    places = {tensor: name for name, shard in zip(names, shards) for tensor, _ in shard}
    index = {"metadata": {"total_size": total}, "weight_map": places}
    (folder / "model.safetensors.index.json").write_text(json.dumps(index, indent=1))
    (folder / "config.json").write_text(json.dumps(CONFIGURATIONS[kind], indent=1))
    words = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
    words += [f"w{index}" for index in range(CONFIGURATIONS[kind]["vocab_size"] - len(words))]
    (folder / "vocab.txt").write_text("\n".join(words) + "\n")
    print(f"{total} bytes in {len(names)} files")


if __name__ == "__main__":
    main(*sys.argv[1:])
