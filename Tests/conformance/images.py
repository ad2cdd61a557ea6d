#!/usr/bin/env python3
"""Compares the operator ImageDecoder with Pillow, bit by bit, on images that Pillow or this script writes.

Formats and their options meet sizes that fit no block. RGB is what Pillow converts to, BGR its reverse, gray what it converts to L.
A bundle answers for one file of each format.

Usage: images.py [--pack FILE] [--filter TEXT] [--jobs N]

Needs numpy, onnx and Pillow with libjpeg-turbo, libwebp and OpenJPEG (`pip install numpy onnx pillow`).
"""
import argparse
import concurrent.futures
import io
import itertools
import json
import os
import struct
import subprocess
import sys
import tempfile
import zlib

import numpy as np
import onnx
from onnx import TensorProto, helper
from PIL import Image, TiffImagePlugin

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")
sys.path.insert(0, os.path.join(ROOT, "Tests"))
import checks  # noqa: E402

SIZES = [(1, 1), (2, 3), (7, 5), (16, 16), (32, 32), (17, 33), (70, 131)]
CHANNELS = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}
PASSES = [(0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2)]
RANDOM = np.random.default_rng(9)


def picture(height, width):
    """Waves of three colours, and noise."""
    y, x = np.mgrid[:height, :width]
    waves = [128 + 100 * np.sin(x / 7 + c) * np.cos(y / (5 + c)) + RANDOM.normal(0, 12, (height, width)) for c in range(3)]
    return Image.fromarray(np.clip(np.stack(waves, -1), 0, 255).astype(np.uint8))


def noise(*shape):
    return RANDOM.integers(0, 256, shape, dtype=np.uint8)


def saved(image, form, **options):
    with io.BytesIO() as file:
        image.save(file, form, **options)
        return file.getvalue()


def pnm_cases(image):
    height, width = image.height, image.width
    for mode in ("1", "L", "RGB"):
        yield f"pnm {mode}", saved(image.convert(mode), "PPM")
    for most in (1, 7, 100, 300, 65535):
        values = RANDOM.integers(0, most + 1, (height, width, 3))
        head = b"P%d #comment\n%d %d\n%d\n"
        data = values.astype(">u2" if most > 255 else np.uint8).tobytes()
        yield f"pnm bytes {most}", head % (6, width, height, most) + data
        yield f"pnm text {most}", head % (3, width, height, most) + " ".join(map(str, values.flatten())).encode() + b"\n"


