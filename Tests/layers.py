"""Fails if a module depends on one of its own row or of a row below, or imports one that Package.swift does not grant it;
and if a folder of tests is no target.

Run from the root of the repository: python3 Tests/layers.py
"""

import json
import pathlib
import re
import subprocess
import sys

ROWS = [
    ["CPackKernels", "CPackSystem", "CArchive", "CZlib", "CLibYAML"],
    ["PackCore", "CPackBench"],
    ["PackRuntime", "PackTokenizers", "PackIO"],
    ["PackServing", "PackFormats", "PackGraph"],
    ["PackImport", "PackPasses", "PackProfiles", "PackPlanner", "PackDependencies",
     "PackSimulation"],
    ["PackQuantize", "PackFit", "PackBundle", "PackReport", "PackLab"],
    ["pack", "PackRun"],
]
ROW = {name: row for row, names in enumerate(ROWS) for name in names}


def main():
    package = json.loads(subprocess.check_output(["swift", "package", "describe", "--type", "json"]))
    faults = []
    for target in package["targets"]:
        name = target["name"]
        if target["type"] == "test" or target["path"].startswith("Tests/"):
            continue
        if name not in ROW:
            faults.append(f"{name} is in no row of the layer table")
            continue
        granted = target.get("target_dependencies", [])
        for other in granted:
            if ROW.get(other, len(ROWS)) >= ROW[name]:
                faults.append(f"{name} (row {ROW[name]}) depends on {other} (row {ROW.get(other)})")
        for source in pathlib.Path(target["path"]).rglob("*.swift"):
            for module in re.findall(r"^(?:public |package |internal )?import (\w+)", source.read_text(), re.M):
                if module in ROW and module not in granted:
                    faults.append(f"{source} imports {module}, which is no dependency of {name}")
    tested = {target["name"] for target in package["targets"] if target["type"] == "test"}
    for folder in pathlib.Path("Tests").glob("*Tests"):
        if folder.name not in tested:
            faults.append(f"{folder} is no target of Package.swift, so its tests never run")
    for fault in faults:
        print("layers:", fault)
    print(f"layers: {len(package['targets'])} targets, {len(faults)} faults")
    return 1 if faults else 0


sys.exit(main())
