#!/usr/bin/env python3
"""Compares pack's tokenizer with Hugging Face `tokenizers`, live and at length.

For each variant of flags it makes a tokenizer whose vocabulary is every Unicode scalar (so that ids show exactly what the
normalizer made of a text), and for the model at hand its real one; it encodes with the library and has the Swift test
`ConformanceTests` compare. Cases: every scalar, alone and between letters; pairs of scalars of edge classes; random mixed
lines, with invalid UTF-8, pairs and truncation.

Usage: tokenizer.py [--model FOLDER] [--lines N] [--seed N] [--keep FOLDER] [--variants NAME,NAME]
"""
import argparse
import json
import os
import random
import shutil
import struct
import subprocess
import sys
import tempfile

from tokenizers import Tokenizer
from tokenizers.normalizers import NFD, BertNormalizer

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")
NONE = 0x7FFFFFFF
SCALARS = [c for c in range(0x110000) if not 0xD800 <= c <= 0xDFFF]
SPECIAL = ["[UNK]", "[CLS]", "[SEP]", "[PAD]", "[MASK]"]


def alphabet():
    vocabulary = {name: i for i, name in enumerate(SPECIAL)}
    for prefix in ["", "##"]:
        for c in SCALARS:
            vocabulary[prefix + chr(c)] = len(vocabulary)
    return vocabulary


def definition(vocabulary, clean=True, ideographs=True, strip=None, lower=True, added=(), limit=100):
    special = {name: {"id": name, "ids": [vocabulary[name]], "tokens": [name]} for name in ["[CLS]", "[SEP]"]}
    token = lambda name, kind=0: {"SpecialToken": {"id": name, "type_id": kind}}
    text = lambda name, kind: {"Sequence": {"id": name, "type_id": kind}}
    tokens = [dict(content=name, special=True, normalized=False) for name in SPECIAL] + list(added)
    next_id = len(vocabulary)
    for t in tokens:
        t["id"] = vocabulary.get(t["content"], next_id)
        next_id += t["id"] == next_id
        for flag in ["single_word", "lstrip", "rstrip", "special"]:
            t.setdefault(flag, False)
    return {
        "version": "1.0", "truncation": None, "padding": None, "added_tokens": tokens,
        "normalizer": {"type": "BertNormalizer", "clean_text": clean, "handle_chinese_chars": ideographs,
                       "strip_accents": strip, "lowercase": lower},
        "pre_tokenizer": {"type": "BertPreTokenizer"},
        "post_processor": {"type": "TemplateProcessing", "special_tokens": special,
                           "single": [token("[CLS]"), text("A", 0), token("[SEP]")],
                           "pair": [token("[CLS]"), text("A", 0), token("[SEP]"), text("B", 1), token("[SEP]", 1)]},
        "decoder": {"type": "WordPiece", "prefix": "##", "cleanup": True},
        "model": {"type": "WordPiece", "unk_token": "[UNK]", "continuing_subword_prefix": "##",
                  "max_input_chars_per_word": limit, "vocab": vocabulary},
    }


ADDED = [
    dict(content="<x>", normalized=False), dict(content="<xy", normalized=False),
    dict(content="<w>", normalized=False, single_word=True), dict(content="word", normalized=False, single_word=True),
    dict(content="<l>", normalized=False, lstrip=True), dict(content="<r>", normalized=False, rstrip=True),
    dict(content="<b>", normalized=False, lstrip=True, rstrip=True),
    dict(content="Été", normalized=True), dict(content="Norm", normalized=True, single_word=True),
    dict(content="two words", normalized=True), dict(content="中文", normalized=True),
    dict(content="Left", normalized=True, lstrip=True), dict(content="Right", normalized=True, rstrip=True),
    dict(content="aa", normalized=True), dict(content="aaaaab", normalized=True),
]
VARIANTS = {
    "uncased": {}, "cased": dict(lower=False), "cased-strip": dict(lower=False, strip=True),
    "lower-only": dict(strip=False), "no-ideographs": dict(ideographs=False), "unclean": dict(clean=False),
    "unclean-cased": dict(clean=False, lower=False), "nothing": dict(clean=False, ideographs=False, strip=False, lower=False),
    "unclean-strip": dict(clean=False, ideographs=False, strip=True, lower=False), "short-words": dict(limit=5),
    "added": dict(added=ADDED), "added-cased": dict(added=ADDED, lower=False),
    "added-unclean": dict(added=ADDED, clean=False, strip=True),
}