def bitmap(width, height, depth, compression, data, table=b"", masks=b""):
    offset = 54 + len(masks) + len(table)
    return (b"BM" + struct.pack("<IHHI", offset + len(data), 0, 0, offset)
            + struct.pack("<IiiHHIIiiII", 40, width, height, 1, depth, compression, len(data), 0, 0, len(table) // 4, 0)
            + masks + table + data)


def bmp_cases(image):
    for mode in ("1", "L", "P", "RGB", "RGBA"):
        yield f"bmp {mode}", saved(image.convert(mode), "BMP")
    height, width = image.height, image.width
    table = np.concatenate([noise(256, 3), np.zeros((256, 1), np.uint8)], 1)
    for sign in (1, -1):
        for depth in (4, 16, 24, 32):
            data = noise((width * depth + 31) // 32 * 4 * height).tobytes()
            yield f"bmp {depth} {sign}", bitmap(width, sign * height, depth, 0, data, table[:16].tobytes() if depth == 4 else b"")
        data = noise((width * 16 + 31) // 32 * 4 * height).tobytes()
        yield f"bmp masks {sign}", bitmap(width, sign * height, 16, 3, data, masks=struct.pack("<III", 0xF800, 0x7E0, 0x1F))
    row = bytes([3, 7, 0, 4, 1, 2, 3, 4, 2, 9, 0, 0])
    yield "bmp runs of 8", bitmap(9, 5, 8, 1, row * 5 + b"\0\1", table.tobytes())
    yield "bmp runs of 4", bitmap(9, 5, 4, 2, row * 5 + b"\0\1", table[:16].tobytes())


def chunk(name, data):
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def png(height, width, depth, color, interlaced, level):
    """Rows of noise with every filter, packed into chunks of 99 bytes."""
    raw = b""
    for x, y, right, down in PASSES if interlaced else [(0, 0, 1, 1)]:
        columns, rows = (width - x + right - 1) // right, (height - y + down - 1) // down
        for _ in range(rows if columns > 0 else 0):
            raw += bytes([RANDOM.integers(0, 5)]) + noise((columns * depth * CHANNELS[color] + 7) // 8).tobytes()
    packed = zlib.compress(raw, level)
    head = struct.pack(">IIBBBBB", width, height, depth, color, 0, 0, interlaced)
    parts = [chunk(b"IHDR", head), chunk(b"tEXt", b"a\0b")]
    if color == 3:
        parts.append(chunk(b"PLTE", noise(3 << depth).tobytes()))
    parts += [chunk(b"IDAT", packed[at:at + 99]) for at in range(0, len(packed), 99)]
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts) + chunk(b"IEND", b"")


def png_cases(image):
    for mode in ("1", "L", "P", "RGB", "RGBA", "LA"):
        yield f"png {mode}", saved(image.convert(mode), "PNG")
    kinds = [(0, 1), (0, 2), (0, 4), (0, 8), (2, 8), (2, 16), (3, 1), (3, 2), (3, 4), (3, 8), (4, 8), (4, 16), (6, 8), (6, 16)]
    for (color, depth), interlaced in itertools.product(kinds, (0, 1)):
        yield f"png {color} {depth} {interlaced}", png(image.height, image.width, depth, color, interlaced, depth % 10)


def jpeg_cases(image):
    for sampling, progressive, quality in itertools.product((0, 1, 2), (False, True), (5, 75, 100)):
        options = {"subsampling": sampling, "progressive": progressive, "quality": quality}
        yield f"jpeg {sampling} {progressive} {quality}", saved(image, "JPEG", **options)
    for progressive in (False, True):
        yield f"jpeg gray {progressive}", saved(image.convert("L"), "JPEG", progressive=progressive)
        yield f"jpeg cmyk {progressive}", saved(image.convert("CMYK"), "JPEG", progressive=progressive)
        yield f"jpeg rgb {progressive}", saved(image, "JPEG", progressive=progressive, keep_rgb=True)
        restarts = {"optimize": True, "restart_marker_blocks": 3}
        yield f"jpeg restarts {progressive}", saved(image, "JPEG", progressive=progressive, **restarts)
    if image.size == (32, 32):
        # There are as many units of one by two blocks as of two by one, and of four by one as of two by two.
        for sampling, factors in ((1, 0x12), (2, 0x41)):
            data = bytearray(saved(image, "JPEG", subsampling=sampling))
            data[data.index(b"\xff\xc0") + 11] = factors
            yield f"jpeg factors {factors:x}", bytes(data)


def tiff(big, width, height, tags, parts):
    """A file of one directory behind its strips, or its tiles where a tag says how large they are."""
    order = ">" if big else "<"
    offsets = list(itertools.accumulate([8] + [len(part) + len(part) % 2 for part in parts]))
    place, counts = (324, 325) if 322 in tags else (273, 279)
    tags = tags | {256: [width], 257: [height], place: offsets[:-1], counts: [len(part) for part in parts]}
    entries, rest, start = b"", b"", offsets[-1]
    for tag, values in sorted(tags.items()):
        kind = 4 if tag in (256, 257, 273, 279, 324, 325) else 3
        data = struct.pack(f"{order}{len(values)}{'I' if kind == 4 else 'H'}", *values)
        if len(data) > 4:
            rest, data = rest + data, struct.pack(order + "I", start + 6 + 12 * len(tags) + len(rest))
        entries += struct.pack(order + "HHI", tag, kind, len(values)) + data.ljust(4, b"\0")
    body = b"".join(part + b"\0" * (len(part) % 2) for part in parts)
    head = struct.pack(order + "2sHI", b"MM" if big else b"II", 42, start)
    return head + body + struct.pack(order + "H", len(tags)) + entries + b"\0\0\0\0" + rest


def tiff_cases(image):
    def info(**tags):
        directory = TiffImagePlugin.ImageFileDirectory_v2()
        for name, value in tags.items():
            directory[int(name[1:])] = value
        return directory

    for mode, packing in itertools.product(
            ("1", "L", "P", "RGB", "RGBA", "LA", "CMYK"), ("raw", "packbits", "tiff_lzw", "tiff_adobe_deflate")):
        yield f"tiff {mode} {packing}", saved(image.convert(mode), "TIFF", compression=packing)
        if packing != "raw":
            rows = info(t278=3, t317=2) if mode in ("L", "RGB") and packing.startswith("tiff") else info(t278=3)
            yield f"tiff rows {mode} {packing}", saved(image.convert(mode), "TIFF", compression=packing, tiffinfo=rows)
    for turn in range(1, 9):
        yield f"tiff turned {turn}", saved(image, "TIFF", compression="tiff_lzw", tiffinfo=info(t274=turn))
    width, height = image.size
    for big in (False, True):
        for depth in (1, 2, 4, 8):
            row = (width * depth + 7) // 8
            for kind in (0, 1):
                yield f"tiff {big} gray {kind} {depth}", tiff(
                    big, width, height, {258: [depth], 262: [kind]}, [noise(row * height).tobytes()])
            if depth > 2:
                colors = [int(value) for value in RANDOM.integers(0, 65536, 3 << depth)]
                yield f"tiff {big} table {depth}", tiff(
                    big, width, height, {258: [depth], 262: [3], 320: colors}, [noise(row * height).tobytes()])
        packed = zlib.compress(noise(height * width * 6).tobytes())
        wide = {258: [16] * 3, 262: [2], 277: [3], 259: [8]}
        yield f"tiff {big} 16", tiff(big, width, height, wide, [packed])
        yield f"tiff {big} 16 differences", tiff(big, width, height, wide | {317: [2]}, [packed])
        flat = {258: [8] * 3, 262: [2], 277: [3], 284: [2]}
        yield f"tiff {big} planes", tiff(big, width, height, flat, [noise(width * height).tobytes() for _ in range(3)])
        for extra in range(3):
            yield f"tiff {big} alpha {extra}", tiff(
                big, width, height, {258: [8] * 4, 262: [2], 277: [4], 338: [extra]}, [noise(height, width, 4).tobytes()])
        count = -(-width // 16) * -(-height // 32)
        tiles = {258: [8] * 3, 262: [2], 277: [3], 322: [16], 323: [32], 259: [8], 317: [2]}
        yield f"tiff {big} tiles", tiff(
            big, width, height, tiles, [zlib.compress(noise(16 * 32 * 3).tobytes()) for _ in range(count)])


def webp_cases(image):
    pictures = {
        "picture": image, "noise": Image.fromarray(noise(image.height, image.width, 3)),
        "even": Image.new("RGB", image.size, (10, 200, 30)),
        "alpha": Image.fromarray(np.concatenate([np.array(image), noise(image.height, image.width, 1)], -1))}
    for (name, picture_), method, quality in itertools.product(pictures.items(), (0, 4, 6), (1, 50, 100)):
        yield f"webp {name} {method} {quality}", saved(picture_, "WEBP", method=method, quality=quality)
        yield f"webp lossless {name} {method} {quality}", saved(
            picture_, "WEBP", method=method, quality=quality, lossless=True, exact=True)
    for colors in (2, 4, 13, 100):
        yield f"webp colors {colors}", saved(image.quantize(colors).convert("RGB"), "WEBP", lossless=True)
    yield "webp frames", saved(image, "WEBP", save_all=True, append_images=[image.transpose(Image.Transpose.ROTATE_180)])


def jpeg2000_cases(image):
    options = [
        {}, {"no_jp2": True}, {"mct": 0}, {"quality_mode": "rates", "quality_layers": [20, 5, 1]},
        {"quality_mode": "rates", "quality_layers": [20, 5]}, {"tile_size": (64, 48)}, {"codeblock_size": (16, 8)},
        {"num_resolutions": 1}, {"precinct_size": (64, 64), "codeblock_size": (32, 32)}, {"plt": True}]
    if min(image.size) > 32:
        # OpenJPEG does not write them smaller.
        options += [
            {"irreversible": True}, {"irreversible": True, "tile_size": (36, 34), "num_resolutions": 3},
            {"irreversible": True, "quality_mode": "dB", "quality_layers": [30, 40]}]
    for order in ("LRCP", "RLCP", "RPCL", "PCRL", "CPRL"):
        options.append({"progression": order, "precinct_size": (32, 32), "codeblock_size": (16, 16),
                        "quality_mode": "rates", "quality_layers": [10, 1]})
    for (mode, given) in itertools.product(("L", "LA", "RGB", "RGBA"), options):
        yield f"jpeg2000 {mode} {given}", saved(image.convert(mode), "JPEG2000", **given)


def cases():
    for height, width in SIZES:
        image = picture(height, width)
        for family in (pnm_cases, bmp_cases, png_cases, jpeg_cases, tiff_cases, webp_cases, jpeg2000_cases):
            for name, data in family(image):
                yield f"{name} {height}x{width}", data


def model(folder, form):
    """A model of the operator alone; its path."""
    path = os.path.join(folder, form + ".onnx")
    node = helper.make_node("ImageDecoder", ["data"], ["image"], pixel_format=form)
    graph = helper.make_graph(
        [node], "one", [helper.make_tensor_value_info("data", TensorProto.UINT8, ["bytes"])],
        [helper.make_tensor_value_info("image", TensorProto.UINT8, [None, None, None])])
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 20)], ir_version=9), path)
    return path


