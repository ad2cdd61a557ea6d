"""Writes a linear regression of 13 features as scikit-learn fits it to seeded data, exported by skl2onnx.

python Tests/reference/seeded_linear.py FILE.onnx [SEED]. Needs scikit-learn and skl2onnx.
"""

import pathlib
import sys

import numpy as np
from skl2onnx import to_onnx
from sklearn.linear_model import LinearRegression

ROWS, FEATURES = 506, 13


def main(path, seed=1):
    random = np.random.default_rng(int(seed))
    data = random.standard_normal((ROWS, FEATURES)).astype(np.float32)
    target = data @ random.standard_normal(FEATURES) + 0.1 * random.standard_normal(ROWS)
    model = LinearRegression().fit(data, target)
    pathlib.Path(path).write_bytes(to_onnx(model, data[:1]).SerializeToString())


if __name__ == "__main__":
    main(*sys.argv[1:])
