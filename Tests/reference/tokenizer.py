#!/usr/bin/env python3
"""Makes Fixtures/tokenizer: a small vocabulary, and what Hugging Face `tokenizers` gives for it.

    tokenizer.json  a few thousand pieces of a BERT vocabulary, with added tokens of every kind
    tricky.json     texts with ids, types and byte spans
    scalars.txt     digests of the ids of every Unicode scalar, over a vocabulary of single scalars, for several normalizers
    lines.txt       digests of the ids of 10,000 lines that a seeded generator makes, for several normalizers

The generator and the digests are in Swift in Tests/PackTokenizersTests/ReferenceTests.swift.

Usage: python3 Tests/reference/tokenizer.py MODEL_FOLDER   (a folder with a BERT tokenizer.json; needs `tokenizers`)
"""
import json
import os
import struct
import sys

from tokenizers import Tokenizer

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")
sys.path.insert(0, os.path.join(ROOT, "Tests", "conformance"))
import tokenizer as conformance  # noqa: E402

FOLDER = os.path.join(ROOT, "Fixtures", "tokenizer")
MASK = (1 << 64) - 1
NORMALIZERS = {
    "uncased": {}, "cased": dict(lower=False), "cased-strip": dict(lower=False, strip=True), "lower-only": dict(strip=False),
    "no-ideographs": dict(ideographs=False), "unclean": dict(clean=False),
    "nothing": dict(clean=False, ideographs=False, strip=False, lower=False),
}


class Random:
    """splitmix64."""

    def __init__(self, seed):
        self.state = seed

    def next(self, below):
        self.state = (self.state + 0x9E3779B97F4A7C15) & MASK
        z = self.state
        z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & MASK
        z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & MASK
        return (z ^ (z >> 31)) % below


class Digest:
    """FNV-1a of 64 bits over ids as four bytes each."""

    def __init__(self):
        self.value = 0xCBF29CE484222325

    def add(self, ids):
        value = self.value
        for byte in struct.pack(f"<{len(ids)}i", *ids) + b"\xff\xff\xff\xff":
            value = ((value ^ byte) * 0x100000001B3) & MASK
        self.value = value


# The blocks from which the generator takes scalars: first and number.
BLOCKS = [(0, 0x80), (0x80, 0x180), (0x300, 0x70), (0x370, 0x190), (0x590, 0x170), (0x900, 0x500), (0xE00, 0x200), (0x1100, 0x100),
          (0x1A00, 0x600), (0x1E00, 0x200), (0x2000, 0x200), (0x3000, 0x100), (0x4E00, 0x400), (0xA600, 0x400), (0xAC00, 0x400),
          (0xF900, 0x200), (0xFB00, 0x500), (0x10400, 0x80), (0x11000, 0x500), (0x1D100, 0x100), (0x1E800, 0x200), (0x1F300, 0x300),
          (0x20000, 0x100), (0x2F800, 0x21E), (0xE0000, 0x200), (0xF0000, 0x40), (0x10FF00, 0x100)]
BAD = [0x80, 0xBF, 0xC0, 0xC3, 0xE0, 0xED, 0xA0, 0xF0, 0x90, 0xF4, 0xF8, 0xFF]
MARKS = [" ", "  ", "\t", "\n", " \u00a0", "\u3000", ".", ",", "!?", "'s", "-", "[", "<", "<x"]


def line(random, words):
    out = bytearray()
    for _ in range(1 + random.next(20)):
        kind = random.next(10)
        if kind < 4:
            out += words[random.next(len(words))]
        elif kind < 6:
            first, count = BLOCKS[random.next(len(BLOCKS))]
            for _ in range(1 + random.next(6)):
                out += chr(first + random.next(count)).encode()
        elif kind < 7:
            first, count = BLOCKS[random.next(len(BLOCKS))]
            out += chr(first + random.next(count)).encode() * [1, 2, 50, 99, 100, 101][random.next(6)]
        elif kind < 9:
            out += MARKS[random.next(len(MARKS))].encode()
        elif random.next(5) == 0:
            out += bytes([BAD[random.next(len(BAD))]])
        if random.next(2) == 0:
            out += b" "
    return bytes(out)


def small_vocabulary(model):
    pieces = sorted(json.load(open(os.path.join(model, "tokenizer.json")))["model"]["vocab"].items(), key=lambda p: p[1])
    single = [p for p, _ in pieces if len(p.removeprefix("##")) == 1]
    words = [p for p, i in pieces if i >= 1996 and len(p) > 1 and p.isascii() and not p.startswith("##")][:1200]
    suffixes = [p for p, _ in pieces if p.startswith("##") and len(p) > 3 and p.isascii()][:500]
    cased = ["The", "Brown", "Paris", "É", "##É", "İ", "ß", "Straße", "é", "##é", "ñ", "e\u0301", "Ａ", "ａ"]
    names = conformance.SPECIAL + [p for p in single + words + suffixes + cased if p not in conformance.SPECIAL]
    return {p: i for i, p in enumerate(dict.fromkeys(names))}


def tokenizer(data):
    return Tokenizer.from_str(json.dumps(data))


