"""Writes small models with seeded weights as torch's exporters do: export_transformers.py OUTPUT_FOLDER

Needs torch, transformers and onnxscript, which nothing else here does. Each NAME.onnx has a NAME.json beside it that says how
often operators stand in it after all passes, and for which extents and masks it can be run: exporters.py --models OUTPUT_FOLDER
checks that. Both exporters write each model, with attention written out (eager) and as scaled_dot_product_attention.
"""

import json
import logging
import os
import sys
import warnings

import torch
import transformers

warnings.filterwarnings("ignore")
logging.disable(logging.WARNING)
WIDTH, HEADS, VOCABULARY, LENGTH = 32, 4, 50, 64
MASKS = [[6, 3], [-6, -2], [0, 4]]
ATTENTION = {"Attention": 1, "Softmax": 0}


def sizes(**names):
    return {"vocab_size": VOCABULARY} | names


def models(kind):
    """Models, and what passes must find in them."""
    bert = transformers.BertConfig(**sizes(
        hidden_size=WIDTH, num_hidden_layers=1, num_attention_heads=HEADS, intermediate_size=64,
        max_position_embeddings=LENGTH, attn_implementation=kind))
    yield "bert", transformers.BertModel(bert, add_pooling_layer=False), ATTENTION | {"Linear": 4}
    gpt2 = transformers.GPT2Config(**sizes(
        n_embd=WIDTH, n_layer=1, n_head=HEADS, n_positions=LENGTH, use_cache=False, attn_implementation=kind))
    yield "gpt2", transformers.GPT2Model(gpt2), ATTENTION | {"Linear": 4, "Split": 0}
    llama = transformers.LlamaConfig(**sizes(
        hidden_size=WIDTH, num_hidden_layers=1, num_attention_heads=HEADS, num_key_value_heads=2, intermediate_size=64,
        max_position_embeddings=LENGTH, use_cache=False, attn_implementation=kind))
    yield "llama", transformers.LlamaModel(llama), ATTENTION | {"RMSNormalization": 3, "Expand": 0}
    if kind == "eager":
        # Scores get an addend for distances, which attention does not take.
        t5 = transformers.T5Config(**sizes(d_model=WIDTH, d_kv=8, d_ff=64, num_layers=1, num_heads=HEADS))
        yield "t5", transformers.T5EncoderModel(t5), {"Attention": 0, "RMSNormalization": 3}


class States(torch.nn.Module):
    """The last hidden state, with or without a mask."""

    def __init__(self, model):
        super().__init__()
        self.model = model

    def forward(self, input_ids, attention_mask=None):
        return self.model(input_ids=input_ids, attention_mask=attention_mask).last_hidden_state


class Layer(torch.nn.Module):
    """torch's own attention, with a triangle of minus infinity kept in the file, or with none."""

    def __init__(self, length):
        super().__init__()
        self.attention = torch.nn.MultiheadAttention(WIDTH, HEADS, batch_first=True)
        mask = torch.nn.Transformer.generate_square_subsequent_mask(length) if length else None
        self.register_buffer("mask", mask)

    def forward(self, x):
        return self.attention(x, x, x, attn_mask=self.mask, need_weights=False)[0]


class Causal(torch.nn.Module):
    """scaled_dot_product_attention told to be causal."""

    def __init__(self):
        super().__init__()
        self.parts = torch.nn.Linear(WIDTH, 3 * WIDTH)

    def forward(self, x):
        apart = [part.unflatten(-1, (HEADS, -1)).transpose(1, 2) for part in self.parts(x).chunk(3, -1)]
        mixed = torch.nn.functional.scaled_dot_product_attention(*apart, is_causal=True)
        return mixed.transpose(1, 2).flatten(2)


def seeded(model):
    torch.manual_seed(7)
    for parameter in model.parameters():
        parameter.data = torch.randn_like(parameter) * 0.2
    return model.eval()


def write(folder, name, model, inputs, operators, shapes, masks, fixed=()):
    """The model by both exporters; `fixed`: axes that are not free."""
    for way in ("trace", "dynamo"):
        stem = os.path.join(folder, f"{name}-{way}")
        free = {key: {axis: what for axis, what in enumerate(("batch", "sequence")) if what not in fixed} for key in inputs}
        try:
            if way == "trace":
                torch.onnx.export(
                    model, tuple(inputs.values()), stem + ".onnx", input_names=list(inputs), output_names=["y"],
                    dynamo=False, opset_version=17, dynamic_axes=free | {"y": free[next(iter(free))]})
            else:
                axes = {"batch": torch.export.Dim("batch"), "sequence": torch.export.Dim("sequence", max=LENGTH)}
                dynamic = {key: {axis: axes[what] for axis, what in named.items()} for key, named in free.items()}
                torch.onnx.export(
                    model, tuple(inputs.values()), stem + ".onnx", input_names=list(inputs), output_names=["y"],
                    dynamo=True, external_data=False, dynamic_shapes=tuple(dynamic.values()), verbose=False)
        except Exception as error:  # an exporter may have no rule for what a version of transformers does
            print("not exported:", name, way, type(error).__name__)
            continue
        with open(stem + ".json", "w", encoding="utf-8") as file:
            json.dump({"operators": operators, "shapes": shapes, "masks": masks}, file)
        print("written:", name, way)


def main():
    folder = sys.argv[1]
    os.makedirs(folder, exist_ok=True)
    ids = torch.randint(2, VOCABULARY, (2, 6))
    mask = torch.tensor([[1] * 6, [1] * 4 + [0] * 2])
    shapes = [{"batch": 2, "sequence": 6}]
    for kind in ("eager", "sdpa"):
        for name, model, operators in models(kind):
            states = States(seeded(model)).eval()
            write(folder, f"{name}-{kind}", states, {"input_ids": ids, "attention_mask": mask}, operators, shapes, MASKS)
            if name == "bert":
                write(folder, f"{name}-{kind}-free", states, {"input_ids": ids}, operators, shapes, [])
    x = {"x": torch.randn(2, 6, WIDTH)}
    write(folder, "layer", seeded(Layer(0)), x, ATTENTION, shapes, [])
    write(folder, "layer-causal", seeded(Layer(6)), x, ATTENTION, shapes, [], fixed=("sequence",))
    write(folder, "causal", seeded(Causal()), x, ATTENTION | {"Split": 0}, shapes, [])


if __name__ == "__main__":
    main()
