#!/usr/bin/env python3
"""Writes Sources/PackImport/TokenizerUnicodeData.swift: what Hugging Face `tokenizers` knows about Unicode.

The Rust crates behind `tokenizers` are of different Unicode versions (categories, decompositions, lower case), so nothing
is taken from a Unicode database: every scalar is put through the library itself and the answer is written down.

Usage: python3 Tests/reference/tokenizer_unicode.py   (needs `tokenizers`; the version used is written into the file)
"""
import os
import unicodedata

import tokenizers
from tokenizers import AddedToken, Tokenizer, models
from tokenizers.normalizers import NFD, BertNormalizer
from tokenizers.pre_tokenizers import BertPreTokenizer

OUTPUT = os.path.join(os.path.dirname(__file__), "..", "..", "Sources", "PackImport", "TokenizerUnicodeData.swift")
SCALARS = [c for c in range(0x110000) if not 0xD800 <= c <= 0xDFFF]


def bert(**on):
    flags = dict(clean_text=False, handle_chinese_chars=False, strip_accents=False, lowercase=False) | on
    return BertNormalizer(**flags).normalize_str


def probe():
    clean, lower, strip, nfd = bert(clean_text=True), bert(lowercase=True), bert(strip_accents=True), NFD().normalize_str
    ideograph = bert(handle_chinese_chars=True)
    split = BertPreTokenizer().pre_tokenize_str
    words = Tokenizer(models.WordLevel({"?": 0}, unk_token="?"))
    words.add_tokens([AddedToken("|", single_word=True, normalized=False)])
    facts = {k: set() for k in ["removed", "blank", "space", "ideograph", "mark", "punctuation", "word"]}
    decompositions, lowers = {}, {}
    for c in SCALARS:
        s = chr(c)
        cleaned = clean("a" + s + "b")
        if cleaned == "ab":
            facts["removed"].add(c)
        elif cleaned == "a b" and c != 0x20:
            facts["blank"].add(c)
        else:
            assert cleaned == "a" + s + "b", hex(c)
        if ideograph(s) != s:
            assert ideograph(s) == f" {s} "
            facts["ideograph"].add(c)
        pieces = [piece for piece, _ in split("a" + s + "a")]
        if pieces == ["a", "a"]:
            facts["space"].add(c)
        elif len(pieces) == 3:
            facts["punctuation"].add(c)
        else:
            assert len(pieces) == 1, hex(c)
        if words.token_to_id("|") not in words.encode(s + "|").ids:
            facts["word"].add(c)
        if nfd(s) != s:
            decompositions[c] = [ord(x) for x in nfd(s)]
            assert 0xAC00 <= c <= 0xD7A3 or all(nfd(x) == x for x in nfd(s))
        if lower(s) != s:
            lowers[c] = [ord(x) for x in lower(s)]
        if nfd(s) == s and strip("a" + s) == "a":
            facts["mark"].add(c)
    for c, out in decompositions.items():
        assert strip(chr(c)) == "".join(chr(x) for x in out if x not in facts["mark"]), hex(c)
    return facts, decompositions, lowers


def combining_classes(facts):
    """The rank (order of the canonical combining class) of each scalar that the library reorders."""
    nfd = NFD().normalize_str
    moves = lambda a, b: a != b and nfd("a" + chr(a) + chr(b)) == "a" + chr(b) + chr(a)  # class(a) > class(b) > 0
    low, high = 0x334, 0x345  # classes 1 and 240, the ends of the order
    nonzero = [c for c in SCALARS if not 0xAC00 <= c <= 0xD7A3 and nfd(chr(c)) == chr(c) and (moves(high, c) or moves(c, low))]
    reference = {}
    for c in nonzero:
        reference.setdefault(unicodedata.combining(chr(c)), c)
    reference.pop(0, None)
    classes = {}
    for c in nonzero:
        found = [k for k, r in reference.items() if not moves(r, c) and not moves(c, r)]
        assert len(found) == 1, (hex(c), found)
        classes[c] = found[0]
    return classes


