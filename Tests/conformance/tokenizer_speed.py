#!/usr/bin/env python3
"""Times pack's tokenizer and Hugging Face `tokenizers` on the same texts, in turn.

Usage: tokenizer_speed.py MODEL_FOLDER [ROUNDS]   (bulk text: the licences of Debian's packages)
"""
import glob
import os
import struct
import subprocess
import sys
import tempfile
import time

from tokenizers import Tokenizer

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")
SHORT = "The quick brown fox jumps over the lazy dog."
LONG = ("Sentence embeddings map a piece of text to a vector so that texts of a similar meaning lie close together, "
        "whatever words their authors happened to choose.")


def bulk():
    paragraphs = []
    for name in sorted(glob.glob("/usr/share/doc/*/copyright")):
        with open(name, errors="replace") as f:
            paragraphs += [p for p in f.read().split("\n\n") if p.strip()]
        if sum(map(len, paragraphs)) > 4_000_000:
            break
    return paragraphs


def library(tokenizer, paragraphs):
    for text in [SHORT, LONG]:
        times = []
        for _ in range(2000):
            start = time.perf_counter_ns()
            tokenizer.encode(text)
            times.append(time.perf_counter_ns() - start)
        times.sort()
        print(f"  tokenizers: {len(text)} bytes min {times[0] / 1000:.2f} median {times[1000] / 1000:.2f} us")
    start = time.perf_counter()
    tokenizer.encode_batch_fast(paragraphs)
    print(f"  tokenizers: bulk {sum(len(p.encode()) for p in paragraphs) / (time.perf_counter() - start) / 1e6:.2f} MB/s")


def main():
    os.environ["TOKENIZERS_PARALLELISM"] = "false"
    tokenizer = Tokenizer.from_file(os.path.join(sys.argv[1], "tokenizer.json"))
    tokenizer.no_padding()
    tokenizer.no_truncation()
    paragraphs = bulk()
    with tempfile.NamedTemporaryFile() as f:
        for text in [SHORT, LONG] + paragraphs:
            f.write(struct.pack("<I", len(text.encode())) + text.encode())
        f.flush()
        environment = dict(os.environ, PACK_TOKENIZER_SPEED=f.name, PACK_MODEL_FOLDER=os.path.abspath(sys.argv[1]))
        for _ in range(int(sys.argv[2]) if len(sys.argv) > 2 else 3):
            library(tokenizer, paragraphs)
            command = ["swift", "test", "-c", "release", "--filter", "SpeedTests"]
            out = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True).stdout
            print("\n".join("  pack: " + line for line in out.splitlines() if line.startswith(("table", "text", "bulk"))), flush=True)


if __name__ == "__main__":
    main()
