"""Writes types.npz: an array of each type that pack reads, a scalar, an empty one, one in Fortran order, headers of versions 1.0 and 2.0."""
import io
import zipfile

import numpy as np

TYPES = ["b1", "i1", "u1", "i2", "u2", "i4", "u4", "i8", "u8", "f2", "f4", "f8"]


def main():
    arrays = {name: (np.arange(6).reshape(2, 3) % 2 if name == "b1" else np.arange(6).reshape(2, 3)).astype(name) for name in TYPES}
    arrays["scalar"] = np.array(1.5, np.float32)
    arrays["empty"] = np.zeros((0, 7), np.int64)
    arrays["fortran"] = np.asfortranarray(np.arange(24, dtype=np.int32).reshape(2, 3, 4))
    arrays["größe/数"] = np.array([-1], np.int16)
    with zipfile.ZipFile("types.npz", "w", zipfile.ZIP_DEFLATED) as file:
        for index, (name, array) in enumerate(arrays.items()):
            bytes = io.BytesIO()
            np.lib.format.write_array(bytes, array, version=(2, 0) if index % 2 else (1, 0))
            entry = zipfile.ZipInfo(name + ".npy")
            entry.compress_type = zipfile.ZIP_STORED if index % 3 == 0 else zipfile.ZIP_DEFLATED
            file.writestr(entry, bytes.getvalue())


main()
