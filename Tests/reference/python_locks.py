"""Trims lock files for Fixtures/python/locks, and lists what their own tools install from them.

    python python_locks.py FOLDER

FOLDER holds the projects as their tools have locked them (see Fixtures/python/README.md): uv, pylock, poetry, poetry1, pipenv.
Hosts are replaced, and wheels of systems that no test asks for are left out. The lists are of the whole lock files.
Tools are taken from the environment: UV, POETRY, POETRY1, PIPENV, and PYTHONS, a folder of Pythons by version.
"""

import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

from packaging.requirements import Requirement

TARGET = Path(__file__).parents[2] / "Fixtures/python/locks"
KEPT = re.compile(r"py3-none-any|-(cp39|cp313)-(cp39|cp313|abi3)-(manylinux[^\"]*(x86_64|aarch64)|musllinux_1_2_x86_64|win_amd64)")
PYTHONS = ["3.9.18", "3.13.0"]


def trimmed(text):
    lines = []
    for line in text.splitlines():
        wheel = re.search(r"[/\"]([^/\"]+\.whl)\"", line)
        if wheel and line.startswith("    {") and not KEPT.search(wheel[1]):
            continue
        line = re.sub(r"https://files\.[a-z.]+/packages/(../../[0-9a-f]{60}|[^\"]*)/", "https://example.org/files/", line)
        line = re.sub(r"https://[a-z.]+/simple/?", "https://example.org/simple", line)
        lines.append(re.sub(r"([\"'])pypi([\"'])", r"\1index\2", line))
    return "\n".join(lines) + "\n"


def output(*arguments, **options):
    result = subprocess.run(arguments, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, **options)
    assert result.returncode == 0, result.stdout
    return result.stdout


def uv(folder, python, extras, groups):
    with tempfile.TemporaryDirectory() as environment:
        chosen = [f"--extra={extra}" for extra in extras] + [f"--group={group}" for group in groups]
        text = output(os.environ["UV"], "sync", "--frozen", "--dry-run", "--no-install-project", "--no-default-groups", "--python",
                      python, *chosen, cwd=folder, env=os.environ | {"UV_PROJECT_ENVIRONMENT": environment + "/e"})
    return re.findall(r"^ \+ (\S+)$", text, re.MULTILINE)


def pylock(folder, python, extras, groups):
    text = output(os.environ["UV"], "pip", "install", "--dry-run", "--target", "/nonexistent/x", "--python", python, "-r", "pylock.toml",
                  cwd=folder)
    return re.findall(r"^ \+ (\S+)$", text, re.MULTILINE)


def poetry(folder, python, extras, groups, tool="POETRY"):
    output(os.environ[tool], "env", "use", python, cwd=folder)
    text = output(os.environ[tool], "install", "--dry-run", "--no-root", "--only", ",".join(["main", *groups]),
                  *[f"--extras={extra}" for extra in extras], cwd=folder)
    return ["==".join(found) for found in re.findall(r"Installing (\S+) \(([^)]+)\)(?!.*Skipped)", text)]


def poetry1(folder, python, extras, groups):
    return poetry(folder, python, extras, groups, "POETRY1")


def pipenv(folder, python, extras, groups):
    chosen = ["--dev"] if groups else []
    text = output(os.environ["PIPENV"], "requirements", *chosen, cwd=folder, env=os.environ | {"PIPENV_IGNORE_VIRTUALENVS": "1"})
    short = ".".join(python.split("/")[-3].split(".")[:2])
    lines = [line for line in text.splitlines() if line and not line.startswith(("-", "Loading", "Courtesy"))]
    wanted = [Requirement(line) for line in lines]
    environment = dict(python_version=short, platform_machine="x86_64", sys_platform="linux", platform_system="Linux")
    return [f"{item.name}{item.specifier}" for item in wanted if not item.marker or item.marker.evaluate(environment)]


CASES = [(uv, "uv/uv.lock", ["cli"], ["dev"]), (pylock, "pylock/pylock.toml", [], []), (poetry, "poetry/poetry.lock", ["cli"], ["dev"]),
         (poetry1, "poetry1/poetry.lock", ["cli"], ["dev"]), (pipenv, "pipenv/Pipfile.lock", [], ["dev"])]


def main(source):
    rows = []
    for tool, lock, extras, groups in CASES:
        (TARGET / lock).parent.mkdir(parents=True, exist_ok=True)
        for name in [lock, lock.replace("poetry.lock", "pyproject.toml").replace("Pipfile.lock", "Pipfile")]:
            (TARGET / name).write_text(trimmed((source / name).read_text()))
        for version in PYTHONS:
            python = f"{os.environ['PYTHONS']}/{version}/bin/python3"
            for chosen in [([], [])] + ([(extras, [])] if extras else []) + ([([], groups)] if groups else []):
                found = sorted(set(tool(source / Path(lock).parent, python, *chosen)))
                assert found, lock
                rows.append("\t".join([lock, version, ",".join(chosen[0]), ",".join(chosen[1]), " ".join(found)]))
    head = "# lock\tPython\textras\tgroups\twhat its tool installs on x86_64 Linux"
    (TARGET / "installed.txt").write_text("\n".join([head, *rows]) + "\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]).resolve())
