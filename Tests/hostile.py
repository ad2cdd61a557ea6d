"""Hostile and broken input, given to the command as a user would give it.

    python3 Tests/hostile.py [GROUP…]

Needs nothing but Python's standard library and the built command ($PACK, else .build/release/pack). Everything is built in
a temporary folder, most of it byte by byte. A case checks the exit status, what is said of what and where, that the rest
was looked at, and bounds for memory and time; a signal is always a failure, as is a control character that reaches standard
output or standard error. Exit status 1 if anything fails.
"""

import base64
import concurrent.futures
import gzip
import hashlib
import io
import json
import os
import pathlib
import re
import resource
import shutil
import socket
import stat
import struct
import subprocess
import sys
import tarfile
import tempfile
import threading
import time
import traceback
import xml.etree.ElementTree
import zipfile
import zlib

from checks import check, finish

ROOT = pathlib.Path(__file__).resolve().parent.parent
PACK = os.environ.get("PACK") or str(ROOT / ".build/release/pack")
WORK = pathlib.Path(tempfile.mkdtemp(prefix="pack-hostile-"))
MB = 1 << 20
# Bounds of a case: the most that is resident, and seconds of processors, which do not count what other processes take. What
# is resident when the child is started, this process, counts with it, and so has to stay small.
MEMORY, SECONDS = 500 * MB, 20
# Seconds by the clock after which a command hangs.
HANGS = 300
# The most bytes of a report.
OUTPUT = 16 * MB
skipped = []
lock = threading.Lock()
GROUPS = []


def group(function):
    GROUPS.append(function)
    return function


def skip(name, reason):
    with lock:
        skipped.append(name)
        print(f"skipped {name}: {reason}")


class Result:
    """What a run of the command printed, and what it took."""

    def __init__(self, status, out, err, memory, seconds):
        self.status, self.out, self.err, self.memory, self.seconds = status, out, err, memory, seconds
        try:
            self.report = json.loads(out)
        except ValueError:
            self.report = {}

    @property
    def said(self):
        """All problems and errors, a line each."""
        return "\n".join(self.report.get("problems", [])) + "\n" + self.err.decode(errors="replace")

    def packages(self):
        return {(package["name"], package["version"]) for package in
                (self.report.get("dependencies") or {}).get("packages", [])}

    def declared(self):
        return {package["name"]: package for package in
                (self.report.get("dependencies") or {}).get("declared", [])}


def run(*arguments, cwd=WORK, prefix=(), environment=None):
    """Runs the command, which is ended when it hangs."""
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        child = subprocess.Popen([*prefix, PACK, *map(str, arguments)], stdout=out, stderr=err, cwd=cwd,
                                 stdin=subprocess.DEVNULL, env=environment)
        timer = threading.Timer(HANGS, child.kill)
        timer.start()
        _, status, usage = os.wait4(child.pid, 0)
        child.returncode = os.waitstatus_to_exitcode(status)
        timer.cancel()
        seconds = usage.ru_utime + usage.ru_stime
        out.seek(0)
        err.seek(0)
        # No more is read than a report may have: what this process holds counts for the children that it starts.
        return Result(child.returncode, out.read(OUTPUT + 1), err.read(OUTPUT + 1), usage.ru_maxrss * 1024, seconds)


RAW = re.compile(rb"[\x00-\x09\x0b-\x1f\x7f]|\xc2[\x80-\x9f]|\xe2\x80[\xa8-\xae]")


def case(name, *arguments, status=2, says=(), never=(), rest=None, verb="analyze", json_form=True, memory=MEMORY, **options):
    """Runs the command and checks all that every case has to keep.

    `says` are patterns that must stand in the problems or errors, `never` those that must not; `rest` is a package that
    must be in the report all the same.
    """
    form = ("--format", "json") if json_form and verb in ("analyze", "gate") else ()
    result = run(verb, *arguments, *form, **options)
    if os.environ.get("HOSTILE_TIMES") and (result.seconds > 0.7 or result.memory > 100 * MB):
        print(f"{result.seconds:5.1f} s {result.memory / MB:5.0f} MB {name}")
    check(f"{name}: ends by itself", 0 <= result.status <= 64 and result.status not in (124, 137, 139),
          f"exit {result.status} after {result.seconds:.1f} s: {result.err[-400:]!r}")
    statuses = status if isinstance(status, tuple) else (status,)
    check(f"{name}: exit status {status}", result.status in statuses, f"{result.status}: {result.said[:500]}")
    for pattern in [says] if isinstance(says, str) else says:
        check(f"{name}: says {pattern!r}", re.search(pattern, result.said), result.said)
    for pattern in [never] if isinstance(never, str) else never:
        found = re.search(pattern, result.said + result.out.decode(errors="replace"))
        check(f"{name}: does not say {pattern!r}", not found, result.said)
    if rest:
        check(f"{name}: the rest goes on", rest in result.packages(), f"{result.packages()} {result.said}")
    if 2 in statuses and result.status == 2:
        check(f"{name}: tells a reason", result.said.strip() or b"problem" in result.out or b"ould not" in result.out or
              b"error" in result.out, result.out[-300:])
    check(f"{name}: bounded", result.memory <= memory and result.seconds <= SECONDS and max(len(result.out), len(result.err)) <= OUTPUT,
          f"{result.memory / MB:.0f} MB, {result.seconds:.1f} s, {len(result.out)} bytes of output")
    for stream, text in ("standard output", result.out), ("standard error", result.err):
        check(f"{name}: {stream} has no control characters", not RAW.search(text), RAW.findall(text)[:5])
    return result


def folder(name):
    """A new folder; another name if there is one of that name."""
    path = WORK / name
    with lock:
        count = 1
        while path.exists():
            count += 1
            path = WORK / f"{name}.{count}"
        path.mkdir(parents=True)
    return path


REST = ("rest", "1.0")


def project(name, **files):
    """A project with one package, which must be found whatever stands beside it."""
    path = folder(name)
    (path / "app.py").write_text("import rest\n\n\ndef handler(event, context):\n    return 1\n")
    package(path, "rest", "1.0")
    for file, data in files.items():
        write(path / file, data)
    return path


def write(path, data):
    path.parent.mkdir(parents=True, exist_ok=True)
    if isinstance(data, str):
        data = data.encode()
    path.write_bytes(data)