class Cases:
    def __init__(self, tokenizer, path):
        self.tokenizer, self.file = tokenizer, open(path, "wb")

    def add(self, text, pair=None, maximum=None, spans=False):
        """`text` and `pair` are bytes; the library gets what errors="replace" makes of them."""
        decoded = text.decode("utf-8", errors="replace")
        spans = spans and self.has_comparable_spans(text) and (pair is None or self.has_comparable_spans(pair))
        if maximum is None:
            self.tokenizer.no_truncation()
        else:
            self.tokenizer.enable_truncation(maximum)
        other = None if pair is None else pair.decode("utf-8", errors="replace")
        encoding = self.tokenizer.encode(decoded, other)
        ids = encoding.ids
        flags = (pair is not None) | spans << 1
        out = struct.pack("<III", flags, NONE if maximum is None else maximum, len(text)) + text
        if pair is not None:
            out += struct.pack("<I", len(pair)) + pair
        out += struct.pack(f"<I{len(ids)}I", len(ids), *ids)
        if spans:
            out += struct.pack(f"<{len(ids)}I", *encoding.type_ids)
            places = [self.places(decoded), self.places(other or "")]
            for (start, end), sequence in zip(encoding.offsets, encoding.sequence_ids):
                place = places[sequence or 0]
                out += struct.pack("<II", place[start], place[end])
        self.file.write(out)

    @staticmethod
    def has_comparable_spans(text):
        """Whether the text is UTF-8, and no marks change places: for those the library's spans are those of the place."""
        try:
            decoded = text.decode()
        except UnicodeDecodeError:
            return False
        clean = BertNormalizer(clean_text=True, handle_chinese_chars=True, strip_accents=False, lowercase=False)
        decoded = clean.normalize_str(decoded)
        return NFD().normalize_str(decoded) == "".join(NFD().normalize_str(c) for c in decoded)

    @staticmethod
    def places(text):
        places = [0]
        for c in text:
            places.append(places[-1] + len(c.encode()))
        return places


def edge_scalars(rng):
    edges = [0, 9, 0xA, 0xB, 0xD, 0x1C, 0x20, 0x21, 0x23, 0x41, 0x61, 0x7F, 0x85, 0xA0, 0xAD, 0xC0, 0xC9, 0xDF, 0x130, 0x131,
             0x149, 0x1F0, 0x300, 0x301, 0x307, 0x315, 0x316, 0x327, 0x334, 0x340, 0x344, 0x345, 0x34F, 0x35C, 0x360, 0x37E,
             0x387, 0x390, 0x3A3, 0x3C2, 0x5B0, 0x5BF, 0x64B, 0x651, 0x6DD, 0x93C, 0x94D, 0x9BE, 0x9CB, 0xDDD, 0xE38, 0xE48,
             0xF71, 0xF72, 0xF73, 0x1037, 0x1100, 0x1161, 0x11A8, 0x135D, 0x180E, 0x1AB0, 0x1ABF, 0x1D16, 0x1DF6, 0x1E9E,
             0x1FEF, 0x1FFC, 0x2000, 0x200B, 0x200D, 0x2028, 0x202F, 0x20D0, 0x212A, 0x212B, 0x2C2F, 0x2F00, 0x3000, 0x302A,
             0x302E, 0x302F, 0x3042, 0x3099, 0x304C, 0x4E2D, 0xA640, 0xAC00, 0xAC01, 0xD7A3, 0xF8FF, 0xF900, 0xFA0E, 0xFB1D,
             0xFB4F, 0xFE0F, 0xFE20, 0xFEFF, 0xFF01, 0xFF21, 0xFFFD, 0x10400, 0x10A0D, 0x11099, 0x1109A, 0x110BA, 0x1D15E,
             0x1D165, 0x1D16D, 0x1D172, 0x1D1BB, 0x1E8D0, 0x1E900, 0x1E944, 0x1F600, 0x20000, 0x2A6D6, 0x2F800, 0x2FA1D,
             0xE0001, 0xE0100, 0xF0000, 0x10FFFF]
    return edges + rng.sample(SCALARS, 40)