def pixels(data, form):
    """What Pillow reads from a file."""
    image = Image.open(io.BytesIO(data)).convert("L" if form == "Grayscale" else "RGB")
    samples = np.array(image).reshape(image.height, image.width, -1)
    return samples[:, :, ::-1] if form == "BGR" else samples


def bundled(pack, path):
    """Decodes a file of each format with a bundle: its runtime is another program than `pack`."""
    image = picture(35, 41)
    with tempfile.TemporaryDirectory() as folder:
        bundle, file = os.path.join(folder, "bundle.zip"), os.path.join(folder, "request.json")
        command = [pack, "slim", path, "--target", "lambda", "--arch", "x86_64", "--output", bundle]
        result = subprocess.run(command, capture_output=True, text=True)
        checks.check("bundle", result.returncode == 0, result.stderr)
        for form in ("PPM", "BMP", "PNG", "JPEG", "TIFF", "WEBP", "JPEG2000") if result.returncode == 0 else ():
            data = saved(image, form)
            with open(file, "w") as request:
                json.dump({"inputs": {"data": {"shape": [len(data)], "data": list(data)}}}, request)
            result = subprocess.run([pack, "run", bundle, "--json", file], capture_output=True, text=True)
            if result.returncode != 0:
                checks.check(f"bundle {form}", False, result.stderr)
                continue
            found = json.loads(result.stdout)["outputs"]["image"]
            expected = pixels(data, "RGB")
            same = found["shape"] == list(expected.shape) and found["data"] == expected.flatten().tolist()
            checks.check(f"bundle {form}", same, found["shape"])


