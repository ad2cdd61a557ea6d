"""Writes Fixtures/python/*.txt with what Python's `packaging` says, for PackDependenciesTests.

    pip install packaging==26.3 && python python_packaging.py

Lines are fields with tabs between them; a line that begins with `#` is a comment.
"""

import datetime
import json
import random
import sys
import tomllib
from itertools import product
from pathlib import Path

from packaging import _manylinux, _musllinux, tags, utils
from packaging.markers import InvalidMarker, Marker, UndefinedComparison
from packaging.requirements import InvalidRequirement, Requirement
from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.version import InvalidVersion, Version

FOLDER = Path(__file__).parents[2] / "Fixtures/python"
RANDOM = random.Random(440)


def write(name, columns, rows):
    """Rows are tuples of texts."""
    lines = ["# " + "\t".join(columns)]
    for row in rows:
        assert not any("\t" in cell or "\n" in cell for cell in row), row
        lines.append("\t".join(row))
    (FOLDER / name).write_text("\n".join(lines) + "\n")
    print(f"{name}: {len(rows)}", file=sys.stderr)


def random_version(lenient=False):
    def separator(choices):
        return RANDOM.choice(choices) if lenient else choices[0]

    text = "v" if lenient and RANDOM.random() < 0.1 else ""
    if RANDOM.random() < 0.1:
        text += f"{RANDOM.randint(0, 2)}!"
    numbers = [str(RANDOM.choice([0, 0, 1, 1, 2, 3, 10, 2024])) for _ in range(RANDOM.randint(1, 4))]
    if lenient and RANDOM.random() < 0.2:
        numbers[-1] = "0" + numbers[-1]
    text += ".".join(numbers)
    number = lambda: str(RANDOM.choice([0, 1, 2, 11])) if not lenient or RANDOM.random() < 0.8 else ""
    if RANDOM.random() < 0.3:
        words = ["a", "b", "rc"] + (["alpha", "beta", "c", "pre", "preview", "RC", "Alpha"] if lenient else [])
        text += separator(["", ".", "-", "_"]) + RANDOM.choice(words) + separator(["", ".", "-", "_"]) + number()
    if RANDOM.random() < 0.25:
        if lenient and RANDOM.random() < 0.3:
            text += f"-{RANDOM.randint(0, 3)}"
        else:
            words = ["post"] + (["rev", "r", "POST"] if lenient else [])
            text += separator([".", "", "-", "_"]) + RANDOM.choice(words) + separator(["", ".", "-"]) + number()
    if RANDOM.random() < 0.25:
        text += separator([".", "", "-", "_"]) + "dev" + separator(["", ".", "-"]) + number()
    if RANDOM.random() < 0.2:
        text += "+" + RANDOM.choice(["1", "abc", "abc.1", "abc.2", "cu118", "12.a", "ubuntu-1" if lenient else "ubuntu.1",
                                     "01", "0", "20240101123456789012345678901234"])
    return text


def versions():
    fixed = ["1", "1.0", "1.0.0", "0", "1!0", "1.0.dev0", "1.0a0", "1.0a0.dev1", "1.0a0.post0.dev1", "1.0a0.post0",
             "1.0.post0.dev3", "1.0.post0", "1.0+a", "1.0+1", "1.0+1.a", "1.1.dev1", "2023.7.22", "4.57.0.dev0",
             "2.9.1+cpu", "2.9.1+cu128", "0.0.0", "999999999999999999"]
    odd = ["", " 1.0 ", "1.", ".1", "1..0", "1.0-", "1.0+", "1.0+a..b", "1.0+a_", "a1", "1.0x", "1!!0", "1.0a1b1", "v",
           "vv1", "1 .0", "1.0.a.", "1.0a.dev", "1.0a-", "1.0-post-", "1.0-r", "1.0.r1", "1.0--1", "1.0-1-1", "1.0.*",
           "1.0dev1a1", "french toast", "1.0+A-B_c", "1.0.POST1", "1.0c", "1.0preview_3", "1e5", "0x10", "1.0\u0661"]
    texts = fixed + odd + [random_version(lenient=True) for _ in range(700)]
    rows = []
    for text in dict.fromkeys(texts):
        try:
            rows.append((text, str(Version(text))))
        except InvalidVersion:
            rows.append((text, "-"))
    write("versions.txt", ["text", "normalized, or - if it is none"], rows)
    valid = [text for text in fixed] + [random_version() for _ in range(330)]
    ordered = sorted(dict.fromkeys(valid), key=Version)
    rows = [(text, "=" if i and Version(text) == Version(ordered[i - 1]) else "<") for i, text in enumerate(ordered)]
    write("versions_sorted.txt", ["version, in order", "= if equal to the one before"], rows)


