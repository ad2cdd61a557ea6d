#!/usr/bin/env python3
"""The server beside its OpenAPI document: requests that schemathesis (PyPI) makes of it, valid and not.

Run from the root of the repository after `make all`, with the Python of Tests/serving.py and schemathesis:
PYTHON Tests/conformance/openapi.py [--cases N] [--document FILE]. FILE may be the protocol's own (open-inference-rest.yaml of
kserve/open-inference-protocol), whose paths have shell variables in place of parameters. Whether a request is accepted that is
valid by the document depends on the model: its inputs, types and shapes are not in it. So 400 is an answer to such a request as
well (schemathesis.toml). Exit status: schemathesis's own.
"""

import argparse
import pathlib
import shutil
import subprocess
import sys

HERE = pathlib.Path(__file__).parent
sys.path.insert(0, str(HERE.parent))

import serving  # noqa: E402


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cases", type=int, default=150, help="of each operation")
    parser.add_argument("--document", type=pathlib.Path, default="Schemas/serving-openapi.json")
    options = parser.parse_args()
    command = shutil.which("schemathesis") or str(pathlib.Path(sys.executable).parent / "schemathesis")
    if not pathlib.Path(command).exists():
        print("openapi: left out, schemathesis is not installed")
        return 0
    document = serving.WORK / f"openapi{options.document.suffix}"
    document.write_text(options.document.read_text().replace("${", "{"))
    with serving.serving() as (port, _, _):
        return subprocess.run([command, "--config-file", str(HERE / "schemathesis.toml"), "run", str(document),
                               "--url", f"http://127.0.0.1:{port}", "-n", str(options.cases)]).returncode


if __name__ == "__main__":
    sys.exit(main())