TRICKY = [
    "", " ", "The quick brown fox jumps over the lazy dog.", "unaffable embeddings tokenization", "naïve café Ünïcödé e\u0301te\u0301",
    "İstanbul DIŞ ıI", "ΣΊΣΥΦΟΣ Σ ς", "Straße STRASSE ẞ", "東京は日本の首都です。", "中文 mixed 中文English中", "한국어 텍스트 각", "हिन्दी में लिखा", "ไทยนี้รัก",
    "שָׁלוֹם עֲלֵיכֶם", "السَّلَامُ عَلَيْكُمْ", "[CLS] in [SEP] the [MASK] text[PAD][UNK]", "[cls] [Sep] [MASK", "<x><xy<xyz <w>a<w> <w>", " <l> a  <r>  b \t<b>\n c",
    "password word words word", "Été ÉTÉ ete e\u0301te\u0301 étés", "norm NORM abnormal norm.", "Two  Words two words TWO WORDS", "aaaaaab aaaaab aaa aa a",
    "left\u00a0left  Left right  right", "a\u200db\u200cc\u00add\ufeffe", "tab\tnew\nline\rreturn\u000bvertical\u000cform\u0085next", "a\u0000b\ufffdc", "\u2028a\u2029b\u3000c\u1680d",
    "x" * 99 + " " + "x" * 100 + " " + "x" * 101, "é" * 100 + " " + "é" * 101, "e\u0301" * 100, "$100.50 + €20 = £90; 5×3÷2", "http://a.b/c?d=e&f=g#h @user #tag", "“quotes” ‘single’ —dash– …",
    "👍🏽 👨\u200d👩\u200d👧 🇩🇪", "Ａｂｃ １２３ ｶﾞ", "ﬁ ﬀ ĳ Ǆ ǆ", "a\u0316\u0301b\u302ec\u0323\u0307", "\u0344 \u0340 \u0958 \u0DDD", "\u037e \u1fef \u2000 \u212a \u212b",
    "\uf900\U0002f800 \U00020000\U0002a6df\U0002b820", "\U00010400\U00010428 \U0001d400", "don't can't I'm we'll", "a.b.c ... !!! ?!", "under_score __init__ snake_case", "\ue000 \U000f0000 \U0010fffd \uffff",
]
INVALID = ["ff", "61ff62", "c3", "c328", "e28282 e282", "eda08061", "f0908d20f09f", "f4908080", "f8888080", "c0af20c1bf", "e2e2", "61c3a9a9"]


def tricky(data):
    cases = []
    made = tokenizer(data)

    def add(text, pair=None, maximum=None):
        made.no_truncation() if maximum is None else made.enable_truncation(maximum)
        encoding = made.encode(text.decode("utf-8", "replace"), None if pair is None else pair.decode("utf-8", "replace"))
        case = dict(text=text.hex(), ids=encoding.ids, types=encoding.type_ids)
        if pair is not None:
            case["pair"] = pair.hex()
        if maximum is not None:
            case["maximum"] = maximum
        if conformance.Cases.has_comparable_spans(text) and (pair is None or conformance.Cases.has_comparable_spans(pair)):
            places = [conformance.Cases.places(t.decode()) for t in [text, pair or b""]]
            found = zip(encoding.offsets, encoding.sequence_ids)
            case["spans"] = [[places[s or 0][a], places[s or 0][b]] for (a, b), s in found]
        cases.append(case)

    for text in TRICKY:
        add(text.encode())
    for text in INVALID:
        add(bytes.fromhex(text))
    long, short = b"the quick brown fox jumps over the lazy dog", b"not so long"
    for maximum in range(3, 25):
        add(long, maximum=maximum)
        for a, b in [(long, short), (short, long), (long, long), (b"", long), (short, b"")]:
            add(a, b, maximum)
    return cases


def scalar_digests(normalizer):
    pieces = conformance.SPECIAL + [chr(c) for c in range(0x30000) if not 0xD800 <= c <= 0xDFFF]
    data = conformance.definition({p: i for i, p in enumerate(pieces)}, **normalizer)
    data["model"]["continuing_subword_prefix"] = ""
    made = tokenizer(data)
    for first in range(0, 0x110000, 0x1000):
        digest = Digest()
        for c in range(first, first + 0x1000):
            if not 0xD800 <= c <= 0xDFFF:
                s = chr(c)
                digest.add(made.encode(f"{s} a{s}b{s}").ids)
        yield digest.value


def line_digests(data, words):
    made, random = tokenizer(data), Random(20)
    for _ in range(100):
        digest = Digest()
        for n in range(100):
            text = line(random, words).decode("utf-8", "replace")
            pair = line(random, words).decode("utf-8", "replace") if n % 4 == 0 else None
            made.no_truncation() if n % 3 else made.enable_truncation(3 + random.next(60))
            digest.add(made.encode(text, pair).ids)
        yield digest.value


def main():
    vocabulary = small_vocabulary(sys.argv[1])
    base = conformance.definition(vocabulary, added=[dict(t) for t in conformance.ADDED])
    path = lambda name: os.path.join(FOLDER, name)
    with open(path("tokenizer.json"), "w") as f:
        json.dump(base, f, ensure_ascii=False, separators=(",", ":"))
    with open(path("tricky.json"), "w") as f:
        f.write("[\n" + ",\n".join(json.dumps(c, separators=(",", ":")) for c in tricky(base)) + "\n]\n")
    words = [p.encode() for p in vocabulary] + [t["content"].encode() for t in conformance.ADDED]
    with open(path("lines.txt"), "w") as f:
        for name, normalizer in NORMALIZERS.items():
            for kind in ["added", "plain"]:
                added = [dict(t) for t in conformance.ADDED if kind == "added" or not t["normalized"]]
                data = conformance.definition(vocabulary, added=added, **normalizer)
                f.write(" ".join([name, kind] + [f"{d:016x}" for d in line_digests(data, words)]) + "\n")
    with open(path("scalars.txt"), "w") as f:
        for name, normalizer in NORMALIZERS.items():
            f.write(" ".join([name] + [f"{d:016x}" for d in scalar_digests(normalizer)]) + "\n")
            print(name, flush=True)


if __name__ == "__main__":
    main()
