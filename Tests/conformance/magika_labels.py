"""Compares `pack run` on magika's model with magika's own Python package, over files of this machine.

    magika_labels.py [--files N] [--pack FILE] [--bundle FILE]

Needs the PyPI package magika (1.0.3) in the Python that runs it. The content is cut as magika cuts it, by its own code; labels
have to be equal, scores within 1e-3, as f32 sums differ; those of a bundle with weights of few bits may differ more. Prints one line; exit status 1 if a file differs.
"""

import argparse
import io
import pathlib
import subprocess
import sys
import tempfile

import magika
import numpy as np
from magika.types.seekable import Seekable

ROOT = pathlib.Path(__file__).resolve().parents[2]


def candidates():
    for folder in ("/usr/bin", "/usr/share", "/etc", str(ROOT)):
        for path in sorted(pathlib.Path(folder).rglob("*")):
            if path.is_file() and not path.is_symlink() and 64 <= path.stat().st_size <= 4 << 20:
                yield path


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--files", type=int, default=200)
    parser.add_argument("--pack", default=str(ROOT / ".build/release/pack"))
    parser.add_argument("--bundle", help="what pack slim made of the model, to run in its place")
    options = parser.parse_args()
    tool = magika.Magika()
    model = pathlib.Path(magika.__file__).parent / "models" / tool.get_model_name() / "model.onnx"
    paths = list(candidates())
    paths = paths[:: max(len(paths) // options.files, 1)][: options.files]
    cuts, features = [], []
    for path in paths:
        cut = tool._extract_features_from_seekable(
            Seekable(io.BytesIO(path.read_bytes())), tool._model_config.beg_size, tool._model_config.mid_size, tool._model_config.end_size,
            tool._model_config.padding_token, tool._model_config.block_size, tool._model_config.use_inputs_at_offsets)
        cuts.append((path, cut))
        features.append(cut.beg + cut.mid + cut.end)
    inputs = np.array(features, np.int32)
    expected = np.array(tool._get_raw_predictions(cuts))
    with tempfile.TemporaryDirectory(prefix="pack-magika-") as work:
        np.save(f"{work}/bytes.npy", inputs)
        subprocess.run([options.pack, "run", options.bundle or str(model), "--input", f"bytes={work}/bytes.npy", "--output-folder", work],
                       check=True, stdout=subprocess.DEVNULL)
        found = np.load(f"{work}/target_label.npy")
    same = int((found.argmax(1) == expected.argmax(1)).sum())
    difference = float(np.abs(found - expected).max())
    kinds = len(set(expected.argmax(1)))
    print(f"magika: {same} of {len(paths)} files have the same label, {kinds} kinds; scores differ by {difference:.1e} at most")
    return 0 if same == len(paths) and (options.bundle or difference <= 1e-3) else 1


if __name__ == "__main__":
    sys.exit(main())