def package(site, name, version, metadata=None, record=None, files=None):
    """Writes an installed package."""
    files = {f"{name}/__init__.py": b"VALUE = 1\n"} if files is None else files
    for path, data in files.items():
        write(site / path, data)
    info = site / f"{name}-{version}.dist-info"
    write(info / "METADATA", metadata or f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n")
    write(info / "WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
    lines = [f"{path},," for path in files] + [f"{info.name}/{file},," for file in ("METADATA", "WHEEL", "RECORD")]
    write(info / "RECORD", "\n".join(lines) + "\n" if record is None else record)


def filled(path, pieces):
    """Writes a large file piece by piece: the children's peak counts what this process had when they were started."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with open(path, "wb") as file:
        for piece in pieces:
            file.write(piece)


# --- Lists of packages


@group
def includes():
    """-r and -c: circles, chains, files outside the project."""
    outside = folder("includes-outside")
    write(outside / "secret.txt", "secret-package==1.0\n")
    circle = ["includes itself in a circle", r"requirements\.txt", r"line \d+"]
    one = lambda name, text, **more: project(f"includes-{name}", **{"requirements.txt": text, **more})
    for option in ("-r", "-c", "--requirement", "--constraint="):
        path = one(f"self{option.strip('-=')}", f"numpy==2.0\n{option.replace('=', '')} requirements.txt\n")
        case(f"self by {option}", path, says=circle + ["requirements.txt -> .*requirements.txt"], rest=REST)
    path = one("two", "-r more.txt\n", **{"more.txt": "-c requirements.txt\n"})
    case("circle of two files", path, says=circle + [r"requirements\.txt -> .*more\.txt -> .*requirements\.txt"], rest=REST)
    path = one("folder", "-r sub/../sub/more.txt\n", **{"sub/more.txt": "-r ../sub/./../requirements.txt\n"})
    case("circle through a folder", path, says=circle, rest=REST)
    path = one("link", "-r more.txt\n")
    (path / "more.txt").symlink_to("requirements.txt")
    case("circle through a link", path, says=circle, rest=REST)
    table = run("analyze", path)
    check("circle: the table gives the hint", b"break the circle" in table.out + table.err, table.out)
    chain = {f"r{index}.txt": f"-r r{index + 1}.txt\n" for index in range(200)}
    case("chain of 200 files", one("chain", "-r r0.txt\n", **chain), rest=REST,
         says=[r"r\d+\.txt:1: includes more files than are read"])
    wide = {f"w{index}.txt": f"p{index}\n" for index in range(400)}
    case("400 files side by side", one("wide", "".join(f"-r {name}\n" for name in wide), **wide), rest=REST,
         says=[r"requirements\.txt:257: includes more files than are read"])
    fan = {f"f{index}.txt": f"-r f{index + 1}.txt\n" * 2 for index in range(30)} | {"f30.txt": "x==1\n"}
    case("two to the power of 30 ways", one("fan", "-r f0.txt\n", **fan), status=0, rest=REST)
    for name, text in {
        "absolute": f"-r {outside}/secret.txt\n", "climbing": "-r ../includes-outside/secret.txt\n",
        "constraint": "-c ../includes-outside/secret.txt\n", "device": "-r /dev/zero\n", "passwd": "-c /etc/passwd\n",
    }.items():
        result = case(f"outside: {name}", one(f"outside-{name}", "numpy==2.0\n" + text), rest=REST, never="secret-package|root:",
                      says=[r"requirements\.txt:2: includes a file outside the project, which is not read"])
        check(f"outside: {name}: the list's rest is taken", "numpy" in result.declared(), result.report.get("dependencies"))
    path = one("outside-link", "-r more.txt\n")
    (path / "more.txt").symlink_to(outside / "secret.txt")
    case("outside: by a link", path, says="outside the project", never="secret-package", rest=REST)
    path = one("outside-folder", "-r more/secret.txt\n")
    (path / "more").symlink_to(outside)
    case("outside: by a link to a folder", path, says="outside the project", never="secret-package", rest=REST)
    path = one("odd", "-r missing.txt\n-r sub\n-r pipe\n-r https://localhost/x.txt\n-r\n-c ''\nnumpy==2.0\n")
    (path / "sub").mkdir()
    os.mkfifo(path / "pipe")
    result = case("a missing file, a folder, a pipe, a URL", path, rest=REST, says=[
        r":1: includes a file that can't be found: missing\.txt", r":2: includes sub, which ", r":3: includes pipe, which ",
        r":4: includes a file of the network, which is not read", r"pipe is a named pipe"])
    check("odd: the list's rest is taken", "numpy" in result.declared(), result.said)


# What Poetry keeps in pyproject.toml, without which its lock does not say what is asked for.
POETRY = '[tool.poetry]\nname = "mine"\nversion = "0.1"\n\n[tool.poetry.dependencies]\npython = ">=3.9"\nalpha = "*"\n'
PACKAGES = [("alpha", "1.0", "beta"), ("beta", "2.0", "alpha")]
LOCKS = {
    "uv.lock": 'version = 1\nrequires-python = ">=3.9"\n\n' + "".join(
        f'[[package]]\nname = "{name}"\nversion = "{version}"\nsource = {{ registry = "https://localhost/simple" }}\n'
        f'dependencies = [{{ name = "{needs}" }}]\n\n' for name, version, needs in PACKAGES)
    + '[[package]]\nname = "mine"\nversion = "0.1"\nsource = { virtual = "." }\ndependencies = [{ name = "alpha" }]\n',
    "poetry.lock": "".join(
        f'[[package]]\nname = "{name}"\nversion = "{version}"\noptional = false\npython-versions = ">=3.9"\ngroups = ["main"]\n'
        f'files = []\n\n[package.dependencies]\n{needs} = "*"\n\n' for name, version, needs in PACKAGES)
    + '[metadata]\nlock-version = "2.1"\npython-versions = ">=3.9"\ncontent-hash = "0"\n',
    "pylock.toml": 'lock-version = "1.0"\ncreated-by = "test"\nrequires-python = ">=3.9"\n\n' + "".join(
        f'[[packages]]\nname = "{name}"\nversion = "{version}"\ndependencies = [{{ name = "{needs}" }}]\n\n'
        for name, version, needs in PACKAGES),
    "Pipfile.lock": json.dumps({
        "_meta": {"hash": {"sha256": "0"}, "pipfile-spec": 6, "requires": {}, "sources": []},
        "default": {name: {"version": f"=={version}", "hashes": []} for name, version, _ in PACKAGES}, "develop": {}}),
    "requirements.txt": "".join(f"{name}=={version}\n" for name, version, _ in PACKAGES),
    "pyproject.toml": '[project]\nname = "mine"\nversion = "0.1"\nrequires-python = ">=3.9"\n'
    'dependencies = ["alpha==1.0", "beta==2.0"]\n',
}


def is_toml(name):
    return name.endswith((".toml", "uv.lock", "poetry.lock"))


@group
def locks():
    """Malformed lists of every kind."""
    for name, text in LOCKS.items():
        data = text.encode()
        stem = name.replace(".", "-")
        count = iter(range(100))

        def one(content, what, status=2, says=None, whole=False, **options):
            path = project(f"locks-{stem}-{next(count)}", **({"pyproject.toml": POETRY} if name == "poetry.lock" else {}))
            if isinstance(content, bytes):
                write(path / name, content)
            else:
                filled(path / name, content)
            said = [re.escape(name)] if says is None else says
            result = case(f"{name}: {what}", path, status=status, says=said, rest=REST, **options)
            if whole:
                check(f"{name}: {what}: both packages", {"alpha", "beta"} <= set(result.declared()), result.said)
            return result

        one(data, "as it should be, with a circle of packages", status=0, says=[], whole=True)
        one(b"\xef\xbb\xbf" + data, "byte order mark", status=(0, 2), says=[] if name != "Pipfile.lock" else None,
            whole=name != "Pipfile.lock")
        one(data.replace(b"\n", b"\r\n"), "CRLF", status=0, says=[], whole=True)
        one(b"", "empty", status=2 if name == "Pipfile.lock" else (0, 2), says=[])
        one(data[:len(data) // 2].rstrip(b"\n") if name != "requirements.txt" else b"alpha==1.0\nbeta==\n", "truncated")
        one(data.replace(b"alpha", b"al\xff\xfepha"), "invalid UTF-8", says=[re.escape(name), "UTF-8"])
        one(data.replace(b"alpha", b"al\0pha"), "NUL")
        one(data.replace(b"alpha", b"\x1b[31malpha\x1b[0m\x07"), "escape sequences")
        one(b"\0" * 4096, "zeros only")
        one(os.urandom(4096), "random bytes")
        for sign in b"[", b"{", b"(":
            one(sign * 100_000, f"100,000 times {sign.decode()}")
        value = {"requirements.txt": b"alpha==1; ", "Pipfile.lock": b'{"default": '}.get(name, b"deep = ")
        for sign in (b"(",) if name == "requirements.txt" else (b"[", b'{"a":' if name == "Pipfile.lock" else b"{a="):
            one(value + sign * 100_000, f"value with 100,000 times {sign.decode()}", says=[re.escape(name)])
        one(value + b"a." * 100_000 + b"b = 1\n", "key of 100,000 parts")
        one([b"# " if is_toml(name) or name == "requirements.txt" else b""] + [b"a" * MB] * 50, "one line of 50 MB",
            status=(0, 2), says=[])
        one([value, b'"'] + [b"a" * MB] * 50 + [b'"\n'], "one string of 50 MB", status=(0, 2), says=[])
        one([b"\n" * MB] * 30 + [b"!"], "30 million lines")
        one([b"a" * MB] * 100, "100 MB", says=[re.escape(name), "large|bytes"])
        if name != "requirements.txt":
            again = data.replace(b'"alpha": {', b'"alpha": {}, "alpha": {') if name == "Pipfile.lock" else \
                data.replace(b'version = "1.0"', b'version = "1.0"\nversion = "1.0"').replace(
                    b'name = "mine"', b'name = "mine"\nname = "mine"')
            one(again, "duplicate keys", says=[re.escape(name), "twice|duplicate|again"])
    wrong = {
        "uv.lock": ["package = 1\n", "package = [1, 2]\n", "[[package]]\nname = 1\n", "[[package]]\nversion = []\n",
                    '[[package]]\nname = "a"\nversion = "1"\ndependencies = 5\n',
                    '[[package]]\nname = "a"\nversion = "1"\nsource = 3\ndependencies = [{ name = {} }]\n',
                    '[[package]]\nname = "a"\nversion = "not a version"\n'],
        "poetry.lock": ["package = 1\n", "[[package]]\nname = 1\n", "[[package]]\nname = \"a\"\nversion = 1.5\n",
                        '[[package]]\nname = "a"\nversion = "1"\npython-versions = "~!"\n',
                        '[[package]]\nname = "a"\nversion = "1"\nmarkers = "((("\n'],
        "pylock.toml": ["packages = 1\n", "lock-version = 9\n", 'lock-version = "99.0"\npackages = []\n',
                        'lock-version = "1.0"\n[[packages]]\nversion = "1"\n',
                        'lock-version = "1.0"\n[[packages]]\nname = "a"\nmarker = 3\n'],
        "Pipfile.lock": ["[]", "1", '"x"', '{"default": []}', '{"default": {"a": 1}}', '{"default": {"a": {"version": 1}}}',
                         '{"default": {"a": {"version": "==not a version"}}}', '{"default": {"a": {"version": "==1", "markers": "((("}}}'],
        "pyproject.toml": ["project = 1\n", "[project]\ndependencies = 1\n", "[project]\ndependencies = [1, {}]\n",
                           '[project]\ndependencies = ["((("]\n', '[project]\nrequires-python = "~!"\n',
                           "[tool.poetry]\ndependencies = 1\n"],
        "requirements.txt": ["===\n", "alpha == \n", "alpha >=1 <2\n", "alpha; (((\n", "alpha[\n", "@@@\n", "alpha==1 --hash\n",
                             "--no-such-option x\n", "é==1\n", "alpha==1;python_version>'\n", "alpha @\n", "-e\n", "alpha~=1\n"],
    }
    for name, texts in wrong.items():
        for index, text in enumerate(texts):
            path = project(f"wrong-{name.replace('.', '-')}-{index}", **(
                {"pyproject.toml": POETRY} if name == "poetry.lock" else {}), **{name: text})
            case(f"{name}: {text.strip()!r}", path, says=[re.escape(name)], rest=REST)


@group
def numbers():
    """Versions, markers and numbers beyond all that is usual."""
    nines = "9" * 5000
    strings = [
        f"alpha=={nines}", f"alpha==1.{nines}.dev{nines}", f"alpha=={nines}!1", "alpha==" + "1." * 5000 + "1",
        "alpha==" + ",".join(f"1.{n}" for n in range(5000)), f"alpha~={nines}", "alpha==1.*.*", "alpha===" + "x" * 70_000,
        "a" * 70_000, "alpha[" + ",".join(f"e{n}" for n in range(5000)) + "]", "alpha==1+" + "a." * 3000,
        f"alpha; python_version > '{nines}'", "alpha; " + "os_name == 'x' or " * 5000 + "os_name == 'x'",
        "alpha; " + "(" * 60 + "os_name == 'x'" + ")" * 60, "alpha; " + "not " * 5000, "alpha @ " + "x" * 70_000,
        "alpha==18446744073709551616", "alpha==9223372036854775807.9223372036854775808",
        "alpha; python_full_version ~= '9223372036854775807'", "alpha==1e999999999", "\u0661lpha==\u0661",
    ]
    for index, string in enumerate(strings):
        case(f"requirement {string[:24]!r}… of {len(string)} characters", status=(0, 2), rest=REST, *[project(
            f"numbers-{index}", **{"requirements.txt": string + "\nomega==1.0\n"})])
    case("all of them in one list", project("numbers-all", **{"requirements.txt": "\n".join(strings) + "\n"}),
         says=[r"requirements\.txt:\d+"], rest=REST)
    for text in ["999999999999999999999999999", "-1", "1e99999", "0x" + "f" * 5000, nines, "nan", "1979-13-45T99:99:99Z"]:
        case(f"uv.lock: version = {text[:20]}", status=(0, 2), rest=REST, *[project(
            f"numbers-uv-{text[:12]}-{len(text)}", **{"uv.lock": f'version = {text}\n[[package]]\nname = "a"\nversion = "1"\n'
                                          f'wheels = [{{ url = "https://localhost/a-1-py3-none-any.whl", size = {text} }}]\n'})])
        case(f"Pipfile.lock: {text[:20]}", status=(0, 2), rest=REST, *[project(
            f"numbers-pip-{text[:12]}-{len(text)}", **{"Pipfile.lock": '{"_meta": {"pipfile-spec": %s}, "default": {}}' % text})])
    huge = [f'[[package]]\nname = "p{n}"\nversion = "1"\ndependencies = [{{ name = "p{(n * 7 + 1) % 20000}" }}, '
            f'{{ name = "p{(n + 1) % 20000}" }}]\n'.encode() for n in range(20_000)]
    path = project("numbers-packages")
    filled(path / "uv.lock", [b"version = 1\n"] + huge + [
        b'[[package]]\nname = "mine"\nversion = "1"\nsource = { virtual = "." }\ndependencies = [{ name = "p0" }]\n'])
    case("uv.lock: 20,000 packages in circles", path, status=0, rest=REST)
    path = project("numbers-chain", **{"uv.lock": "version = 1\n" + "".join(
        f'[[package]]\nname = "p{n}"\nversion = "1"\nsource = {{ {"virtual" if n == 0 else "registry"} = "." }}\n'
        f'dependencies = [{{ name = "p{n + 1}" }}]\n' for n in range(5000)) + '[[package]]\nname = "p5000"\nversion = "1"\n'})
    case("uv.lock: a chain of 5,000 packages", path, status=(0, 2), rest=REST)
    site = folder("numbers-site")
    for n in range(3000):
        package(site, f"p{n}", "1", f"Name: p{n}\nVersion: 1\nRequires-Dist: p{n + 1}\nRequires-Dist: p{(n * 7) % 3000}\n")
    case("3,000 installed packages that need one another", site, "--tree", "--no-zip", status=0)
    case("3,000 installed packages as a table", site, "--tree", "--no-zip", status=0, json_form=False)


# --- Archives


class Entry:
    """An entry of a zip; what the directory and the local header say may differ from what is there."""

    def __init__(self, name, data=b"", method=8, **fields):
        self.name = name.encode() if isinstance(name, str) else name
        self.data, self.method, self.fields = data, method, fields

    def stored(self):
        if "raw" in self.fields:
            return self.fields["raw"]
        return deflate(self.data) if self.method == 8 else self.data

    def header(self, local, stored, offset):
        get = lambda key, usual: self.fields.get(("local_" if local else "central_") + key, self.fields.get(key, usual))
        extra, name = get("extra", b""), get("name", self.name)
        sizes = struct.pack("<III", get("crc", zlib.crc32(self.data)), get("compressed", len(stored)) & 0xFFFFFFFF,
                            get("size", len(self.data)) & 0xFFFFFFFF)
        common = struct.pack("<HHHHH", 20, get("flags", 0x800), get("method", self.method), 0, 33) + sizes + struct.pack(
            "<HH", len(name), len(extra))
        if local:
            return b"PK\3\4" + common + name + extra
        return (b"PK\1\2" + struct.pack("<H", 3 << 8 | 20) + common + struct.pack(
            "<HHHII", 0, 0, 0, get("mode", stat.S_IFREG | 0o644) << 16, get("offset", offset)) + name + extra)


def deflate(data):
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    return packer.compress(data) + packer.flush()


def end_of(entries, count, size, start):
    return b"PK\5\6" + struct.pack("<HHHHIIH", 0, 0, min(entries, 65535), min(count, 65535), size, start, 0)


def zipped(entries, end=None, before=b""):
    """The bytes of a zip; `end` replaces the values of its last record."""
    body, directory = bytearray(before), bytearray()
    for entry in entries:
        stored, offset = entry.stored(), len(body)
        if not entry.fields.get("bare"):
            body += entry.header(True, stored, 0) + stored
        directory += entry.header(False, stored, offset)
    values = {"count": len(entries), "size": len(directory), "start": len(body)} | (end or {})
    last = values.pop("last", None)
    return bytes(body + directory) + (last if last is not None else end_of(
        values["count"], values["count"], values["size"], values["start"]))


APP = Entry("app.py", b"def handler(event, context):\n    return 1\n")
INFO = [Entry("rest/__init__.py", b""), Entry("rest-1.0.dist-info/METADATA", b"Name: rest\nVersion: 1.0\n"),
        Entry("rest-1.0.dist-info/RECORD", b"rest/__init__.py,,\nrest-1.0.dist-info/METADATA,,\n")]
KEPT = [APP, *INFO]


def zip_file(name, *entries, end=None, before=b""):
    path = WORK / f"zips-{name}.zip"
    path.write_bytes(zipped([*KEPT, *entries], end, before))
    return path


def deflated_zeros(count):
    """DEFLATE of many zeros, of one piece that is repeated."""
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    piece = packer.compress(bytes(16 * MB)) + packer.flush(zlib.Z_FULL_FLUSH)
    return piece * (count // (16 * MB)) + b"\3\0"


def library(megabytes):
    """What makes a stream that begins as a library does and expands by just less than what is taken for a bomb; its bytes."""
    packer = zlib.compressobj(1, zlib.DEFLATED, -15)
    start = b"\x7fELF\2\1\1" + bytes(100) + os.urandom(megabytes * MB)
    zeros = megabytes * 100 // 16 * 16 * MB
    stream = lambda head, more: packer.compress(head + start) + packer.flush(zlib.Z_FULL_FLUSH) + deflated_zeros(zeros + more)
    return stream, len(start) + zeros


def overlapping(files, kernel):
    """Fifield's quoted overlap: each entry's stream quotes the next local header, and goes on as the next entry's stream."""
    stream, prefix, content = deflate(bytes(kernel)), b"", bytes(kernel)
    entries, header = [], b""
    for index in reversed(range(files)):
        if header:
            stream = b"\0" + struct.pack("<HH", len(header), len(header) ^ 0xFFFF) + header + stream
            prefix = header + prefix
        entry = Entry(f"b{index:04}.bin", raw=stream, size=kernel + len(prefix), crc=zlib.crc32(content, zlib.crc32(prefix)))
        header = entry.header(True, stream, 0)
        entries.append((entry, len(header) + len(stream)))
    body = header + stream
    directory = b"".join(entry.header(False, entry.fields["raw"], len(body) - length) for entry, length in reversed(entries))
    return body + directory + end_of(files, files, len(directory), len(body))


@group
def zips():
    """Bombs, slips and lies in a function's zip."""
    case("a zip as it should be", zip_file("good"), status=0, rest=REST)
    one = lambda what, *entries, says, **options: case(
        what, zip_file(re.sub(r"\W+", "-", what), *entries, end=options.pop("end", None)), says=says, rest=REST, **options)
    path = WORK / "zips-overlap.zip"
    path.write_bytes(overlapping(200, 4 * MB))
    with zipfile.ZipFile(path) as archive:
        names = archive.namelist()
        check("quoted overlap: is what a reader would take", len(names) == 200 and
              len(archive.read(names[-1])) == 4 * MB and archive.read(names[-3])[:2] == b"PK", names[:3])
    result = case("quoted overlap", path, says=["overlaps another entry"])
    check("quoted overlap: not counted", result.report["dependencies"]["bytes"]["unpacked"] < 20 * MB,
          result.report["dependencies"]["bytes"])
    count = 1000
    central = APP.header(False, APP.stored(), 0)
    full = APP.header(True, APP.stored(), 0) + APP.stored()
    path.write_bytes(full + central * count + end_of(count, count, len(central) * count, len(full)))
    case("1,000 entries on one", path, says="overlaps another entry|stands in the directory again")
    size = 10 << 30
    real = deflated_zeros(size)
    for name in "zeros.bin", "module.py", "lib.so", "rest/lib.cpython-313-x86_64-linux-gnu.so", "big-1.0.dist-info/METADATA", \
            "big-1.0.dist-info/RECORD", "model.safetensors":
        result = case(f"10 GB of zeros in 10 MB, as {name}", zip_file(f"zeros-{name.replace('/', '-')}", Entry(
            name, raw=real, size=size, local_size=0xFFFFFFFF, central_size=0xFFFFFFFF, compressed=0xFFFFFFFF, crc=0,
            extra=struct.pack("<HHQQ", 1, 16, size, len(real)))), status=(0, 2), rest=REST)
        check(f"10 GB as {name}: counted", result.report["dependencies"]["bytes"]["unpacked"] > size or
              "expand" in result.said, result.report["dependencies"]["bytes"])
    half = deflated_zeros(1 << 30)
    for name in "lib.so", "app2.py", "b-1.0.dist-info/RECORD":
        case(f"1 GB of zeros as {name}, with 10 MB beside it", zip_file(f"gb-{name.replace('/', '-')}", Entry(
            name, raw=half, size=1 << 30, crc=0)), status=(0, 2), rest=REST)
    stream, size = library(10)
    case("a library of 1 GB in 10 MB", zip_file("library", Entry("lib.so", raw=stream(b"", 0), size=size, crc=0)), status=(0, 2), rest=REST)
    one("10 bytes claimed, 100 MB there", Entry("x/METADATA", raw=deflated_zeros(112 * MB), size=10), status=(0, 2), says=[])
    one("METADATA of 10 bytes, 100 MB there", Entry("x-1.0.dist-info/METADATA", raw=deflated_zeros(112 * MB), size=10),
        says=["METADATA"])
    one("the directory lies about the size", Entry("x.py", b"a" * 1000, central_size=10), says="x.py has a header that disagrees")
    one("the local header lies", Entry("x.py", b"a" * 1000, local_size=10), says="x.py has a header that disagrees")
    one("stored with two sizes", Entry("x.py", b"a" * 1000, method=0, size=10), says="x.py is stored, and its two sizes differ")
    one("4 GB claimed, deflated", Entry("x.py", b"", size=0xFFFFFFF0), says="x.py cannot have as many bytes")
    one("4 GB claimed, stored", Entry("x.py", b"", method=0, size=0xFFFFFFF0, compressed=0xFFFFFFF0), says="x.py lies beyond the end")
    case("4 GB claimed in a file of 100 bytes", *[tiny("tiny", Entry("x", b"", size=0xFFFFFFF0))], says="x cannot have as many")
    one("wrong checksum of METADATA", Entry("x-1.0.dist-info/METADATA", b"Name: x\nVersion: 1.0\n", crc=1),
        says="METADATA.*damaged")
    one("damaged METADATA", Entry("x-1.0.dist-info/METADATA", raw=b"\xff" * 50, size=20, crc=1), says="METADATA.*damaged")
    for what, extra in {
        "sizes of 2^64-1": struct.pack("<HHQQ", 1, 16, 2**64 - 1, 2**64 - 1),
        "sizes of 2^63-1": struct.pack("<HHQQ", 1, 16, 2**63 - 1, 2**63 - 1),
        "field too short": struct.pack("<HHI", 1, 4, 5), "field beyond the extra": struct.pack("<HH", 1, 60000),
        "no field": b"", "field of zeros": bytes(20),
    }.items():
        one(f"zip64: {what}", Entry("x.py", b"abc", local_extra=extra, central_extra=extra, size=0xFFFFFFFF,
                                    compressed=0xFFFFFFFF), says="x.py (lies beyond|cannot have|has a header)")
    many = [Entry(f"y{n}", raw=b"", central_extra=struct.pack("<HHQQ", 1, 16, 2**62, 2**62), local_extra=struct.pack(
        "<HHQQ", 1, 16, 2**62, 2**62), size=0xFFFFFFFF, compressed=0xFFFFFFFF, method=n % 2 * 8) for n in range(8)]
    one("zip64: sizes whose sum overflows", *many, says="y0 (lies beyond|cannot have)")
    locator = b"PK\6\7" + struct.pack("<IQI", 0, 2**63, 1)
    record = b"PK\6\6" + struct.pack("<QHHIIQQQQ", 44, 45, 45, 0, 0, 2**63, 2**63, 2**64 - 1, 2**63)
    for what, last in {
        "directory out of the file": end_of(4, 4, 1000, 0xFFFFFF00), "directory of 4 GB": end_of(4, 4, 0xFFFFFFF0, 0),
        "too many entries stated": end_of(60000, 60000, 100, 0), "locator out of the file": locator + end_of(65535, 65535, 0xFFFFFFFF, 0xFFFFFFFF),
        "zip64 record of nonsense": record + b"PK\6\7" + struct.pack("<IQI", 0, 0, 1) + end_of(65535, 65535, 0xFFFFFFFF, 0xFFFFFFFF),
        "no end": b"", "comment longer than the file": end_of(4, 4, 0, 0)[:-2] + b"\xff\xff",
    }.items():
        case(f"end: {what}", zip_file(f"end-{re.sub(chr(92) + 'W+', '-', what)}", end={"last": last}),
             says=["zips-end-", "zip"])
    whole = zip_file("cut").read_bytes()
    for length in [4, 20, 30, 100, len(whole) // 2, len(whole) - 30, len(whole) - 22, len(whole) - 1]:
        (WORK / "zips-cut.zip").write_bytes(whole[:length])
        case(f"cut after {length} bytes", WORK / "zips-cut.zip", says="zips-cut.zip")
    empty = WORK / "zips-65535.zip"
    empty.write_bytes(zipped([*KEPT, *(Entry(f"d/{n}.txt", b"", method=0) for n in range(65535 - len(KEPT)))]))
    result = case("65,535 entries", empty, status=0, rest=REST)
    check("65,535 entries: all are counted", result.report["dependencies"]["files"] == 65535, result.report["dependencies"]["files"])
    one("two of one name", Entry("x.py", b"1"), Entry("x.py", b"22"), says="x.py stands in the directory again")
    one("a file and a folder of one name", Entry("x", b"1"), Entry("x/y", b"22"), says="x")
    one("encrypted", Entry("x.py", b"1", flags=1), says="x.py is encrypted")
    for method in (1, 9, 12, 14, 93, 95, 99, 65535):
        one(f"method {method}", Entry("x.py", b"1", method=method), says="x.py is compressed in a way that is not supported")
    for name, says in {
        "../../etc/cron.d/x": "climbs", "a/../../x": "climbs", "..": "climbs", "/etc/passwd": "absolute", "//host/x": "absolute",
        "C:/x": "drive", "c:x": "drive", "..\\..\\x": "backslash", "a\\b": "backslash", "\\\\host\\x": "backslash",
        "": "no name", "x\0.py": "NUL", "n" * 4097: "too long", "n" * 65535: "too long", "a/" * 5000 + "x": "too long",
    }.items():
        one(f"name {name[:20]!r} of {len(name)}", Entry(name, b"1"), says=says)
    for name in ("x" * 255, "x" * 256, "/".join(["d" * 255] * 15), "a/./b", "a//b", "./x", "ok/..x", "d/" * 300 + "x"):
        one(f"harmless name {name[:12]!r} of {len(name)}", Entry(name, b"1"), status=(0, 2), says=[])
    for name in (b"\xff\xfe.py", b"\xc3(.py", b"\xed\xa0\x80.py", "ä.py".encode("cp437"), b"\x80" * 200):
        one(f"name {name[:8]!r}", Entry(name, b"1"), status=0, says=[])
    for target in ("/etc/passwd", "../../../etc/passwd", "x", "x.py", "\0", "\x1b[2J", ""):
        one(f"link to {target!r}", Entry("x.py", target.encode(), method=0, mode=stat.S_IFLNK | 0o777), status=(0, 2), says=[],
            never="root:x:")
    one("link of 1 GB", Entry("x.py", raw=half, size=1 << 30, crc=0, mode=stat.S_IFLNK | 0o777), status=2, says="x.py")
    for what, mode in {"device": stat.S_IFBLK, "pipe": stat.S_IFIFO, "socket": stat.S_IFSOCK}.items():
        one(f"a {what}", Entry("x.py", b"", mode=mode | 0o644), says="x.py is neither a file nor a folder nor a symbolic link")
    one("a folder with bytes", Entry("x/", b"abc"), says="x is a folder with contents|x/ is a folder with contents")
    evil = zip_file("layer-evil", Entry("../../x", b"1"), Entry("python/y.py", b"1"))
    case("a layer with a slip", zip_file("function"), "--layer", evil, says="climbs", rest=REST)
    case("a layer that is none", zip_file("function"), "--layer", "/dev/null", says="/dev/null|named|device")
    case("a layer that is missing", zip_file("function"), "--layer", WORK / "none.zip", says="none.zip.*No such file")
    case("a layer for a folder", project("zips-folder"), "--layer", evil, says="layers belong to a function's zip", rest=REST)
    for what, data in {"zip in name only": b"hello", "gzip": gzip.compress(b"x"), "PK only": b"PK", "PK\\3\\4 only": b"PK\3\4",
                       "nothing": b"", "zeros": bytes(100_000), "PE": b"MZ" + bytes(200)}.items():
        path = WORK / f"zips-none-{len(data)}.zip"
        path.write_bytes(data)
        case(f"a zip that is none: {what}", path, says=[path.name, "zip|tar"])


def tiny(name, entry):
    path = WORK / f"zips-{name}.zip"
    path.write_bytes(zipped([entry]))
    return path


# --- Packages


def wheel(name, *entries, record=None, without=()):
    """The bytes of a wheel; `record` replaces RECORD, `without` names entries that are left out."""
    stem = "-".join(name.split("-")[:2])
    package, version = stem.split("-")
    own = [Entry(f"{package}/__init__.py", b"VALUE = 1\n"),
           Entry(f"{stem}.dist-info/METADATA", f"Metadata-Version: 2.1\nName: {package}\nVersion: {version}\n".encode()),
           Entry(f"{stem}.dist-info/WHEEL", b"Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n"), *entries]
    lines = [",".join([entry.name.decode(), "sha256=" + base64.urlsafe_b64encode(hashlib.sha256(entry.data).digest()).decode()
                       .rstrip("="), str(len(entry.data))]) for entry in own]
    listed = "\n".join(lines + [f"{stem}.dist-info/RECORD,,"]) + "\n" if record is None else record(lines)
    own.append(Entry(f"{stem}.dist-info/RECORD", listed.encode()))
    return zipped([entry for entry in own if not entry.name.decode(errors="replace").endswith(tuple(without) or "\0")])


# --- Files and names


def deep(root, names):
    """Makes folders below one another, past the length of a path."""
    handle = os.open(root, os.O_RDONLY)
    for name in names:
        os.mkdir(name, dir_fd=handle)
        inner = os.open(name, os.O_RDONLY, dir_fd=handle)
        os.close(handle)
        handle = inner
    os.close(os.open("end.txt", os.O_CREAT | os.O_WRONLY, dir_fd=handle))
    os.close(handle)


ESCAPES = ["\x1b[31mred", "\x1b]0;title\x07", "a\rb", "line\nline", "\x7f", "\u202egnp.exe", "\u2028x", "\u009b31m", "\ufeffx", "\tx",
           "x\b\b\b", "`id`", "$(id)", "-rf", "--help", "<script>alert(1)</script>", "|", "::error::x", "%0A", "'\"", "‮", "\x1b[2J.dist-info"]


@group
def names():
    """Names in folders, and what is no file."""
    root = str(project("names-raw")).encode()
    for name in (b"\xff\xfe.py", b"\xc3(.py", b"\xed\xa0\x80.txt", b"a\\b.py", b"\\xFF\\xFE.py", b"caf\xe9"):
        with open(root + b"/" + name, "wb") as file:
            file.write(b"import rest\n")
    result = case("names that are no UTF-8", os.fsdecode(root), status=0, rest=REST)
    check("names that are no UTF-8: all are counted", result.report["dependencies"]["files"] == 5 + 6, result.report["dependencies"]["files"])
    path = project("names-escapes")
    for name in ESCAPES:
        (path / name.replace("/", "\u2215")).write_text("import rest\n")
        (path / ("d" + name.replace("/", "\u2215"))).mkdir()
        (path / ("d" + name.replace("/", "\u2215")) / (name.replace("/", "") + ".so")).write_bytes(b"\x7fELF" + bytes(60))
        package(path, "p" + name.replace("/", "").replace("\n", ""), "1.0\x1b[31m", metadata=f"Name: p{name}\nVersion: 1\x1b[31m\nLicense: \x1b\x07\n")
    os.mkfifo(path / "\x1b[31mpipe")
    for form in "table", "json", "markdown", "sarif", "junit", "github":
        for more in ((), ("--tree",)) if form == "table" else ((),):
            result = case(f"escapes as {form} {more}", path, "--format", form, *more, json_form=False, says=[])
            if form == "table":
                check("escapes: the pipe is a problem", b"pipe is a named pipe" in result.out, result.out[-900:])
            if form in ("sarif", "junit"):
                try:
                    json.loads(result.out) if form == "sarif" else xml.etree.ElementTree.fromstring(result.out)
                    fault = ""
                except (ValueError, xml.etree.ElementTree.ParseError) as error:
                    fault = error
                check(f"escapes as {form}: a reader takes it", not fault, fault)
            if form == "github":
                check("escapes: no annotation of a file's making", b"\n::error::x" not in result.out, result.out)
    page = run("analyze", path, "--format", "html").out
    check("escapes: no script of a file's making", page and b"<script>alert(1)" not in page and b"\x1b" not in page, page[:80])
    case("escapes in the path that is given", path / ESCAPES[0], says=r"\\u\{1B\}\[31mred", json_form=False)
    case("escapes in a path that is missing", "no\x1b[31msuch\nthing\u202e", says=r"no\\u\{1B\}\[31msuch\\u\{A\}thing\\u\{202E\}")
    case("escapes in an option", "--target", "\x1b[31mlambda\n", path, status=(2, 64))
    path = project("names-long")
    (path / ("n" * 255)).write_text("x")
    (path / ("é" * 127)).write_text("x")
    deep(path, ["d" * 255] * 20)
    result = case("names of 255 bytes, paths of 5,000", path, status=(0, 2), rest=REST)
    check("paths of 5,000 bytes: counted or told", result.report["dependencies"]["files"] == 8 or "d" * 255 in result.said,
          result.report["dependencies"]["files"])
    case("a path of 4,096 bytes that is given", "/".join(["d" * 255] * 17), says="too long", json_form=False)
    case("a name of 5,000 bytes that is given", "d" * 5000, says="too long", json_form=False)
    path = project("names-depth")
    deep(path, ["d"] * 2000)
    case("2,000 folders in one another", path, says=["deep|at most 256"], rest=REST)
    subprocess.run(["rm", "-rf", path], check=False)
    path = project("names-many")
    (path / "many").mkdir()
    for n in range(20_000):
        os.close(os.open(path / "many" / f"{n}.py", os.O_CREAT | os.O_WRONLY))
    case("20,000 empty sources", path, status=0, rest=REST)


@group
def kinds():
    """Links, pipes, sockets, devices, holes and locked doors."""
    outside = folder("kinds-outside")
    write(outside / "secret.py", "SECRET_OUTSIDE = 1\nimport secret_outside_module\n")
    package(outside, "secretpackage", "6.6")
    path = project("kinds-links")
    for name, target in {
        "loop": "loop", "one": "two", "two": "one", "up": "..", "self": ".", "away": str(outside), "relative": "../kinds-outside",
        "file.py": str(outside / "secret.py"), "passwd": "/etc/passwd", "dead": "nowhere", "root": "/", "zero": "/dev/zero",
        "secretpackage": str(outside / "secretpackage"), "secretpackage-6.6.dist-info": str(outside / "secretpackage-6.6.dist-info"),
    }.items():
        (path / name).symlink_to(target)
    result = case("links in a circle and out of the folder", path, status=0, rest=REST,
                  never="secretpackage.*6.6|secret_outside|root:x:")
    check("links: their targets are not counted", result.packages() == {REST} and
          result.report["dependencies"]["bytes"]["unpacked"] < 1000, result.report["dependencies"]["bytes"])
    path = project("kinds-odd")
    os.mkfifo(path / "pipe")
    os.mkfifo(path / "pipe.py")
    os.mkfifo(path / "lib.so")
    os.mkfifo(path / "uv.lock")
    sock = socket.socket(socket.AF_UNIX)
    short = tempfile.mkdtemp(prefix="ps")
    sock.bind(short + "/s")
    shutil.move(short + "/s", path / "socket") if os.stat(short).st_dev == os.stat(path).st_dev else None
    os.rmdir(short)
    case("pipes and a socket", path, rest=REST, says=["pipe is a named pipe", r"pipe\.py is a named pipe", r"lib\.so is a named pipe",
                                                      "socket is a socket", r"uv\.lock.*named pipe"])
    sock.close()
    many = project("kinds-many")
    for n in range(20_000):
        os.mkfifo(many / f"pipe{n}")
    case("20,000 pipes", many, rest=REST, says="named pipe")
    table = run("analyze", many)
    check("20,000 pipes: the table says how many more", len(table.out) < 20_000 and re.search(rb"and [\d,]+ (more|others)", table.out), table.out[-500:])
    for name in "pipe", "socket":
        case(f"a {name} that is given", path / name, says=f"{name}.*(named pipe|socket)", json_form=False)
    case("/dev/zero that is given", "/dev/zero", says="/dev/zero.*device", json_form=False)
    case("/dev/null that is given", "/dev/null", says="/dev/null.*device", json_form=False)
    path = project("kinds-device")
    try:
        os.mknod(path / "device", stat.S_IFCHR | 0o666, os.makedev(1, 5))
    except OSError as error:
        skip("a device", error)
    else:
        case("a device", path, says="device is a .*device", rest=REST)
    path = project("kinds-hard")
    write(path / "data.bin", bytes(100_000))
    for n in range(50):
        os.link(path / "data.bin", path / f"data{n}.bin")
    result = case("hard links", path, status=0, rest=REST)
    check("hard links: counted once", 100_000 < result.report["dependencies"]["bytes"]["unpacked"] < 101_000,
          result.report["dependencies"]["bytes"])
    path = project("kinds-sparse")
    for name in "hole.bin", "hole.so", "hole.py", "requirements.txt", "hole-1.0.dist-info/METADATA":
        (path / name).parent.mkdir(exist_ok=True)
        with open(path / name, "wb") as file:
            file.truncate(1 << 40)
    result = case("holes of 1 TB", path, rest=REST, says=[r"requirements\.txt.*large"])
    check("holes: their sizes count", result.report["dependencies"]["bytes"]["unpacked"] > 5 << 40, result.report["dependencies"]["bytes"])
    case("holes of 1 TB in the gate", path, "--target", "lambda", verb="gate", says=[r"requirements\.txt"])
    for name in "hole.zip", "hole.tar", "hole.whl", "model.safetensors", "uv.lock", "Pipfile.lock":
        with open(WORK / name, "wb") as file:
            file.truncate(1 << 40)
        case(f"a hole of 1 TB as {name}", WORK / name, says=name.replace(".", r"\."))
        os.unlink(WORK / name)
    biggest()
    locked()


def biggest():
    """Files whose sizes sum to more than 64 bits hold, where the file system has such."""
    if not os.path.isdir("/dev/shm"):
        return skip("files of 8 EiB", "no /dev/shm")
    path = pathlib.Path(tempfile.mkdtemp(prefix="pack-hostile-", dir="/dev/shm"))
    try:
        for n in range(3):
            with open(path / f"{n}.bin", "wb") as file:
                file.truncate(2**63 - 1)
    except OSError as error:
        skip("files of 8 EiB", error)
    else:
        for name in "app.py", "lib.so":
            write(path / name, "x = 1\n")
        for more in ("--no-zip",), ():
            case(f"three files of 8 EiB {more}", path, *more, status=(0, 2))
            case(f"three files of 8 EiB, twice {more}", path, path / ".", *more, status=(0, 2))
    finally:
        shutil.rmtree(path, ignore_errors=True)


def locked():
    """What may not be read; the superuser gives up his rights for it."""
    prefix = ()
    if os.geteuid() == 0:
        if not shutil.which("setpriv"):
            return skip("locked files", "the superuser reads everything, and setpriv is missing")
        prefix = ("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups")
        if run("profiles", prefix=prefix).status != 0:
            return skip("locked files", "the command, or its profiles, are not there for others")
    path = project("kinds-locked")
    package(path, "shut", "2.0")
    write(path / "requirements.txt", "numpy\n")
    write(path / "folder/inside.py", "x = 1\n")
    write(path / "closed.py", "import rest\n")
    write(path / "lib.so", b"\x7fELF" + bytes(100))
    for name in "requirements.txt", "folder", "closed.py", "lib.so", "shut-2.0.dist-info/METADATA":
        (path / name).chmod(0)
    case("files and a folder that may not be read", path, rest=REST, prefix=prefix, says=[
        r"requirements\.txt.*Permission denied", r"folder.*Permission denied", r"closed\.py.*Permission denied",
        r"lib\.so.*Permission denied", r"METADATA.*Permission denied"])
    case("a locked folder that is given", path / "folder", prefix=prefix, says="folder.*Permission denied", json_form=False)
    case("a locked file that is given", path / "requirements.txt", prefix=prefix, says=r"requirements\.txt.*Permission denied")
    case("locked files in the gate", path, "--target", "lambda", prefix=prefix, verb="gate", says="Permission denied")
    case("a locked configuration", "--config", path / "requirements.txt", prefix=prefix, verb="gate", says="Permission denied")
    case("a locked profile", path / "requirements.txt", "--check", prefix=prefix, verb="profiles", says="Permission denied")
    closed = WORK / "kinds-locked.zip"
    closed.write_bytes(zipped(KEPT))
    closed.chmod(0)
    case("a locked zip", closed, prefix=prefix, says=r"kinds-locked\.zip.*Permission denied")
    wheels = folder("kinds-locked-wheels")
    for name in "a-1.0-py3-none-any.whl", "b-1.0-py3-none-any.whl":
        (wheels / name).write_bytes(wheel(name))
    (wheels / "b-1.0-py3-none-any.whl").chmod(0)
    case("a locked wheel", wheels, prefix=prefix, says=r"b-1\.0.*Permission denied", rest=("a", "1.0"))


@group
def packages():
    """Wheels and installed packages that are not as they say."""
    count = iter(range(100))

    def wheels(what, data, says, status=2, rest=("good", "1.0"), name="evil-1.0-py3-none-any.whl", **options):
        path = folder(f"wheels-{next(count)}")
        (path / "good-1.0-py3-none-any.whl").write_bytes(wheel("good-1.0-py3-none-any.whl"))
        (path / name).write_bytes(data)
        return case(f"wheel: {what}", path, status=status, says=says, rest=rest, **options)

    evil = lambda *entries, **more: wheel("evil-1.0-py3-none-any.whl", *entries, **more)
    wheels("as it should be", evil(), [], status=0, rest=("evil", "1.0"))
    flip = lambda lines: "\n".join([lines[0].replace("sha256=", "sha256=X")] + lines[1:] + ["evil-1.0.dist-info/RECORD,,"])
    data = evil(record=flip)
    result = wheels("RECORD lies about a digest", data, [], status=(0, 2))
    told = lambda result: "digest" in result.said or "digest" in " ".join(result.report.get("notLookedAt", []))
    check("wheel: RECORD lies about a digest: a problem, or said to be not looked at", told(result), result.report.get("notLookedAt"))
    path = WORK / "evil-1.0-py3-none-any.whl"
    path.write_bytes(data)
    result = case("a wheel that is given, and lies about a digest", path, status=(0, 2), rest=("evil", "1.0"))
    check("a wheel that is given, and lies about a digest: a problem, or said to be not looked at", told(result), result.said)
    wheels("RECORD lies about a size", evil(record=lambda lines: "\n".join([lines[0].rsplit(",", 1)[0] + ",999999", *lines[1:]])),
           r"evil/__init__\.py has 10 bytes, and RECORD says 999999")
    wheels("RECORD has a size of 30 digits", evil(record=lambda lines: "\n".join([lines[0].rsplit(",", 1)[0] + "," + "9" * 30, *lines[1:]])),
           "RECORD says 999")
    wheels("RECORD names what is missing", evil(record=lambda lines: "\n".join([*lines, "evil/gone.py,sha256=x,1"])),
           r"evil/gone\.py is listed in RECORD and missing")
    wheels("RECORD does not name all", evil(record=lambda lines: "\n".join(lines[1:])), r"evil/__init__\.py is not listed in RECORD")
    wheels("RECORD climbs", evil(record=lambda lines: "\n".join([*lines, "../../etc/passwd,,", "/etc/shadow,,"])),
           [r"\.\./\.\./etc/passwd is listed in RECORD and missing", "/etc/shadow is listed in RECORD and missing"])
    wheels("RECORD is empty", evil(record=lambda lines: ""), "is not listed in RECORD")
    wheels("RECORD is missing", evil(without=["RECORD"]), "RECORD is missing")
    wheels("RECORD is nonsense", evil(record=lambda lines: '",\n\x1b[31m,,,\n\0\n' * 1000), "is not listed in RECORD")
    wheels("RECORD of a million rows", evil(record=lambda lines: "".join(f"x{n},,\n" for n in range(1_000_000))), "RECORD", rest=None)
    wheels("WHEEL is missing", evil(without=["WHEEL"]), r"has no \.dist-info/WHEEL in it")
    wheels("METADATA is missing", evil(without=["METADATA"]), [], status=(0, 2))
    wheels("two .dist-info", evil(Entry("other-1.0.dist-info/WHEEL", b"x")), r"has more than one \.dist-info/WHEEL")
    wheels("a slip", evil(Entry("../../slip.py", b"x")), "climbs out of the folder")
    wheels("a slip in its data", evil(Entry("evil-1.0.data/purelib/../../slip.py", b"x")), "climbs out of the folder")
    wheels("data of no scheme", evil(Entry("evil-1.0.data/nowhere/x.py", b"x")), "has no place that an installer knows")
    wheels("data without a scheme", evil(Entry("evil-1.0.data/x", b"x")), "has no place that an installer knows")
    wheels("data that hides a file", evil(Entry("evil-1.0.data/purelib/evil/__init__.py", b"xy")), [], status=(0, 2))
    for what, data in {"text": b"hello", "nothing": b"", "zeros": bytes(10_000), "cut": evil()[:-30], "tar": tar([("a", b"x")])}.items():
        wheels(f"no zip but {what}", data, r"evil-1\.0-py3-none-any\.whl .*(zip|empty|directory)")
    wheels("a name that is none", evil(), [], status=(0, 2), name="evil.whl")
    wheels("another name than inside", evil(), [], status=(0, 2), name="nice-2.0-py3-none-any.whl")
    both = folder("wheels-both")
    for name in "a", "b":
        (both / f"{name}-1.0-py3-none-any.whl").write_bytes(wheel(f"{name}-1.0-py3-none-any.whl", Entry("shared.py", name.encode())))
    table = case("two wheels with one file", both, status=(0, 2), json_form=False)
    check("two wheels with one file: said", b"shared.py" in table.out + table.err, table.out)
    link = folder("wheels-link")
    (link / "good-1.0-py3-none-any.whl").write_bytes(wheel("good-1.0-py3-none-any.whl"))
    (link / "link-1.0-py3-none-any.whl").symlink_to(path)
    (link / "loop-1.0-py3-none-any.whl").symlink_to("loop-1.0-py3-none-any.whl")
    (link / "folder-1.0-py3-none-any.whl").mkdir()
    case("wheels that are links and folders", link, status=(0, 2), never="evil")

    def installed(what, says=(), status=0, in_table=(), **options):
        path = project(f"installed-{next(count)}")
        package(path, "odd", "1.0", **options)
        result = case(f"installed: {what}", path, status=status, says=says, rest=REST)
        table = run("analyze", path)
        for text in [in_table] if isinstance(in_table, str) else in_table:
            check(f"installed: {what}: the table says {text!r}", re.search(text, table.out.decode()), table.out.decode())
        return path, result

    info = "odd-1.0.dist-info"
    usual = f"odd/__init__.py,,10\n{info}/METADATA,,\n{info}/WHEEL,,\n{info}/RECORD,,\n"
    installed("as it should be", record=usual)
    installed("RECORD lies about a size", record=usual.replace(",10", ",77"), in_table="RECORD.*77|77.*RECORD|size")
    wrong = base64.urlsafe_b64encode(bytes(32)).decode().rstrip("=")
    _, result = installed("RECORD lies about a digest", record=usual.replace("odd/__init__.py,,", f"odd/__init__.py,sha256={wrong},"))
    check("installed: RECORD lies about a digest: a problem, or said to be not looked at", told(result) or "digest" in result.out.decode(),
          result.report.get("notLookedAt"))
    installed("RECORD has a size of 30 digits", record=usual.replace(",10", "," + "9" * 30), in_table=info)
    installed("RECORD has a size below zero", record=usual.replace(",10", ",-5"), in_table="RECORD")
    installed("RECORD names what is missing", record=usual + "odd/gone.py,,5\n", in_table="gone.py")
    installed("RECORD climbs", record=usual + "../../../root/.ssh/x,,\n/srv/x,,\n", in_table="leads out of the tree")
    installed("RECORD climbs to a neighbour", record=usual + "../installed-0/app.py,,\n")
    installed("RECORD is nonsense", record=b"\xff\xfe\0\x1b[31m,,\n\"\n,,,,,\n" * 100, in_table="RECORD")
    installed("RECORD of one line of 30 MB", record=b"a," * (15 << 20))
    installed("RECORD of many commas", record=b",,\n" * 2_000_000)
    installed("two packages claim one file", record=usual + "rest/__init__.py,,\n", in_table=r"rest/__init__\.py")
    _, result = installed("METADATA without a name", metadata="Metadata-Version: 2.1\n")
    check("installed: METADATA without a name: the folder's name counts", ("odd", "1.0") in result.packages(), result.packages())
    for what, metadata in {
        "a header of 40 MB": b"Name: " + b"n" * (40 << 20), "no end of lines": b"a" * (20 << 20), "NULs": b"\0" * 10_000,
        "invalid UTF-8": b"Name: o\xff\xfed\xc3\nVersion: \xed\xa0\x80\n", "escapes": b"Name: \x1b[31modd\x07\nVersion: \x1b]0;x\x07\n",
        "a million fields": b"Requires-Dist: x\n" * 1_000_000, "nested requirements": b"Name: odd\nVersion: 1.0\nRequires-Dist: x; " + b"(" * 100_000,
        "folds": b"Name: odd\nVersion: 1.0\nSummary: x\n" + b" y\n" * 500_000, "a version that is none": b"Name: odd\nVersion: not/a/../version\n",
        "a name that climbs": b"Name: ../../odd\nVersion: 1.0\n", "a name of one's neighbour": b"Name: rest\nVersion: 9.0\n",
    }.items():
        installed(f"METADATA with {what}", status=(0, 2), metadata=metadata)
    path = project("installed-none")
    (path / "bare-1.0.dist-info").mkdir()
    write(path / "bare-1.0.dist-info/RECORD", "bare.py,,\n")
    write(path / "empty-1.0.dist-info/x", "")
    write(path / ".dist-info/METADATA", "Name: x\nVersion: 1\n")
    write(path / "-.dist-info/METADATA", "")
    write(path / "old.egg-info", "Name: old\nVersion: 1\n")
    write(path / "older.egg-info/PKG-INFO", "\0")
    write(path / "folder.dist-info/METADATA/x", "Name: x\n")
    write(path / "json-1.0.dist-info/METADATA", "Name: json\nVersion: 1.0\n")
    write(path / "json-1.0.dist-info/direct_url.json", "[" * 100_000)
    write(path / "json-1.0.dist-info/entry_points.txt", "[console_scripts]\n" + "x = \x1b[31m\n" * 10_000)
    write(path / "json-1.0.dist-info/top_level.txt", "../../../etc\n/\n..\n\0\n" + "x\n" * 100_000)
    case(".dist-info without METADATA", path, status=(0, 2), rest=REST)
    table = run("analyze", path)
    check(".dist-info without METADATA: said", re.search(rb"no METADATA", table.out), table.out)


# --- Compiled files


def elf_file(machine=62, sections=b"", count=0, offset=0, index=0, program=b"", programs=0, kind=3, entry=64, size=56):
    header = b"\x7fELF\2\1\1" + bytes(9) + struct.pack(
        "<HHIQQQIHHHHHH", kind, machine, 1, 0, 64 if programs else 0, offset, 0, 64, size, programs, entry, count, index)
    return header + program + sections


def segments(*values):
    """Program headers: kind, offset, address, bytes in the file."""
    return b"".join(struct.pack("<IIQQQQQQ", kind, 5, offset, address, address, size, size, 4096)
                    for kind, offset, address, size in values)


@group
def binaries():
    """Broken ELF files, and those of other systems."""
    good = elf_file()
    load = (1, 0, 0, 4096)
    dynamic = lambda *pairs: b"".join(struct.pack("<QQ", tag & (2**64 - 1), value & (2**64 - 1)) for tag, value in pairs)

    def with_dynamic(*pairs, strings=b"\0libc.so.6\0", more=b"", loads=(load,)):
        programs = len(loads) + 1
        start = 64 + 56 * programs
        table = dynamic(*pairs)
        data = start + len(table)
        head = elf_file(program=segments(*loads, (2, start, start, len(table))), programs=programs)
        return head + table.replace(b"STRTAB--", struct.pack("<Q", data)) + strings + more

    at = int.from_bytes(b"STRTAB--", "little")
    big = 2**64 - 1
    cases = {
        "as short as can be": good, "magic only": b"\x7fELF", "5 bytes": b"\x7fELF\2", "63 bytes": good[:63],
        "class 9": good[:4] + b"\x09" + good[5:], "byte order 9": good[:5] + b"\x09" + good[6:], "all ones": b"\x7fELF\2\1\1" + b"\xff" * 500,
        "32 bits, cut": b"\x7fELF\1\1\1" + bytes(20), "32 bits, ones": b"\x7fELF\1\1\1" + b"\xff" * 100, "big endian, ones": b"\x7fELF\2\2\1" + b"\xff" * 100,
        "sections out of the file": elf_file(count=10, offset=2**40), "sections at 2^64-1": elf_file(count=65535, offset=big),
        "65,535 sections": elf_file(count=65535, offset=64, sections=bytes(64 * 65535)), "65,535 sections, cut": elf_file(count=65535, offset=64, sections=bytes(6400)),
        "extended number of sections": elf_file(count=0, offset=64, sections=struct.pack("<IIQQQQIIQQ", 0, 0, 0, 0, 0, big, 0, 0, 0, 0)),
        "section entries of 0 bytes": elf_file(count=10, offset=64, entry=0, sections=bytes(640)),
        "section names in themselves": elf_file(count=2, offset=64, index=1, sections=struct.pack("<IIQQQQIIQQ", 9, 3, 0, 0, 64, big, 1, 1, 1, big) * 2),
        "section index out of the table": elf_file(count=2, offset=64, index=65535, sections=bytes(128)),
        "programs out of the file": elf_file(programs=65535), "programs of 0 bytes": elf_file(programs=3, size=0, program=bytes(168)),
        "a segment out of the file": elf_file(program=segments((1, big, big, big), (2, big, big, big)), programs=2),
        "dynamic out of the file": elf_file(program=segments(load, (2, 2**62, 0, 2**62)), programs=2),
        "dynamic without an end": with_dynamic(*[(1, 1)] * 1000), "70,000 dynamic entries": with_dynamic(*[(21, 0)] * 70_000),
        "strings out of the file": with_dynamic((5, big), (10, big), (1, 1), (0, 0)), "string beyond the table": with_dynamic((5, at), (10, 5), (1, 2**40), (0, 0)),
        "strings without an end": with_dynamic((5, at), (10, 8), (1, 1), (0, 0), strings=b"\0aaaaaaaaaaaa"),
        "the same library 10,000 times": with_dynamic((5, at), (10, 11), *[(1, 1)] * 10_000, (0, 0)),
        "a library with escapes": with_dynamic((5, at), (10, 30), (1, 1), (14, 1), (29, 1), (0, 0), strings=b"\0\x1b[31mlib\x07/../../x.so\0" + bytes(9)),
        "a library of 100 KB": with_dynamic((5, at), (10, 100_002), (1, 1), (0, 0), strings=b"\0" + b"l" * 100_000 + b"\0"),
        "versions in a circle": with_dynamic((5, at), (10, 11), (1, 1), (0x6FFFFFFE, 64), (0x6FFFFFFF, 65535), (0x6FFFFFFC, 64), (0x6FFFFFFD, big), (0, 0)),
        "versions out of the file": with_dynamic((5, at), (10, 11), (0x6FFFFFFE, big), (0x6FFFFFFF, big), (0, 0)),
        "overlapping segments": with_dynamic((5, at), (10, 11), (1, 1), (0, 0), loads=[load] * 2000),
        "no processor": elf_file(machine=65535), "an object file": elf_file(kind=1), "a core": elf_file(kind=4), "kind 65,535": elf_file(kind=65535),
    }
    whole = project("elf-all")
    for index, (what, data) in enumerate(cases.items()):
        path = project(f"elf-{index}", **{"rest/lib.so": data, "lib.cpython-313-x86_64-linux-gnu.so": data})
        case(f"ELF: {what}", path, status=(0, 2), rest=REST)
        write(whole / f"lib{index}.so", data)
    result = case("ELF: all of them", whole, rest=REST, says=[r"lib1\.so is too short", r"lib3\.so is too short"])
    table = run("analyze", whole).out.decode()
    check("ELF: all of them: the table tells damage", re.search(r"is damaged: has (an )?ELF .* \(\d+ files\)", table), table)
    check("ELF: all of them: all are counted", result.report["dependencies"]["files"] == len(cases) + 5, result.report["dependencies"]["files"])
    source = sys.executable if pathlib.Path(sys.executable).stat().st_size < 1 << 25 else shutil.which("true")
    real = bytearray(pathlib.Path(os.path.realpath(source)).read_bytes()[:4 * MB])
    path = project("elf-cut")
    for number in range(200):
        write(path / f"cut{number}.so", real[:len(real) * number // 20_000 + number * 3])
    for number in range(150):
        changed = real[:20_000]
        for at_byte in range(number, 1024 + number, 37 + number):
            changed[at_byte] = (changed[at_byte] * 31 + number * 7 + at_byte) & 255
        write(path / f"changed{number}.so", changed)
    case("ELF: a real one, cut and changed 350 times", path, rest=REST, says=r"cut\d+\.so")
    for name, data in {
        "Mach-O": b"\xcf\xfa\xed\xfe" + b"\xff" * 100, "Mach-O, fat": b"\xca\xfe\xba\xbe" + b"\xff" * 100, "Mach-O, short": b"\xcf\xfa\xed\xfe",
        "Java": b"\xca\xfe\xba\xbe\0\0\0\x34", "PE": b"MZ" + b"\xff" * 200, "PE, offset": b"MZ" + bytes(58) + b"\xff\xff\xff\x7f", "MZ": b"MZ",
    }.items():
        path = project(f"foreign-{name.replace(' ', '')}", **{"lib.so": data, "lib.dylib": data, "lib.dll": data, "lib.pyd": data})
        case(f"foreign: {name}", path, status=(0, 2), rest=REST)


# --- Images


def tar(members):
    """The bytes of a tar of (name, contents or a TarInfo's fields)."""
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w", format=tarfile.GNU_FORMAT) as archive:
        for name, value in members:
            info = tarfile.TarInfo(name)
            if isinstance(value, bytes):
                info.size = len(value)
                archive.addfile(info, io.BytesIO(value))
            else:
                for field, content in value.items():
                    setattr(info, field, content)
                archive.addfile(info)
    return file.getvalue()


def digest(data):
    return hashlib.sha256(data).hexdigest()


SITE = "usr/lib/python3.13/site-packages/"
BASE = [("app/app.py", b"import rest\n"), (SITE + "rest/__init__.py", b""), (SITE + "rest-1.0.dist-info/METADATA", b"Name: rest\nVersion: 1.0\n"),
        (SITE + "rest-1.0.dist-info/RECORD", b"rest/__init__.py,,\n")]
LAYER, INDEX = "application/vnd.oci.image.layer.v1.tar", "application/vnd.oci.image.index.v1+json"
MANIFEST, CONFIG = "application/vnd.oci.image.manifest.v1+json", "application/vnd.oci.image.config.v1+json"


class Layout:
    """An OCI image layout, whose documents may be changed before they are written."""

    def __init__(self, name, *layers, kind=LAYER):
        self.path = folder(f"image-{name}")
        (self.path / "blobs/sha256").mkdir(parents=True)
        self.layers = [self.blob(data, kind) for data in layers]
        self.config = {"architecture": "amd64", "os": "linux", "config": {}, "rootfs": {
            "type": "layers", "diff_ids": [f"sha256:{digest(data)}" for data in layers]}}
        self.manifest = {"schemaVersion": 2, "mediaType": MANIFEST, "layers": self.layers}
        self.index = {"schemaVersion": 2, "mediaType": INDEX}

    def blob(self, data, kind):
        data = data if isinstance(data, bytes) else json.dumps(data).encode()
        (self.path / "blobs/sha256" / digest(data)).write_bytes(data)
        return {"mediaType": kind, "digest": f"sha256:{digest(data)}", "size": len(data)}

    def write(self, index=None):
        self.manifest.setdefault("config", self.blob(self.config, CONFIG))
        if index is None:
            self.index.setdefault("manifests", [self.blob(self.manifest, MANIFEST)])
            index = json.dumps(self.index).encode()
        (self.path / "oci-layout").write_text('{"imageLayoutVersion": "1.0.0"}')
        (self.path / "index.json").write_bytes(index)
        return self.path


@group
def images():
    """Broken images."""
    base, other = tar(BASE), tar([("other.txt", b"x" * 1000)])
    fatal = dict(json_form=False)
    case("an image as it should be", Layout("good", base, other).write(), status=0, rest=REST)
    layout = Layout("missing", base, other)
    gone = layout.path / "blobs/sha256" / digest(other)
    gone.unlink()
    case("a layer's blob is missing", layout.write(), says=["is incomplete", digest(other)[:12], "no such file"], **fatal)
    gone.write_bytes(b"y" * len(other))
    case("a layer's blob has another digest", layout.path, says=["another digest than stated", digest(other)[:12]], **fatal)
    gone.write_bytes(other[:-512])
    case("a layer's blob has another size", layout.path, says=["another size than stated", f"{len(other)} bytes"], **fatal)
    gone.unlink()
    gone.symlink_to("/etc/passwd")
    case("a layer's blob is a link out of the image", layout.path, says=["image-missing", "link|outside|leaves|leads"], never="root:x", **fatal)
    gone.unlink()
    os.mkfifo(gone)
    case("a layer's blob is a pipe", layout.path, says="named pipe", **fatal)
    gone.unlink()
    gone.mkdir()
    case("a layer's blob is a folder", layout.path, says="folder", **fatal)

    def changed(what, says, change=None, index=None, status=2, layers=(base,), **options):
        layout = Layout(re.sub(r"\W+", "-", what), *layers)
        if change:
            change(layout)
        return case(f"image: {what}", layout.write(index), says=says, status=status, json_form=status != 2, **options)

    zero = "0" * 64
    descriptor = {"mediaType": INDEX, "digest": f"sha256:{zero}", "size": 10}
    changed("an index that is not there", ["is incomplete", zero], lambda layout: layout.index.update(manifests=[descriptor]))
    changed("index.json names itself by another digest", "index.json|digest|incomplete", index=json.dumps(
        {"schemaVersion": 2, "manifests": [dict(descriptor, digest=f"sha256:{digest(b'x')}")]}).encode())

    def nested(layout, depth=12):
        inner = layout.blob(dict(layout.manifest, config=layout.blob(layout.config, CONFIG)), MANIFEST)
        for _ in range(depth):
            inner = layout.blob({"schemaVersion": 2, "mediaType": INDEX, "manifests": [inner, inner]}, INDEX)
        layout.index["manifests"] = [inner]
    changed("indexes in one another", "nests indexes too deeply", nested)
    many = lambda layout: layout.manifest.update(layers=layout.layers * 10_000)
    changed("10,000 layers", ["layers", "at most 1000"], many)

    def thousand(layout):
        layout.manifest.update(layers=layout.layers * 1000)
        layout.config["rootfs"]["diff_ids"] *= 1000
    changed("1,000 times the same layer", [], thousand, status=(0, 2))
    changed("10,000 manifests", "at most 1000", lambda layout: layout.index.update(manifests=[descriptor] * 10_000))
    for value in (10**30, -1, 2**63 - 1, 2**64, 1e300, "12", None, [], True):
        changed(f"a layer of {value} bytes", "size|bytes", lambda layout: layout.manifest.update(layers=[dict(layout.layers[0], size=value)]))
        changed(f"a manifest of {value} bytes", "size|bytes|large", lambda layout: layout.index.update(manifests=[dict(
            descriptor, mediaType=MANIFEST, size=value)]))
    for value in ("sha256:" + "g" * 64, "sha256:../../../../etc/passwd", "md5:" + "0" * 32, "", "sha256:", "sha256:" + "A" * 64, 5, "\x1b[31m"):
        changed(f"a digest {str(value)[:16]!r}", "digest", lambda layout: layout.manifest.update(layers=[dict(layout.layers[0], digest=value)]))
    changed("a layer of an unknown media type", ["unknown media type", "application/x-evil"], lambda layout: layout.manifest.update(
        layers=[dict(layout.layers[0], mediaType="application/x-evil")]))
    changed("a manifest of an unknown media type", "unknown type|no image", lambda layout: layout.index.update(manifests=[dict(
        descriptor, mediaType="application/x-evil")]))
    changed("a layer said to be gzip and is none", ["not of its media type", "expected gzip"], lambda layout: layout.manifest.update(
        layers=[dict(layout.layers[0], mediaType=LAYER + "+gzip")]))
    changed("fewer diff_ids than layers", "wrong number of layers", lambda layout: layout.config["rootfs"].update(diff_ids=[]))
    changed("a configuration of wrong types", "image-a-configuration|configuration|rootfs", lambda layout: layout.config.update(rootfs=5))
    changed("a processor of wrong type", "architecture", lambda layout: layout.config.update(architecture=[]))
    changed("another system", "has no image|windows", lambda layout: layout.config.update(os="windows"))
    for what, index in {"nothing": b"", "text": b"x", "zeros": bytes(100), "invalid UTF-8": b'{"\xff": 1}', "list": b"[]", "number": b"1",
                        "deep": b"[" * 100_000, "cut": b'{"manifests": [', "no manifests": b"{}", "empty manifests": b'{"manifests": []}',
                        "twice": b'{"manifests": [], "manifests": []}', "20 MB": b'{"a": "' + b"a" * (20 << 20) + b'"}'}.items():
        changed(f"index.json: {what}", "image-index-json", index=index)
    layout = Layout("version", base)
    layout.write()
    for text in "", "{}", '{"imageLayoutVersion": "9"}', '{"imageLayoutVersion": 1}', "[" * 1000:
        (layout.path / "oci-layout").write_text(text)
        case(f"oci-layout: {text[:30]!r}", layout.path, says=["oci-layout", "version"], **fatal)

    def layer(what, data, says=(), status=2, rest=REST, kind=LAYER, **options):
        layout = Layout("layer-" + re.sub(r"\W+", "-", what), base)
        layout.layers.append(layout.blob(data, kind))
        layout.config["rootfs"]["diff_ids"].append(f"sha256:{digest(data)}")
        return case(f"layer: {what}", layout.write(), says=says, status=status, rest=rest, json_form=rest is not None, **options)

    broken = dict(rest=None)
    body = tar([("a.bin", os.urandom(100_000)), ("b.bin", b"x")])
    for length in (100, 511, 512, 50_000, 100_600):
        layer(f"cut after {length} bytes", body[:length], "layer that cannot be read|that were|truncated", **broken)
    layer("random bytes", os.urandom(10_000), "cannot be read", **broken)
    layer("empty", b"", status=(0, 2))
    layer("zeros", bytes(1024), status=0)
    flipped = bytearray(body)
    flipped[148:156] = b"0000000\0"
    layer("a wrong checksum", bytes(flipped), "cannot be read", **broken)
    layer("a size of 8 EiB", tar([("a", b"")])[:124] + b"\x80" + b"\x7f" * 11 + tar([("a", b"")])[136:], "cannot be read", **broken)
    layer("names that climb", tar([("../../etc/x", b"x"), ("a/../../y", b"x")]), [r"\.\./\.\./etc/x has a name that leads out of the image", r"a/\.\./\.\./y"])
    result = layer("absolute names", tar([("/etc/absolute", b"x" * 5000)]), status=0)
    check("layer: absolute names: below the root", result.report["dependencies"]["bytes"]["unpacked"] > 5000, result.report["dependencies"])
    layer("a hard link to nothing", tar([("x", {"type": tarfile.LNKTYPE, "linkname": "gone"})]), "x is a hard link to nothing")
    layer("a hard link out of the image", tar([("x", {"type": tarfile.LNKTYPE, "linkname": "../../etc/passwd"})]), "x is a hard link that leads out of the image")
    layer("a hard link to itself", tar([("x", {"type": tarfile.LNKTYPE, "linkname": "x"})]), "x is a hard link to nothing")
    layer("hard links to hard links", tar([("x", b"1")] + [(f"x{n}", {"type": tarfile.LNKTYPE, "linkname": f"x{n - 1}" if n else "x"}) for n in range(2000)]), status=0)
    layer("a link out of the image", tar([("x", {"type": tarfile.SYMTYPE, "linkname": "../../../etc/passwd"}), ("x/y", b"1")]), status=(0, 2), never="root:x")
    layer("devices and pipes", tar([("d", {"type": tarfile.CHRTYPE}), ("p", {"type": tarfile.FIFOTYPE})]), ["d is a device", "p is a device or a named pipe"])
    layer("whiteouts of nothing", tar([("gone/.wh.x", b""), (".wh.nothing", b""), ("no/.wh..wh..opq", b"")]), status=0)
    layer("a whiteout of everything", tar([(".wh..wh..opq", b"")]), status=(0, 2), rest=None)
    layer("whiteouts that climb", tar([(".wh...", b""), (".wh..", b""), (".wh.", b""), ("../.wh.x", b"")]), "whiteout that leads out|leads out of the image")
    layer("a whiteout and its file", tar([("app/.wh.app.py", b""), ("app/app.py", b"1")]), status=0)
    layer("a file below a file", tar([("x", b"1"), ("x/y", b"2")]), "x/y lies below what is no folder")
    layer("escapes and no UTF-8", tar([("\x1b[31mx", b"1"), ("a\nb", b"1"), ("\udcff\udcfe", b"1")]), status=(0, 2))
    layer("names of 4,096 bytes and more", tar([("d/" * 2000 + "x", b"1"), ("n" * 255, b"1"), ("e/" * 30_000 + "x", b"1")]), "leads out of the image|too long")
    layer("5,000 folders in one another", tar([("d/" * 2040 + "x", b"1")]), status=(0, 2))
    zipped_kind = dict(kind=LAYER + "+gzip")
    layer("gzip that is cut", gzip.compress(body)[:5000], "cannot be read|truncated", **zipped_kind, **broken)
    layer("gzip of nothing", gzip.compress(b""), status=(0, 2), **zipped_kind)
    layer("gzip of random bytes", b"\x1f\x8b" + os.urandom(1000), "cannot be read", **zipped_kind, **broken)
    bomb = tar([("lib.so", {"size": 4 << 30})])[:512]
    raw = zlib.compressobj(9, zlib.DEFLATED, -15)
    first = raw.compress(bomb) + raw.flush(zlib.Z_FULL_FLUSH)
    data = b"\x1f\x8b\x08\0\0\0\0\0\0\3" + first + deflated_zeros(4 << 30) + bytes(8)
    layer("gzip bomb of 4 GB in 4 MB", data, status=(0, 2), **zipped_kind, rest=None)
    stream, size = library(10)
    info = tarfile.TarInfo("lib.so")
    info.size = size
    layer("a library of 1 GB in 10 MB", b"\x1f\x8b\x08\0\0\0\0\0\0\3" + stream(info.tobuf(), 16 * MB) + bytes(8), status=(0, 2), **zipped_kind)
    layer("zstd that is none", b"\x28\xb5\x2f\xfd" + bytes(100), "cannot be read|not supported", kind=LAYER + "+zstd", **broken)
    config = json.dumps({"architecture": "amd64", "os": "linux", "rootfs": {"type": "layers", "diff_ids": [f"sha256:{digest(base)}"]}}).encode()

    def archive(what, members, says, status=2, cut=None, **options):
        path = WORK / f"image-{re.sub(chr(92) + 'W+', '-', what)}.tar"
        path.write_bytes(tar(members)[:cut])
        case(f"docker-archive: {what}", path, says=says, status=status, json_form=status == 0, **options)

    manifest = lambda **more: json.dumps([{"Config": "config.json", "RepoTags": ["a:b"], "Layers": ["layer.tar"]} | more]).encode()
    members = [("config.json", config), ("layer.tar", base), ("manifest.json", manifest())]
    archive("as it should be", members, [], status=0, rest=REST)
    archive("a layer is missing", [members[0], members[2]], ["is incomplete", "layer.tar"])
    archive("the configuration is missing", members[1:], ["is incomplete", "config.json"])
    archive("a wrong layer", [members[0], ("layer.tar", other), members[2]], ["another digest than stated"])
    archive("cut", members, "image-cut", cut=3000)
    archive("cut in the first header", members, "image-cut", cut=200)
    archive("names that climb", [*members[:2], ("manifest.json", manifest(Layers=["../../../etc/passwd"]))], ["is incomplete"], never="root:x")
    archive("layers of wrong type", [*members[:2], ("manifest.json", manifest(Layers=5))], ["Layers"])
    archive("no images", [*members[:2], ("manifest.json", b"[]")], ["image-no-images"])
    archive("a manifest that is none", [*members[:2], ("manifest.json", b"{" * 10_000)], ["manifest.json"])
    archive("a layer that is a link", [members[0], ("layer.tar", {"type": tarfile.SYMTYPE, "linkname": "/etc/passwd"}), members[2]], [
        "image-a-layer"], never="root:x")
    archive("no image", [("x", b"1")], ["neither oci-layout nor manifest.json"])
    case("a layout in the gate", layout.path, "--target", "lambda-image", verb="gate", says="oci-layout")


# --- Models


EVIL = b"cos\nsystem\n(S'touch %s'\ntR."


def safetensors(header, data=b"", length=None):
    header = header if isinstance(header, bytes) else json.dumps(header).encode()
    return struct.pack("<Q", len(header) if length is None else length) + header + data


@group
def models():
    """Weights with payloads and hostile headers beside a stack."""
    marker = WORK / "models-ran"
    pickled = io.BytesIO()
    with zipfile.ZipFile(pickled, "w") as archive:
        archive.writestr("archive/data.pkl", EVIL % bytes(marker))
        archive.writestr("archive/version", "3\n")
    path = project("models-pickle", **{
        "model/config.json": json.dumps({"model_type": "bert"}), "model/pytorch_model.bin": pickled.getvalue(),
        "model/training_args.bin": EVIL % bytes(marker), "model.pkl": EVIL % bytes(marker), "model.pt": EVIL % bytes(marker),
        "model.joblib": EVIL % bytes(marker), "vector.npy": b"\x93NUMPY\1\0\x46\0{'descr': '|O', 'fortran_order': False, 'shape': (1,), }" + EVIL % bytes(marker)})
    for more in ((), ("--tree",), ("--entry", "app.py"), ("--entry", "app.handler")):
        case(f"pickles {more}", path, *more, status=0, rest=REST)
    for name in "model", "model/pytorch_model.bin", "model.pkl":
        for verb in "analyze", "inspect":
            case(f"{verb} {name}", path / name, verb=verb, status=(0, 2), json_form=False)
    check("pickles: nothing ran", not marker.exists())
    tensor = {"dtype": "F32", "shape": [2, 2], "data_offsets": [0, 16]}
    fine = safetensors({"w": tensor}, bytes(16))
    headers = {
        "as it should be": (fine, 0), "empty": (b"", 2), "7 bytes": (b"\0" * 7, 2), "a header of 2^64-1": (struct.pack("<Q", 2**64 - 1) + b"{}", 2),
        "a header of 2^63": (struct.pack("<Q", 2**63) + b"{}", 2), "a header of 99 MB": (struct.pack("<Q", 99_000_000) + b"{}", 2),
        "no JSON": (safetensors(b"x"), 2), "a list": (safetensors(b"[]"), 2), "deep": (safetensors(b"[" * 100_000), 2), "NULs": (safetensors(bytes(1000)), 2),
        "invalid UTF-8": (safetensors(b'{"\xff": 1}'), 2), "a shape of 2^63": (safetensors({"w": dict(tensor, shape=[2**63, 2**63])}, bytes(16)), 2),
        "a shape below zero": (safetensors({"w": dict(tensor, shape=[-1, -4])}, bytes(16)), 2), "shape whose product overflows": (safetensors({"w": dict(
            tensor, shape=[2**32, 2**32, 2**32])}, bytes(16)), 2), "offsets out of the file": (safetensors({"w": dict(tensor, data_offsets=[0, 2**62])}), 2),
        "offsets that go back": (safetensors({"w": dict(tensor, data_offsets=[16, 0])}, bytes(16)), 2), "overlapping tensors": (safetensors(
            {"w": tensor, "v": tensor}, bytes(16)), 2), "an unknown type": (safetensors({"w": dict(tensor, dtype="F999")}, bytes(16)), 2),
        "twice the same name": (safetensors(b'{"w":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},"w":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}}', b"x"), 2),
        "200,000 dimensions": (safetensors({"w": dict(tensor, shape=[1] * 200_000)}, bytes(16)), 2),
        "escapes": (safetensors({"\x1b[31mw\x07": tensor, "__metadata__": {"format": "\x1b[31m"}}, bytes(16)), 0),
        "metadata of wrong types": (safetensors({"__metadata__": [1], "w": tensor}, bytes(16)), 2), "cut": (fine[:-5], 2), "more than it says": (fine + b"x" * 100, 2),
    }
    for index, (what, (data, status)) in enumerate(headers.items()):
        path = project(f"models-{index}", **{"model/config.json": json.dumps({"model_type": "bert"}), "model/model.safetensors": data})
        case(f"safetensors: {what}: given", path / "model/model.safetensors", status=(0, 2) if status == 0 else 2, says=[
            r"model\.safetensors"] if status else [])
        case(f"safetensors: {what}: inspected", path / "model/model.safetensors", verb="inspect", status=status, says=[r"model\.safetensors"] if status else [])
        # The model cannot be built from one tensor, which is no reason to leave the stack.
        case(f"safetensors: {what}: beside a stack", path, status=(0, 2), rest=REST, says=[r"model"] if status else [])
    for what, config in {"empty": b"", "deep": b"[" * 100_000, "list": b"[]", "NULs": bytes(50), "huge numbers": b'{"model_type": "bert", "num_hidden_layers": 1e300, "hidden_size": 99999999999999999999}',
                         "negative": b'{"model_type": "bert", "num_hidden_layers": -1, "hidden_size": -768, "num_attention_heads": 0}',
                         "escapes": b'{"model_type": "\\u001b[31mbert\\u0007", "architectures": ["\\u001b]0;x\\u0007"]}',
                         "a billion layers": b'{"model_type": "bert", "num_hidden_layers": 1000000000, "hidden_size": 768, "num_attention_heads": 12, "vocab_size": 9}',
                         "remote code": b'{"model_type": "evil", "auto_map": {"AutoModel": "evil.Evil"}}'}.items():
        path = project(f"models-config-{what.replace(' ', '-')}", **{"model/config.json": config, "model/model.safetensors": fine, "model/evil.py": f"open({str(marker)!r}, 'w')\n"})
        case(f"config.json: {what}", path, status=(0, 2), rest=REST)
        case(f"config.json: {what}: given", path / "model", status=(0, 2), json_form=False)
    for what, index in {"climbs": {"w": "../../secret.safetensors"}, "absolute": {"w": "/etc/passwd"}, "missing": {"w": "gone.safetensors"}, "itself": {"w": "model.safetensors.index.json"},
                        "wrong types": {"w": 5}, "100,000 shards": {f"w{n}": f"s{n}.safetensors" for n in range(100_000)}}.items():
        path = project(f"models-index-{what.replace(' ', '-')}", **{"model/config.json": b'{"model_type": "bert"}', "model/model.safetensors.index.json": json.dumps({"weight_map": index})})
        case(f"index: {what}", path, says="index|model", rest=REST, never="root:x")
        case(f"index: {what}: inspected", path / "model/model.safetensors.index.json", verb="inspect", never="root:x")
    check("models: nothing ran", not marker.exists())


# --- What may be touched


@group
def outside():
    """Nothing outside the given paths is read or written, and nothing runs."""
    marker, secrets = WORK / "outside-ran", folder("outside-secrets")
    for name in "secret.py", "uv.lock", "requirements.txt", "config.json", "model.safetensors", "lib.so", "METADATA", "pyvenv.cfg":
        write(secrets / name, "SECRET = 1\n")
    path = project("outside", **{
        "setup.py": f"open({str(marker)!r}, 'w')\n", "sitecustomize.py": f"open({str(marker)!r}, 'w')\n", "usercustomize.py": f"open({str(marker)!r}, 'w')\n",
        "evil.pth": f"import os; open({str(marker)!r}, 'w')\n", "conftest.py": f"open({str(marker)!r}, 'w')\n", "rest/__main__.py": f"open({str(marker)!r}, 'w')\n",
        "app.py": f"import rest, sitecustomize\nopen({str(marker)!r}, 'w')\n\n\ndef handler(event, context):\n    return 1\n",
        "pyproject.toml": '[project]\nname = "x"\nversion = "1"\ndependencies = ["numpy"]\n[build-system]\nrequires = []\nbuild-backend = "evil"\nbackend-path = ["."]\n',
        "evil.py": f"open({str(marker)!r}, 'w')\n", ".git/hooks/post-checkout": f"#!/bin/sh\ntouch {marker}\n", ".git/config": "[core]\nfsmonitor = touch x\n",
        "model/config.json": '{"model_type": "bert"}', "model/model.safetensors": safetensors({"w": {"dtype": "F32", "shape": [2, 2], "data_offsets": [0, 16]}}, bytes(16)),
        "bin/pip": f"#!/bin/sh\ntouch {marker}\n", "bin/uv": f"#!/bin/sh\ntouch {marker}\n", "bin/python3": f"#!/bin/sh\ntouch {marker}\n", "venv/pyvenv.cfg": "home = /usr/bin\n"})
    for program in (path / "bin").iterdir():
        program.chmod(0o755)
    (path / "venv/lib/python3.13").mkdir(parents=True)
    for name, target in {
        "uv.lock": secrets / "uv.lock", "requirements.txt": secrets / "requirements.txt", "linked.py": secrets / "secret.py", "linked.so": secrets / "lib.so",
        "model/tokenizer.json": secrets / "config.json", "second": secrets, "venv/lib/python3.13/site-packages": secrets, "third-1.0.dist-info": secrets,
        "poetry.lock": "/etc/passwd", "Pipfile.lock": "/etc/hostname",
    }.items():
        (path / name).symlink_to(target)
    model = folder("outside-model")
    write(model / "config.json", '{"model_type": "bert"}')
    (model / "model.safetensors").symlink_to(secrets / "model.safetensors")
    archive = WORK / "outside.zip"
    archive.write_bytes(zipped([*KEPT, Entry("sitecustomize.py", f"open({str(marker)!r}, 'w')\n".encode())]))
    layout = Layout("outside", tar(BASE)).write()
    wheels = folder("outside-wheels")
    (wheels / "good-1.0-py3-none-any.whl").write_bytes(wheel("good-1.0-py3-none-any.whl"))
    (wheels / "linked-1.0-py3-none-any.whl").symlink_to(archive)
    runs = [("analyze", path), ("analyze", path, "--entry", "app.handler"),
            ("analyze", path, "--entry", "../outside-secrets/secret.py"), ("analyze", path, "--entry", str(secrets / "secret.py")), ("analyze", path, "--tree", "--zip"), ("analyze", path / "requirements.txt"), ("analyze", archive), ("analyze", layout), ("analyze", wheels),
            ("analyze", model), ("analyze", path / "venv"), ("inspect", path / "model/model.safetensors"), ("gate", path, "--target", "lambda")]
    for name in LOCKS:
        for target in secrets / name, pathlib.Path("/etc/hostname"), pathlib.Path("../outside-secrets") / name:
            other = project(f"outside-{name}")
            write(secrets / name, LOCKS[name])
            (other / name).symlink_to(target)
            runs.append(("analyze", other))
            case(f"outside: {name} is a link to {target.name} elsewhere", other, rest=REST, says=[re.escape(name), "link|outside|leads|leaves"], never="alpha")
    other = project("outside-siblings", **{"poetry.lock": LOCKS["poetry.lock"], "sub/Pipfile.lock": LOCKS["Pipfile.lock"]})
    write(secrets / "pyproject.toml", POETRY)
    write(secrets / "Pipfile", '[packages]\nalpha = "*"\n')
    (other / "pyproject.toml").symlink_to(secrets / "pyproject.toml")
    (other / "sub/Pipfile").symlink_to(secrets / "Pipfile")
    runs += [("analyze", other), ("analyze", other / "sub")]
    environment = dict(os.environ, PATH=f"{path / 'bin'}:{os.environ['PATH']}", PYTHONPATH=str(path))
    before = snapshot()
    for arguments in runs:
        traced(arguments, secrets, environment)
    check("outside: nothing ran", not marker.exists())
    after = snapshot()
    check("outside: nothing was written", before == after, before ^ after)


def snapshot():
    """All that stands in the folders of these cases, with sizes and times."""
    found = set()
    for top in WORK.glob("outside*"):
        for path in [top, *(top.rglob("*") if top.is_dir() else ())]:
            status = path.lstat()
            found.add((str(path), status.st_size, status.st_mtime_ns, status.st_mode))
    return frozenset(found)


# Where a program's libraries and what they ask the system for are.
OWN = ["/lib", "/usr/lib", "/usr/local/lib", "/opt/swift/usr/lib", "/etc/ld.so", "/proc/", "/sys/fs/cgroup", "/sys/devices/system/cpu", "/dev/null", "/dev/urandom", "/usr/share/zoneinfo",
       "/usr/share/locale", "/etc/localtime", "/etc/locale.alias"]
OPENED = re.compile(r"\b(?:openat2?|open|creat)\(.*?= \d+<(.*)>$")


def traced(arguments, secrets, environment):
    name = f"outside: {arguments[0]} {pathlib.Path(arguments[1]).relative_to(WORK)}"
    tracer = shutil.which("strace")
    if not tracer:
        return skip(name, "strace is missing")
    log = WORK / f"trace-{threading.get_ident()}-{time.monotonic_ns()}"
    result = run(*arguments, environment=environment, prefix=(tracer, "-f", "-qq", "-y", "-s", "4096", "-o", log, "-e",
                 "trace=open,openat,openat2,creat,execve,execveat,fork,vfork,socket,connect,unlink,unlinkat,rename,renameat,renameat2,mkdir,mkdirat,symlink,symlinkat,link,"
                 "linkat,chmod,fchmod,fchmodat,truncate,ftruncate,mknod,mknodat,utimensat,chdir"))
    if not log.exists() or "ptrace" in result.err.decode(errors="replace"):
        return skip(name, "strace may not trace here")
    lines = [line.split(None, 1)[1] for line in log.read_text(errors="replace").splitlines() if " " in line]
    log.unlink()
    binary = pathlib.Path(PACK).resolve()
    # What is given by a link may be read where the link leads.
    given = os.path.realpath(arguments[1])
    allowed = [*OWN, str(binary.parent), *(str(parent / "Profiles") for parent in binary.parents), given]
    for shared in ("share/pack", "lib"):
        allowed.append(str(binary.parent.parent / shared))
    opened = [match.group(1) for match in map(OPENED.search, lines) if match]
    check(f"{name}: was traced", opened and any(path.startswith(given) for path in opened), lines[-5:])
    check(f"{name}: opens nothing outside", *(lambda odd: (not odd, odd))(
        sorted({path for path in opened if not path.startswith(tuple(allowed)) or path.startswith(str(secrets)) and path != given})))
    writing = [line for line in lines if re.search(r"O_WRONLY|O_RDWR|O_CREAT|O_TRUNC|creat\(", line) and "/dev/null" not in line and "/proc/self" not in line]
    check(f"{name}: opens nothing for writing", not writing, writing)
    started = [line for line in lines if re.match(r"execve(at)?\(|v?fork\(", line)]
    check(f"{name}: starts nothing", len(started) == 1, started)
    others = [line for line in lines if re.match(
        r"(socket|connect|unlink|rename|mkdir|symlink|link|f?chmod|f?truncate|mknod|utimensat|chdir)", line)]
    check(f"{name}: no sockets, and nothing is changed", not others, others)


# --- The command line


@group
def arguments():
    """Paths that are given, and the other commands' files."""
    plain = dict(json_form=False)
    good = project("args-good")
    case("an empty path", "", says=["cannot open|empty|no path|name", "hint"], **plain)
    case("a missing path", "nowhere", says=["nowhere", "No such file", "hint: check the path"], **plain)
    case("a missing path among others", good, "nowhere", says=["nowhere", "No such file"], **plain)
    case("a file that is nothing", good / "app.py", says=[r"app\.py", "is no tree of files", "expected a folder"], **plain)
    case("a path below a file", good / "app.py/x", says=["No such file|Not a directory"], **plain)
    case("a slash behind a file", str(good / "app.py") + "/", says=[r"app\.py"], **plain)
    for text in ("\n", " ", "\t", "~", "*", "-", "./", "//", "a\\b", "%s%s%n", "$HOME", "é"):
        case(f"the path {text!r}", text, status=0 if text in ("./", "//") else (2, 64), cwd=good, memory=2 * MEMORY, **plain) if text != "//" else None
    case("a path that looks like an option", "--", "--help", status=2, says="--help", cwd=good, **plain)
    hundred = [project(f"args-{n}") for n in range(100)]
    result = case("100 paths", *hundred, status=0)
    check("100 paths: all are there", result.report["dependencies"]["files"] == 500, result.report["dependencies"]["files"])
    for what, paths in {"twice the same": (good, good), "twice, in other words": (good, f"{good}/."), "one in the other": (good, good / "rest"), "the other way round": (good / "rest", good),
                        "by a link": (good, WORK / "args-link")}.items():
        if what == "by a link":
            (WORK / "args-link").symlink_to(good)
        result = case(f"paths: {what}", *paths, status=(0, 2))
        counted = result.report["dependencies"]["files"]
        check(f"paths: {what}: not counted twice, or told", counted == 5 or result.said.strip() or "twice" in result.out.decode(), f"{counted} files, {result.said}")
    two = [project(f"args-two/{n}/app") for n in range(2)]
    result = case("two folders of one name", *two, status=(0, 2))
    check("two folders of one name: counted or told", result.report["dependencies"]["files"] == 10 or "twice" in result.said, result.report["dependencies"]["files"])
    case("no permission needed for nothing", cwd=folder("args-empty"), status=0)
    gone = folder("args-gone")
    case("a working folder that is gone", prefix=("sh", "-c", f"rmdir '{gone}'; exec \"$@\"", "sh"), cwd=gone, status=(0, 2))
    for options in (["--target", ""], ["--target", "nowhere"], ["--target", "/etc/passwd"], ["--target", "/dev/zero"], ["--target", "nowhere.yaml"], ["--format", "x"], ["--python", "x"],
                    ["--python", "9" * 100], ["--arch", "x"], ["--requests", "-1"], ["--requests", "nan"], ["--requests", "1e999"], ["--request-time", "-1"], ["--burst", "0"], ["--entry", ""],
                    ["--entry", "../../../etc/passwd"], ["--entry", "/etc/passwd"], ["--entry", "no.such.handler"], ["--entry", "\0".join("ab").replace("\0", "\x01")], ["--output", ""],
                    ["--output", "/nowhere/x"], ["--output", str(good)], ["--no-such-option"], ["--requests"]):
        result = case(f"options {options}", good, *options, status=(0, 2, 64), **plain)
        if options[0] in ("--target", "--format", "--output", "--no-such-option", "--requests", "--arch", "--burst", "--request-time"):
            check(f"options {options}: refused", result.status in (2, 64) and result.err, f"{result.status} {result.out[:200]}")
    for options in (["--requests", "1e300"], ["--requests", "1e18", "--request-time", "1e18"], ["--requests", "1", "--request-time", "1e-300"], ["--requests", "1e15", "--pattern", "bursts", "--burst", "1e300"]):
        case(f"options {options}", good, *options, status=(0, 2, 64), **plain)

    texts = {"empty": b"", "NULs": bytes(100), "invalid UTF-8": b"schema: \xff\n", "deep": b"[" * 100_000, "deep maps": b"{a: " * 50_000, "an anchor bomb": b"a: &a [x,x,x,x,x,x,x,x,x]\n" + b"".join(
        b"%c: &%c [%s]\n" % (98 + n, 98 + n, b",".join([b"*%c" % (97 + n)] * 9)) for n in range(20)), "an anchor of itself": b"a: &a [*a]\n", "a list": b"- 1\n- 2\n", "a number": b"5\n",
        "duplicate keys": b"schema: pack.gate/1\nschema: pack.gate/1\n", "two documents": b"a: 1\n---\na: 2\n", "tabs": b"\ta: 1\n", "a tag": b"!!python/object/apply:os.system ['touch x']\n",
        "one line of 20 MB": b"schema: " + b"a" * (20 << 20), "unknown keys": b"schema: pack.gate/1\nevil: 1\n", "escapes": b"schema: \"\\e[31mx\"\n", "binary": os.urandom(2000)}
    shipped = (ROOT / "Profiles/lambda.yaml").read_bytes()
    profiles = texts | {"cut": shipped[:len(shipped) // 2], "numbers of 30 digits": re.sub(rb"value: \d+", b"value: 9" + b"9" * 30, shipped), "numbers below zero": re.sub(rb"value: ", b"value: -", shipped),
                        "no numbers": re.sub(rb"value: \d+", b"value: nan", shipped), "infinite": re.sub(rb"value: \d+", b"value: .inf", shipped), "no dates": re.sub(rb"date: \S+", b"date: 2026-99-99", shipped),
                        "no names": shipped.replace(b"name: lambda\n", b"name: ../../x\n", 1), "twice": shipped + shipped}
    for index, (what, data) in enumerate(profiles.items()):
        path = WORK / f"args-profile-{index}.yaml"
        path.write_bytes(data)
        case(f"profile: {what}", path, "--check", verb="profiles", says=[path.name])
        case(f"profile: {what}: as a target", good, "--target", path, says=[path.name], **plain)
    path = WORK / "args-shipped.yaml"
    path.write_bytes(shipped)
    case("profile: as it should be", path, "--check", verb="profiles", status=0)
    case("profile: all at once", *[WORK / f"args-profile-{index}.yaml" for index in range(len(profiles))], "--check", verb="profiles", says=["args-profile-0", f"args-profile-{len(profiles) - 1}"])
    for name in "nowhere.yaml", "", "/dev/zero", "/", "/etc/passwd":
        case(f"profile: {name!r}", name, "--check", verb="profiles", says=name or ".")

    start = b"schema: pack.gate/1\npaths: [args-good]\ntargets: [lambda-python]\nunknown: warn\n"
    gates = texts | {
        "missing paths": start.replace(b"args-good", b"nowhere"), "budgets of wrong types": start + b"budgets: 5\n", "an unknown budget": start + b"budgets: {evil: {maximum: 1 MB}}\n",
        "a huge budget": start + b"budgets: {package.unpacked: {maximum: 99999999999999999999999 GB}}\n", "a budget below zero": start + b"budgets: {package.unpacked: {maximum: -1 MB}}\n",
        "a baseline that is missing": start + b"baseline: nowhere.json\n", "a baseline that is none": start + b"baseline: args-shipped.yaml\n", "a baseline of zeros": start + b"baseline: /dev/zero\n",
        "an unknown target": start.replace(b"lambda-python", b"evil"), "accuracy of no number": start + b"accuracy: .nan\n", "ignore of wrong types": start + b"ignore: [1]\n"}
    for index, (what, data) in enumerate(gates.items()):
        path = WORK / f"args-gate-{index}.yaml"
        path.write_bytes(data)
        case(f"pack.yaml: {what}", "--config", path, verb="gate", says=[rf"{path.name}|nowhere|args-shipped|/dev/zero|evil|budget|baseline"], json_form=False)
    path = WORK / "args-gate.yaml"
    path.write_bytes(start)
    case("pack.yaml: as it should be", "--config", path, verb="gate", status=0)
    for what, data in {"empty": b"", "deep": b"[" * 100_000, "numbers": b'{"schema": "pack.baseline/1", "values": {"package.unpacked": 1e999}}', "list": b"[]", "NULs": bytes(64), "other": b'{"schema": "x/9"}'}.items():
        (WORK / f"args-base-{what}.json").write_bytes(data)
        case(f"baseline: {what}", "--config", path, "--baseline", WORK / f"args-base-{what}.json", verb="gate", says=f"args-base-{what}", **plain)
    case("gate: circular -r", project("args-circle", **{"requirements.txt": "-r requirements.txt\n"}), "--target", "lambda", verb="gate", says="includes itself in a circle")
    case("gate: a slip", zip_file("gate", Entry("../x", b"")), "--target", "lambda-python", verb="gate", says="climbs")
    case("gate: missing", "nowhere", "--target", "lambda", verb="gate", says="nowhere")
    case("gate: no baseline while something cannot be read", project("args-broken", **{"uv.lock": "["}), "--target", "lambda", "--baseline", WORK / "args-new.json", "--write-baseline",
         verb="gate", says=[r"uv\.lock"], **plain)
    check("gate: no baseline was written", not (WORK / "args-new.json").exists())
    for name in "nowhere", "", "/dev/zero", "/dev/null", "/etc/passwd", str(good), str(good / "app.py"):
        case(f"inspect {pathlib.Path(name).name!r}", name, verb="inspect", says=name or ".", **plain)


def main():
    names = sys.argv[1:]
    started = time.monotonic()
    WORK.chmod(0o755)
    # For the children, which inherit them.
    resource.setrlimit(resource.RLIMIT_AS, (64 << 30,) * 2)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    try:
        with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
            chosen = [function for function in GROUPS if not names or function.__name__ in names]
            for function, future in [(function, pool.submit(function)) for function in chosen]:
                future.add_done_callback(lambda done, name=function.__name__: done.exception() and check(
                    f"group {name} runs to its end", False, "".join(traceback.format_exception(done.exception())[-3:])))
    finally:
        subprocess.run(["chmod", "-R", "u+rwx", WORK], check=False)
        shutil.rmtree(WORK, ignore_errors=True)
    return finish(f"{len(skipped)} skipped", f"{time.monotonic() - started:.0f} s")


sys.exit(main())