def line(rng, edges, words):
    parts = []
    for _ in range(rng.choice([1, 3, 10, 30])):
        kind = rng.random()
        if kind < 0.35:
            parts.append(rng.choice(words))
        elif kind < 0.5:
            parts.append("".join(chr(rng.choice(edges)) for _ in range(rng.randint(1, 6))))
        elif kind < 0.6:
            block = rng.choice([0x80, 0x100, 0x250, 0x370, 0x400, 0x590, 0x600, 0x900, 0xE00, 0x1E00, 0x1F00, 0x3040, 0x4E00, 0xAC00])
            parts.append("".join(chr(block + rng.randrange(0x100)) for _ in range(rng.randint(1, 8))))
        elif kind < 0.7:
            parts.append("".join(chr(rng.choice(SCALARS)) for _ in range(rng.randint(1, 4))))
        elif kind < 0.8:
            parts.append(rng.choice([" ", "  ", "\t", "\n", " \u00a0", "\u3000", ".", ",", "!?", "'s", "-", "[", "<"]))
        elif kind < 0.9:
            parts.append(rng.choice(SPECIAL + [t["content"] for t in ADDED] + ["ete", "E\u0301te\u0301", "norm", "NORM", "aaa", "WORD"]))
        else:
            parts.append(rng.choice("aA1éλж中") * rng.choice([1, 2, 5, 99, 100, 101]))
        if rng.random() < 0.4:
            parts.append(" ")
    text = "".join(parts).encode()
    if rng.random() < 0.15:
        text = bytearray(text)
        for _ in range(rng.randint(1, 3)):
            at = rng.randrange(len(text) + 1)
            text[at:at + rng.randint(0, 2)] = bytes(rng.choice([0x80, 0xBF, 0xC0, 0xC3, 0xE0, 0xED, 0xA0, 0xF0, 0x90, 0xF4, 0xF8, 0xFF]) for _ in range(rng.randint(1, 3)))
        text = bytes(text)
    return text


def fill(cases, rng, lines, words, sweep):
    edges = edge_scalars(rng)
    if sweep:
        for i in range(0, len(SCALARS), 16):
            cases.add(" ".join(f"{chr(c)} a{chr(c)}b{chr(c)}" for c in SCALARS[i:i + 16]).encode())
    for a in edges:
        for b in edges:
            cases.add(("e" + chr(a) + chr(b) + "x").encode())
    for n in range(lines):
        text = line(rng, edges, words)
        choice = rng.random()
        if choice < 0.5:
            cases.add(text, spans=True)
        elif choice < 0.7:
            cases.add(text, maximum=rng.randint(2, 40), spans=True)
        else:
            cases.add(text, pair=line(rng, edges, words), maximum=rng.choice([None, rng.randint(3, 60)]), spans=True)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--model")
    parser.add_argument("--lines", type=int, default=10000)
    parser.add_argument("--seed", type=int, default=random.randrange(1 << 30))
    parser.add_argument("--keep")
    parser.add_argument("--variants", default=",".join(VARIANTS))
    options = parser.parse_args()
    print("seed", options.seed, flush=True)
    folder = options.keep or tempfile.mkdtemp()
    words = "the quick Brown fox unaffable embeddings Straße naïve ＦＵＬＬ İstanbul ΣΊΣΥΦΟΣ tokenization 東京 한국어 हिन्दी ไทย".split()
    try:
        if options.model:
            words += list(Tokenizer.from_file(os.path.join(options.model, "tokenizer.json")).get_vocab())[:4000]
        names = [n for n in options.variants.split(",") if n]
        for name in names + (["model"] if options.model else []):
            place = os.path.join(folder, name)
            os.makedirs(place)
            target = os.path.join(place, "tokenizer.json")
            if name == "model":
                data = json.load(open(os.path.join(options.model, "tokenizer.json")))
                data["truncation"] = data["padding"] = None
            else:
                data = definition(alphabet(), **VARIANTS[name])
            with open(target, "w") as f:
                json.dump(data, f)
            rng = random.Random(f"{options.seed} {name}")
            fill(Cases(Tokenizer.from_file(target), os.path.join(place, "cases.bin")), rng, options.lines, words, True)
            print("made", name, flush=True)
        environment = dict(os.environ, PACK_TOKENIZER_CASES=os.path.abspath(folder))
        command = ["swift", "test", "-c", "release", "--filter", "ConformanceTests"]
        return subprocess.run(command, cwd=ROOT, env=environment).returncode
    finally:
        if not options.keep:
            shutil.rmtree(folder)


if __name__ == "__main__":
    sys.exit(main())
