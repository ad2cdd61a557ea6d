"""Makes reference embeddings of a sentence-transformers folder: embeddings.py MODEL_FOLDER OUTPUT.safetensors

Needs torch, transformers, tokenizers and safetensors. Token ids come from `tokenizers`, vectors from transformers'
BertModel, pooled by the mean and normalized, one text at a time, in 64 bits, and rounded to 32.

The file holds, for 200 texts: `text` (UTF-8 bytes of all texts), `text_ends` (where each ends), `ids` (of all texts),
`ids_ends`, and `embeddings` [200, size].
"""

import json
import pathlib
import sys

import numpy as np
import tokenizers
import torch
import transformers
from safetensors.numpy import save_file

import texts

COUNT = 200


def main(folder, output):
    folder = pathlib.Path(folder)
    limit = json.loads((folder / "sentence_bert_config.json").read_text())["max_seq_length"]
    tokenizer = tokenizers.Tokenizer.from_file(str(folder / "tokenizer.json"))
    tokenizer.no_padding()
    tokenizer.no_truncation()
    all_texts = texts.make(COUNT, limit, lambda text: len(tokenizer.encode(text).ids))
    tokenizer.enable_truncation(limit)
    ids = [tokenizer.encode(text).ids for text in all_texts]
    model = transformers.AutoModel.from_pretrained(folder, attn_implementation="eager").double().eval()
    vectors = np.stack([embed(model, row) for row in ids])
    raw = [text.encode() for text in all_texts]
    save_file({
        "text": np.frombuffer(b"".join(raw), np.uint8),
        "text_ends": np.cumsum([len(text) for text in raw], dtype=np.uint32),
        "ids": np.concatenate(ids).astype(np.uint16),
        "ids_ends": np.cumsum([len(row) for row in ids], dtype=np.uint32),
        "embeddings": vectors.astype(np.float32),
    }, output)
    pathlib.Path(output).chmod(0o644)
    lengths = sorted(len(row) for row in ids)
    print(f"{COUNT} texts of {lengths[0]} to {lengths[-1]} tokens, median {lengths[COUNT // 2]}")


def embed(model, ids):
    with torch.no_grad():
        row = torch.tensor([ids])
        hidden = model(input_ids=row, attention_mask=torch.ones_like(row)).last_hidden_state[0]
    mean = hidden.mean(0)
    return (mean / mean.norm()).numpy()


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__.splitlines()[0])
    main(sys.argv[1], sys.argv[2])