def compare(pack, name, data, form, path):
    """Decodes a file with both."""
    expected = pixels(data, form)
    with tempfile.TemporaryDirectory() as folder:
        file = os.path.join(folder, "data.npy")
        np.save(file, np.frombuffer(data, np.uint8))
        command = [pack, "run", path, "--input", f"data={file}", "--output-folder", folder, "--threads", "1"]
        result = subprocess.run(command, capture_output=True, text=True)
        if result.returncode != 0:
            return checks.check(f"{name} {form}", False, result.stderr)
        found = np.load(os.path.join(folder, "image.npy"))
    if found.shape != expected.shape:
        return checks.check(f"{name} {form}", False, f"shape {found.shape}, expected {expected.shape}")
    checks.check(f"{name} {form}", np.array_equal(found, expected), f"{np.sum(found != expected)} samples differ")


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pack", default=os.path.join(ROOT, ".build", "release", "pack"))
    parser.add_argument("--filter", default="")
    parser.add_argument("--jobs", type=int, default=os.cpu_count())
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
        paths = {form: model(folder, form) for form in ("RGB", "BGR", "Grayscale")}
        tasks = []
        for index, (name, data) in enumerate(cases()):
            if options.filter in name:
                # Colours of every file; the other forms of every third.
                for form in ["RGB"] + (["BGR", "Grayscale"] if index % 3 == 0 else []):
                    tasks.append(pool.submit(compare, options.pack, name, data, form, paths[form]))
        for task in tasks:
            task.result()
        if options.filter in "bundle":
            bundled(options.pack, paths["RGB"])
    return checks.finish()


if __name__ == "__main__":
    sys.exit(main())
