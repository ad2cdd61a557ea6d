"""What pipelines rely on in `pack gate`: the three exit statuses, exemptions by date, budgets at their limits, baselines, reports.

    python Tests/gate.py

Run with the virtual environment's Python from the root of the repository, after `make`; offline. The command is PACK, else
.build/release/pack. Reports are validated by Tests/reports.py where its packages are installed: SARIF and JUnit also need the
official schemas, and are left out with a line where those are not there.
"""

import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

import reports
from checks import check, finish

ROOT = pathlib.Path(__file__).resolve().parent.parent
PACK = os.environ.get("PACK", str(ROOT / ".build/release/pack"))
PASSES, FAILS, COULD_NOT_JUDGE, USAGE = 0, 1, 2, 64
FORMATS = ["table", "json", "markdown", "html", "sarif", "junit", "github"]


def package(folder, name, version, size):
    """A package as pip leaves it, with `size` bytes of data in one file."""
    info = folder / f"{name}-{version}.dist-info"
    info.mkdir(parents=True)
    (folder / name).mkdir()
    (folder / name / "__init__.py").write_text("x = 1\n")
    (folder / name / "data.bin").write_bytes(os.urandom(16) * (size // 16) + b"x" * (size % 16))
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n")
    (info / "WHEEL").write_text("Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
    names = [f"{name}/__init__.py", f"{name}/data.bin", f"{info.name}/METADATA", f"{info.name}/WHEEL", f"{info.name}/RECORD"]
    (info / "RECORD").write_text("".join(f"{entry},,\n" for entry in names))


class Project:
    """A folder with code, one package and a pack.yaml."""

    def __init__(self, root, name="project"):
        self.folder = root / name
        self.app = self.folder / "app"
        self.app.mkdir(parents=True)
        (self.app / "app.py").write_text("import alpha\n\n\ndef handler(event, context):\n    return alpha.x\n")
        package(self.app, "alpha", "1.0", 100_000)

    def write(self, text="", unknown="warn", targets="[cloud-run]"):
        (self.folder / "pack.yaml").write_text(
            f"schema: pack.gate/1\npaths: [app]\ntargets: {targets}\nentry: app.handler\nunknown: {unknown}\n{text}")
        return self

    def gate(self, *options, day="2026-11-25", cwd=None, command=PACK):
        seconds = int(subprocess.check_output(["date", "-u", "-d", day, "+%s"]))
        return subprocess.run([command, "gate", *options], cwd=cwd or self.folder, capture_output=True, text=True,
                              env={**os.environ, "SOURCE_DATE_EPOCH": str(seconds)})

    def measures(self):
        """What the gate measured, from its JSON."""
        return json.loads(self.gate("--format", "json").stdout)

    @property
    def size(self):
        return sum(path.stat().st_size for path in self.app.rglob("*") if path.is_file())


def expect(name, result, status, *says):
    text = result.stdout + result.stderr
    check(f"{name}: exit status {status}", result.returncode == status, f"{result.returncode}: {text}")
    for pattern in says:
        check(f"{name}: says {pattern!r}", re.search(pattern, text), text)


def statuses(root):
    project = Project(root, "statuses")
    expect("passes", project.write().gate(), PASSES, r"app", r"memory\.peak", r"image\.size")
    over = f"budgets: {{package.unpacked: {{maximum: {project.size - 1} B}}}}\n"
    expect("at the maximum", project.write(f"budgets: {{package.unpacked: {{maximum: {project.size} B}}}}\n").gate(), PASSES)
    expect("1 byte over", project.write(over).gate(), FAILS, r"package\.unpacked", f"{project.size:,}", f"{project.size - 1:,}")
    expect("unknown fails", project.write(unknown="fail").gate(), FAILS, r"memory\.peak", "(?i)unknown|not known")
    expect("a missing path", project.write().gate("nowhere"), COULD_NOT_JUDGE, "nowhere")
    expect("a misspelt target", project.write(targets="[cloud-rum]").gate(), COULD_NOT_JUDGE, "cloud-run")
    expect("an unknown key", project.write("budget: {}\n").gate(), COULD_NOT_JUDGE, "pack.yaml", "line 6|:6", "budgets")
    expect("an unknown measure", project.write("budgets: {package.ziped: {maximum: 1 MB}}\n").gate(), COULD_NOT_JUDGE, "package.zipped")
    expect("a wrong unit", project.write("budgets: {startup.time: {maximum: 1 MB}}\n").gate(), COULD_NOT_JUDGE, "pack.yaml", "startup.time")
    expect("no YAML", project.write("a: [b\n").gate(), COULD_NOT_JUDGE, "pack.yaml")
    expect("a missing configuration", project.gate("--config", "none.yaml"), COULD_NOT_JUDGE, "none.yaml")
    expect("an unknown option", project.write().gate("--nothing"), USAGE)
    (project.folder / "pack.yaml").unlink()
    expect("no platform at all", project.gate("app"), USAGE, "--target")
    expect("without a file", project.gate("app", "--target", "cloud-run"), FAILS, r"memory\.peak")
    broken = project.app / "requirements.txt"
    broken.write_text("-r requirements.txt\n")
    expect("unreadable and good", project.write().gate(), COULD_NOT_JUDGE, "requirements.txt", "image")
    expect("unreadable and failing", project.write(over).gate(), COULD_NOT_JUDGE, "requirements.txt", r"package\.unpacked")
    expect("no baseline of what cannot be read", project.write().gate("--write-baseline"), COULD_NOT_JUDGE, "requirements.txt")
    check("nothing was written", not (project.folder / "pack-baseline.json").exists())
    broken.unlink()
    own = (ROOT / "Profiles/cloud-run.yaml").read_text()
    (project.folder / "own.yaml").write_text(re.sub("(?m)^name: .*", "name: own", own))
    alone = shutil.copy(PACK, root / "pack")
    expect("a platform by its file, where no others are installed", project.write(targets="[./own.yaml]").gate(command=alone),
           PASSES, "own")
    moved = project.write().gate("--config", "statuses/pack.yaml", cwd=root)
    expect("from another folder", moved, PASSES, "statuses/app")


def exemptions(root):
    project = Project(root, "exemptions")
    text = "ignore:\n" + "".join(
        f'  - {{rule: {rule}, target: cloud-run, reason: "measured by hand", until: 2026-12-31}}\n'
        for rule in ["PK201", "startup.time"])
    project.write(text, unknown="fail")
    expect("an exemption before its day", project.gate(day="2026-12-30"), PASSES, "measured by hand")
    expect("on its day", project.gate(day="2026-12-31"), PASSES)
    expect("after its day", project.gate(day="2027-01-01"), FAILS, "2026-12-31")
    project.write(text.replace("cloud-run", "lambda"), unknown="fail")
    expect("for another platform", project.gate(), FAILS)
    project.write('ignore: [{rule: PK101, reason: r, until: 2026-12-31}]\n')
    expect("one that nothing needs", project.gate(), PASSES, "PK101|package.zipped|PK606")
    project.write('ignore: [{rule: PK101, reason: r, until: 2026-02-30}]\n')
    expect("a day that is none", project.gate(), COULD_NOT_JUDGE, "2026-02-30")
    project.write('ignore: [{rule: PK601, reason: r, until: 2026-12-31}]\n')
    expect("a rule that is no platform's", project.gate(), COULD_NOT_JUDGE, "PK601")


def baselines(root):
    project = Project(root, "baselines")
    limits = "baseline: pack-baseline.json\nbudgets: {dependencies.bytes: {growth: 1000 B}, package.unpacked: {growth-percent: 5}}\n"
    project.write(limits)
    expect("a missing baseline", project.gate(), COULD_NOT_JUDGE, "pack-baseline.json")
    expect("writing it", project.gate("--write-baseline"), PASSES, "wrote")
    file = project.folder / "pack-baseline.json"
    first = file.read_bytes()
    project.gate("--write-baseline")
    check("the same bytes twice", file.read_bytes() == first)
    check("no path of this machine", str(root).encode() not in first, first[:300])
    check("the baseline keeps to its schema", reports.pack_json(file) == [], reports.pack_json(file))
    expect("unchanged", project.gate(), PASSES)
    data = project.app / "alpha/data.bin"
    content = data.read_bytes()
    data.write_bytes(content + b"y" * 1000)
    expect("growth at its limit", project.gate(), PASSES)
    data.write_bytes(content + b"y" * 1001)
    expect("growth 1 byte over", project.gate(), FAILS, "alpha", r"1,001")
    data.write_bytes(content)
    extra = project.app / "more.txt"
    allowed = int(project.size * 0.05)
    extra.write_bytes(b"z" * allowed)
    expect("growth in percent at its limit", project.gate(), PASSES)
    extra.write_bytes(b"z" * (allowed + 2))
    expect("growth in percent over", project.gate(), FAILS, r"more\.txt|app", "5")
    extra.unlink()
    package(project.app, "beta", "2.0", 50_000)
    expect("a new package", project.gate(), FAILS, "beta")
    file.write_text(first.decode()[:-20])
    expect("a damaged baseline", project.gate(), COULD_NOT_JUDGE, "pack-baseline.json")
    file.write_text(re.sub(r"pack\.baseline/1", "pack.baseline/9", first.decode()))
    expect("a baseline of another version", project.gate(), COULD_NOT_JUDGE, "pack-baseline.json")


def cells(line):
    return len(re.findall(r"(?<!\\)\|", line))


def formats(root):
    project = Project(root, "formats")
    for name in ["a|b.txt", "<script>alert(1)</script>".replace("/", "_"), "::error::x", 'quo"te', "50%", "back`tick"]:
        (project.app / name).write_bytes(b"q" * 3000)
    os.mkdir(os.fsencode(project.app) + b"/line\nbreak")
    pathlib.Path(os.fsdecode(os.fsencode(project.app) + b"/line\nbreak/x.bin")).write_bytes(b"r" * 4000)
    # A compiled module for another processor is a culprit with a name that has to be escaped everywhere.
    header = b"\x7fELF\x02\x01\x01" + bytes(9) + (3).to_bytes(2, "little") + (183).to_bytes(2, "little") + (1).to_bytes(4, "little")
    elf = header + bytes(28) + (64).to_bytes(2, "little") + bytes(10)
    (project.app / "a|<b>,c:d%0A`.so").write_bytes(elf.ljust(64, b"\0"))
    project.write("budgets: {package.unpacked: {maximum: 10 KB}}\n")
    for form in FORMATS:
        first, second = project.gate("--format", form), project.gate("--format", form)
        expect(form, first, FAILS)
        check(f"{form}: the same bytes twice", first.stdout == second.stdout)
        path = root / f"report.{form}"
        path.write_text(first.stdout)
        check(f"{form}: no control characters", not re.search(r"[\x00-\x08\x0b-\x1f\x7f]", first.stdout))
        if form in ("sarif", "junit") and not reports.SCHEMAS.exists():
            print(f"-- {form} is not validated: the official schemas are not in {reports.SCHEMAS}")
            continue
        validate = {"json": reports.pack_json, "sarif": reports.sarif, "junit": reports.junit, "html": reports.page}.get(form)
        try:
            faults = validate(path) if validate else []
        except ImportError as error:
            print(f"-- {form} is not validated: {error}")
            continue
        check(f"{form}: valid", faults == [], faults)
    markdown = (root / "report.markdown").read_text().splitlines()
    tables = [index for index, line in enumerate(markdown) if re.fullmatch(r"\|( :?-+:? \|)+", line)]
    check("markdown: has a table", tables)
    for index in tables:
        row = index + 1
        while row < len(markdown) and markdown[row].startswith("|"):
            check("markdown: each row has as many cells as the head", cells(markdown[row]) == cells(markdown[index]), markdown[row])
            row += 1
    check("markdown: no markup of names", "<script>" not in "\n".join(markdown))
    for line in (root / "report.github").read_text().splitlines():
        check("github: each line is one annotation", re.match(r"::(error|warning|notice) [^:]*::", line), line)
    unjudged = project.gate("nowhere", "--format", "json")
    expect("a report although it could not judge", unjudged, COULD_NOT_JUDGE)
    check("its outcome", json.loads(unjudged.stdout).get("outcome") not in ("passes", "fails"), unjudged.stdout[:200])


def bundles(root):
    model = os.environ.get("PACK_MODEL_FOLDER")
    if not model:
        print("-- bundles: left out, PACK_MODEL_FOLDER is not set")
        return
    folder = root / "bundles"
    folder.mkdir()
    (folder / "pack.yaml").write_text(
        f"schema: pack.gate/1\npaths: [{model}]\ntargets: [lambda]\ndeploy: slim\nquantize: int8\n")
    run = lambda: subprocess.run([PACK, "gate"], cwd=folder, capture_output=True, text=True)
    expect("a predicted bundle", run(), PASSES, "pack slim --quantize int8", "package.zipped")
    (folder / "pack.yaml").write_text(
        f"schema: pack.gate/1\npaths: [{model}]\ntargets: [lambda]\ndeploy: slim\nquantize: none\n")
    expect("a predicted bundle that is too large", run(), FAILS, "package.zipped")
    for subject in [model, root / "formats/app"]:
        path = root / "analyze.json"
        path.write_bytes(subprocess.run([PACK, "analyze", subject, "--format", "json"], capture_output=True).stdout)
        check(f"analyze {pathlib.Path(subject).name}: keeps to its schema", reports.pack_json(path) == [], reports.pack_json(path))
    made = subprocess.run([PACK, "slim", model, "--target", "lambda", "--output", folder / "bundle.zip"], capture_output=True)
    check("slim makes a bundle", made.returncode == 0, made.stderr)
    for accuracy, status in [("0.9", PASSES), ("0.9999", FAILS)]:
        (folder / "pack.yaml").write_text(
            f"schema: pack.gate/1\npaths: [bundle.zip]\ntargets: [lambda]\nunknown: warn\naccuracy: {accuracy}\n")
        expect(f"a bundle with accuracy {accuracy}", run(), status, "accuracy")


def main():
    with tempfile.TemporaryDirectory() as name:
        root = pathlib.Path(os.path.realpath(name))
        for group in [statuses, exemptions, baselines, formats, bundles]:
            if sys.argv[1:] and group.__name__ not in sys.argv[1:]:
                continue
            group(root)
    return finish()


sys.exit(main())