def ranges(values):
    """Runs of consecutive scalars, with their step of 1."""
    runs = []
    for v in sorted(values):
        if runs and runs[-1][1] == v - 1:
            runs[-1][1] = v
        else:
            runs.append([v, v])
    return " ".join(f"{a:X}" if a == b else f"{a:X}-{b:X}" for a, b in runs)


def shifts(mapping):
    """Runs of scalars, one or two apart, that map to one scalar at the same distance: FIRST-LAST/STEP>TARGET."""
    single = sorted((c, out[0] - c) for c, out in mapping.items() if len(out) == 1)
    parts, i = [], 0
    while i < len(single):
        step, j = 1, i + 1
        if j < len(single) and single[j][1] == single[i][1] and single[j][0] - single[i][0] in (1, 2):
            step = single[j][0] - single[i][0]
            while j < len(single) and single[j][1] == single[i][1] and single[j][0] - single[j - 1][0] == step:
                j += 1
        first, last, target = single[i][0], single[j - 1][0], single[i][0] + single[i][1]
        parts.append(f"{first:X}>{target:X}" if first == last else f"{first:X}-{last:X}/{step}>{target:X}")
        i = j
    several = [f"{c:X}>" + "+".join(f"{x:X}" for x in out) for c, out in sorted(mapping.items()) if len(out) > 1]
    return " ".join(parts + several)


def wrapped(text):
    lines, line = [], ""
    for word in text.split(" "):
        if len(line) + len(word) + 1 > 108:
            lines.append(line)
            line = ""
        line += (" " if line else "") + word
    return lines + [line]


def main():
    facts, decompositions, lowers = probe()
    classes = combining_classes(facts)
    hangul = [c for c in decompositions if 0xAC00 <= c <= 0xD7A3]
    assert len(hangul) == 11172
    for c in hangul:
        del decompositions[c]
    by_class = {}
    for c, k in classes.items():
        by_class.setdefault(k, set()).add(c)
    combining = " ".join(" ".join(f"{part}={k}" for part in ranges(v).split(" ")) for k, v in sorted(by_class.items()))
    sections = [
        ("removed", "Scalars that `clean_text` removes.", ranges(facts["removed"])),
        ("blank", "Scalars, other than the space, that `clean_text` turns into a space.", ranges(facts["blank"])),
        ("space", "Scalars at which the pre-tokenizer splits and which it drops.", ranges(facts["space"])),
        ("ideograph", "Scalars around which `handle_chinese_chars` puts spaces.", ranges(facts["ideograph"])),
        ("punctuation", "Scalars that the pre-tokenizer makes a word of their own.", ranges(facts["punctuation"])),
        ("mark", "Nonspacing marks that `strip_accents` removes.", ranges(facts["mark"])),
        ("word", r"Scalars that count as part of a word beside an added token (`\\w`).", ranges(facts["word"])),
        ("combining", "Canonical combining classes other than 0.", combining),
        ("decomposition", "Canonical decompositions, Hangul syllables left out.", shifts(decompositions)),
        ("lowercase", "Lower case.", shifts(lowers)),
    ]
    with open(OUTPUT, "w") as f:
        f.write("// Made by Tests/reference/tokenizer_unicode.py with `tokenizers` " + tokenizers.__version__ + ". Do not edit.\n\n")
        f.write("/// What Hugging Face `tokenizers` knows about Unicode, as hexadecimal scalars and ranges.\n///\n")
        f.write("/// A set is a list of `FIRST-LAST` or single scalars; a combining class follows after `=`; a mapping is\n")
        f.write("/// `FIRST-LAST/STEP>TARGET` (the target moves along with the source) or `SCALAR>TARGET+TARGET…`.\n")
        f.write("enum TokenizerUnicodeData {\n")
        for i, (name, comment, text) in enumerate(sections):
            if i:
                f.write("\n")
            f.write(f'    /// {comment}\n    static let {name}: StaticString = """\n')
            lines = wrapped(text)
            for n, line in enumerate(lines):
                f.write("        " + line + (" \\\n" if n + 1 < len(lines) else "\n"))
            f.write('        """\n')
        f.write("}\n")


if __name__ == "__main__":
    main()