def specifiers():
    base = ["1.0", "1.0.0", "1.0a1", "1.0.post1", "1.0.dev1", "1.0a1.dev1", "1.0.post1.dev2", "1.0+abc", "1.0.post1+x",
            "1.1", "1.1a1", "1.1.dev0", "1.0.1", "0.9", "2", "2.0rc1", "1!1.0", "1.0a2", "1.0.post2", "1.0a1.post1",
            "1.0a1+x", "1.0.dev1+x", "1.0.dev2", "1"]
    operators = ["==", "!=", "<=", ">=", "<", ">", "~=", "==="]
    rows = []
    for operator, target in product(operators, base):
        try:
            clause = SpecifierSet(operator + target)
        except InvalidSpecifier:
            rows.append((operator + target, "-", "-", "-"))
            continue
        matched = [v for v in base if clause.contains(Version(v), prereleases=True)]
        rows.append((operator + target, " ".join(base), " ".join(matched), str(bool(clause.prereleases))))
    texts = ["", ">=1,<2", ">=1.0,!=1.0.*,<3", "==1.*", "==1.0.*", "!=1.*", "==1!1.*", "==1.0a1.*", ">=1.*", "~=1", "~=1.0.0",
             "~=1.0.post1", "~=1.0a1", "~=1!1.0", ">=1.0a1,<2", "<2.0rc1,>0", "=1", "1.0", ">=", ">=x", "== 1.0 , != 1.1",
             "~=1.0+abc", "<=1.0+abc", "===foo", "=== 1.0", ">=1.0,,<2", ",", "==1.0.0.0", "!=1.0.dev1.*", ">=v1", "==1.0-1"]
    for _ in range(120):
        texts.append(",".join(RANDOM.choice(operators[:6]) + random_version().split("+")[0]
                              for _ in range(RANDOM.randint(1, 3))))
    for text in dict.fromkeys(texts):
        candidates = base + [random_version() for _ in range(12)]
        try:
            clause = SpecifierSet(text)
        except InvalidSpecifier:
            rows.append((text, "-", "-", "-"))
            continue
        matched = [v for v in candidates if clause.contains(Version(v), prereleases=True)]
        rows.append((text, " ".join(candidates), " ".join(matched), str(bool(clause.prereleases))))
    write("specifiers.txt", ["specifier", "versions, or - if it is none", "those that match",
                             "whether it asks for pre-releases"], rows)


ENVIRONMENTS = {
    "3.13.1 x86_64": dict(python_version="3.13", python_full_version="3.13.1", platform_machine="x86_64"),
    "3.9.18 aarch64": dict(python_version="3.9", python_full_version="3.9.18", platform_machine="aarch64"),
}


def markers():
    atoms = [
        'python_version < "3.11"', "python_version >= '3.9'", 'python_version == "3.13"', 'python_version in "3.9 3.10"',
        'python_version not in "3.9, 3.10"', '"3.10" <= python_version', 'python_version ~= "3.9"', 'python_version == "3.*"',
        'python_full_version >= "3.13.1"', 'python_full_version < "3.13"', "python_full_version == '3.9.*'",
        'python_full_version != "3.9.18"', 'os_name == "posix"', 'os.name == "nt"', 'sys_platform == "linux"',
        'sys_platform != "win32"', 'sys.platform == "darwin"', '"linux" in sys_platform', 'sys_platform in "linux darwin"',
        'platform_machine == "x86_64"', "platform_machine in 'aarch64 arm64'", 'platform_machine >= "x86_64"',
        'platform_machine < "z"', 'platform_system == "Linux"', 'platform_system not in "Windows Darwin"',
        'implementation_name == "cpython"', 'implementation_name != "pypy"', 'platform_python_implementation == "CPython"',
        'python_implementation == "PyPy"', 'implementation_version >= "3.10"', 'extra == "test"', 'extra == "Dev_Tools"',
        '"socks" == extra', 'extra != "test"', 'python_version > "3"', 'python_version >= "3.9.1"', '"3" in python_version',
        'python_version === "3.13"', 'python_version < "abc"', '"x86_64" == platform_machine', 'python_version != "3.9.*"',
    ]
    texts = list(atoms)
    for _ in range(260):
        parts = RANDOM.sample(atoms, RANDOM.randint(2, 5))
        text = parts[0]
        for part in parts[1:]:
            joined = RANDOM.choice([" and ", " or "])
            form = RANDOM.random()
            text = f"({text}){joined}{part}" if form < 0.3 else f"{text}{joined}({part})" if form < 0.6 else text + joined + part
        texts.append(text)
    texts += ["", "python_version", 'python_version > ', 'python_version = "3"', '(os_name == "posix"',
              'os_name == "posix")', 'os_name == "posix" and', 'foo == "bar"', 'os_name == posix', 'os_name is "posix"',
              'os_name not  in "posix"', 'os_name notin "posix"', 'os_name=="posix"and sys_platform=="linux"',
              'os_name == "posix"or"linux"==sys_platform', "os_name == 'pos\"ix'", '((((os_name == "posix"))))',
              ' os_name == "posix" ', 'os_name == "posix" sys_platform == "linux"', 'extra == "a" or extra == "test"']
    rows = []
    for text in dict.fromkeys(texts):
        try:
            marker = Marker(text)
        except InvalidMarker:
            rows.append((text, "-", "-", "-", "-"))
            continue
        cells = []
        for values in ENVIRONMENTS.values():
            values = dict(values, os_name="posix", sys_platform="linux", platform_system="Linux",
                          platform_python_implementation="CPython", implementation_name="cpython",
                          implementation_version=values["python_full_version"], platform_release="", platform_version="")
            for extra in ["", "dev-tools"]:
                try:
                    cells.append(str(marker.evaluate(dict(values, extra=extra))))
                except UndefinedComparison:
                    cells.append("undefined")
        rows.append((text, *cells))
    write("markers.txt", ["marker"] + [f"{name} {extra}" for name in ENVIRONMENTS for extra in ["plain", "dev-tools"]], rows)


def requirements():
    texts = ["requests", "requests>=2", "requests [socks, Use_Chardet]>=2,<3", "requests(>=2)", "requests ( >=2 , <3 )",
             'requests; python_version < "3.9"', 'requests>=2;python_version<"3.9"', "pip @ https://example.org/pip.whl",
             'pip@file:///x/y.whl ; os_name == "posix"', "name[", "name]", "name[a", "name[a,]", "name[,a]", "name[]", "-a", "a-",
             "A.b_C", "a b", "a>=", "a==1.*", "a>1.*", "a ~=1", "a;", "a ; b", "a @", "a @ ", "a>=1 <2", "a>=1,<2,", "", " ",
             "a===1.0,<2", "a[b] @ https://example.org/#egg=a ; extra == 'x'", "a@b;c", "a (>=1", "a >=1)", "_a", "a.", "a>=1;",
             "requests>=2 --hash=sha256:00", "zope.interface", "Flask-SQLAlchemy<3.0", "torch==2.9.1+cpu", "a<1+local",
             "a; python_version<'3' and (extra=='b' or extra == 'c')", "é", "a\u00a0b", "a[a b]", "a[a.b,c_d]", "a [b] (==1)"]
    rows = []
    for text in texts:
        try:
            parsed = Requirement(text)
        except InvalidRequirement:
            rows.append((text, "-", "-", "-", "-", "-"))
            continue
        clauses = ",".join(sorted(str(clause) for clause in parsed.specifier))
        extras = ",".join(sorted({utils.canonicalize_name(extra) for extra in parsed.extras}))
        rows.append((text, utils.canonicalize_name(parsed.name), extras, clauses, parsed.url or "",
                     "marker" if parsed.marker else ""))
    write("pep508.txt", ["text", "name, or - if it is none", "extras", "clauses", "url", "marker"], rows)


TARGETS = {
    "3.13 x86_64 glibc 2.34": ((3, 13), "x86_64", ("glibc", 2, 34)),
    "3.12 arm64 glibc 2.34": ((3, 12), "aarch64", ("glibc", 2, 34)),
    "3.8 x86_64 glibc 2.26": ((3, 8), "x86_64", ("glibc", 2, 26)),
    "3.7 x86_64 glibc 2.17": ((3, 7), "x86_64", ("glibc", 2, 17)),
    "3.11 x86_64 musl 1.2": ((3, 11), "x86_64", ("musl", 1, 2)),
}


def supported(python, machine, libc):
    """All tags in order, as installers on that system make them."""
    kind, major, minor = libc
    _manylinux._get_glibc_version.cache_clear()
    _manylinux._have_compatible_abi = lambda executable, archs: True
    _manylinux._glibc_version_string = lambda: f"{major}.{minor}" if kind == "glibc" else None
    _musllinux._get_musl_version = lambda executable: _musllinux._MuslVersion(major, minor) if kind == "musl" else None
    family = _manylinux if kind == "glibc" else _musllinux
    platforms = list(family.platform_tags([machine])) + [f"linux_{machine}"]
    own = f"cp{python[0]}{python[1]}"
    abi = own + ("m" if python < (3, 8) else "")
    return [*tags.cpython_tags(python, abis=[abi], platforms=platforms),
            *tags.compatible_tags(python, interpreter=own, platforms=platforms)]


def tag_rows():
    pythons = ["cp313", "cp312", "cp311", "cp38", "cp37", "cp36", "cp32", "cp31", "cp3", "cp27", "py3", "py313", "py312", "py38",
               "py30", "py2", "pp311", "cp314", "cp0313"]
    abis = ["none", "abi3", "cp313", "cp312", "cp311", "cp38", "cp37m", "cp313t", "cp37"]
    platforms = ["any", "linux_x86_64", "linux_aarch64", "manylinux1_x86_64", "manylinux2010_x86_64", "manylinux2014_x86_64",
                 "manylinux2014_aarch64", "manylinux_2_17_x86_64", "manylinux_2_26_x86_64", "manylinux_2_27_x86_64",
                 "manylinux_2_28_x86_64", "manylinux_2_28_aarch64", "manylinux_2_34_x86_64", "manylinux_2_35_x86_64",
                 "manylinux_2_4_x86_64", "manylinux_2_16_aarch64", "manylinux_2_34_aarch64", "musllinux_1_1_x86_64",
                 "musllinux_1_2_x86_64", "musllinux_1_3_x86_64", "musllinux_2_0_x86_64", "musllinux_1_2_aarch64",
                 "macosx_11_0_arm64", "win_amd64", "manylinux_2_28_armv7l", "manylinux_x_1_x86_64"]
    sets = {name: {str(tag): place for place, tag in reversed(list(enumerate(supported(*target))))}
            for name, target in TARGETS.items()}
    rows = []
    for python, abi in product(pythons, abis):
        for platform in RANDOM.sample(platforms, 12):
            tag = f"{python}-{abi}-{platform}"
            rows.append((tag, *(str(places.get(tag, "-")) for places in sets.values())))
    write("tags.txt", ["tag", *(f"place in order on {name}, - if refused" for name in TARGETS)], rows)


def wheels():
    names = ["requests-2.32.5-py3-none-any.whl", "numpy-2.3.5-cp313-cp313-manylinux_2_27_x86_64.manylinux_2_28_x86_64.whl",
             "a-1.0-1-py2.py3-none-any.whl", "a-1.0-1abc-py3-none-any.whl", "a-1.0-abc-py3-none-any.whl", "a-1.0-py3-none.whl",
             "a-1.0-py3-none-any.zip", "a__b-1.0-py3-none-any.whl", "zope.interface-8.0-cp313-cp313-win_amd64.whl",
             "A_b-1.0.post1+local.1-py3-none-any.whl", "a-x-py3-none-any.whl", "-1.0-py3-none-any.whl", "a-1.0-1-2-py3-none-any.whl",
             "a-1.0--none-any.whl", "a-1.0-py3..py2-none-any.whl", "a b-1.0-py3-none-any.whl", ".whl", "a-1_0-py3-none-any.whl",
             "tokenizers-0.22.1-cp39-abi3-manylinux_2_17_x86_64.manylinux2014_x86_64.whl", "a-1!2.0-py3-none-any.whl",
             "A-1.0-PY3-NONE-ANY.whl"]
    rows = []
    for name in names:
        try:
            package, version, build, found = utils.parse_wheel_filename(name)
        except utils.InvalidWheelFilename:
            rows.append((name, "-", "-", "-", "-"))
            continue
        rows.append((name, package, str(version), f"{build[0]} {build[1]}" if build else "", " ".join(sorted(map(str, found)))))
    write("wheels.txt", ["file name", "package, or - if it is none", "version", "build", "tags"], rows)


def flattened(value, path=""):
    """Rows of path, kind and text; of numbers with a fraction and of times only the kind."""
    if isinstance(value, dict):
        return [[path, "a table", ""]] + [row for key, item in value.items() for row in flattened(item, f"{path}/{key}")]
    if isinstance(value, list):
        return [[path, "an array", ""]] + [row for i, item in enumerate(value) for row in flattened(item, f"{path}/{i}")]
    if isinstance(value, bool):
        return [[path, "a boolean", str(value).lower()]]
    if isinstance(value, int):
        return [[path, "an integer", str(value)]]
    if isinstance(value, str):
        return [[path, "a string", value]]
    times = (datetime.date, datetime.time, datetime.datetime)
    return [[path, "a time" if isinstance(value, times) else "a number", ""]]


def toml():
    """TOML texts against the reader of Python's own library."""
    texts = [
        "", "# only\n", "a = 1", "a = 1 # b\n", "a.b.c = 1\na.b.d = 2\na.e = 3", "[a]\nb = 1\n[a.c]\nd = 2\n",
        "[a.b.c]\nd=1\n[a]\ne=2", "[[p]]\nn = 1\n[[p]]\nn = 2\n[p.q]\nr = 3\n[[p.s]]\nt=4\n[[p.s]]\nt=5",
        "a = [1, 2,\n 3, # x\n]\nb = []", 'a = [[1], ["x", {b = 1}]]', "a = { b = 1, c.d = 'x' }", "a = {}",
        'a = "\\t\\"\\u00e9\\U0001F600"', "a = 'C:\\x'", 'a = """\nx\n  y\\\n   z"""', "a = '''\nx'y'''", 'a = """x"" """""',
        "a = +1\nb = -0\nc = 1_000\nd = 0xFF\ne = 0o17\nf = 0b11", "a = 1.5\nb = -1e3\nc = inf\nd = -nan\ne = 1_0.2_5E+1",
        "a = true\nb = false", "a = 1979-05-27T07:32:00Z\nb = 1979-05-27 07:32:00.5\nc = 1979-05-27\nd = 07:32:00",
        "\"a b\" = 1\n'c.d' = 2\n\"\" = 3", "1 = 2\n3.4 = 5", "a = 1\r\nb = 2\r\n", "é = 1", "a = é", 'a = "é"', "[ a . b ]\nc = 1",
        "a = 1\na = 2", "[a]\n[a]", "a = 1\n[a]", "[a]\nb = 1\n[a.b]\nc = 1", "[[a]]\n[a]", "[a]\n[[a]]", "a = {b = 1}\na.c = 2",
        "a = {b = 1}\n[a.c]\nd=1", "a.b = 1\n[a]\nc = 2", "[a.b]\nc=1\n[a]\nb.d=2", "a = [1]\n[[a]]\nb=1", "a", "a =", "= 1", "a = 1 b = 2",
        "[a", "[[a]", "[a]]", "a = [1", "a = {b = 1", 'a = "x', "a = 'x\n'", 'a = """x', 'a = "\\q"', 'a = "\\ud800"', "a = 01", "a = 1__0",
        "a = _1", "a = 1_", "a = 1.", "a = .5", "a = 1e", "a = 0x", "a = 0xG", "a = tru", "a = +true", "a = 1 1", 'a = "x\ty"', 'a = "x\x01y"',
        "[a.]", "[]", "a..b = 1", "a = [1,,2]", "a = [,1]", "a = 1979-05-27\n[b]", "a = '''x'''''", "[a]b = 1", "a.b = 1\na.b.c = 2",
        "a = [ { x = 1 }, { x = 2 } ]", "[a]\nb.c = 1\n[a.b.d]\ne = 1", "[[a.b]]\nc=1\n[[a.b]]\nc=2\n[a]\nd=1", "a = 1\n\n\n  b   =   2  # c",
    ]
    rows = []
    for text in texts:
        try:
            rows.append({"text": text, "values": flattened(tomllib.loads(text))})
        except tomllib.TOMLDecodeError:
            rows.append({"text": text, "values": None})
    for lock in sorted((FOLDER / "locks").glob("*/*")):
        if lock.suffix in (".lock", ".toml") and lock.name != "Pipfile.lock":
            rows.append({"file": f"locks/{lock.parent.name}/{lock.name}", "count": len(flattened(tomllib.loads(lock.read_text())))})
    (FOLDER / "toml.json").write_text("[\n" + ",\n".join(json.dumps(row) for row in rows) + "\n]\n")
    print(f"toml.json: {len(rows)}", file=sys.stderr)


if __name__ == "__main__":
    FOLDER.mkdir(parents=True, exist_ok=True)
    versions()
    specifiers()
    markers()
    requirements()
    tag_rows()
    wheels()
    toml()
