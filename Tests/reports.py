"""Validates reports that pack wrote with other people's validators (PyPI: jsonschema, xmlschema).

    reports.py sarif FILE…    the SARIF 2.1.0 schema, and what code scanning on GitHub asks for beyond it
    reports.py junit FILE…    the JUnit schema, and that the counts are those of the cases
    reports.py json FILE…     the schema in Schemas/ that the file names
    reports.py schemas FILE…  schemas in Schemas/: valid, every field described, objects below the top closed
    reports.py html FILE…     its policy allows its own script and style and nothing else, and it refers to nothing outside

The schemas of others are read from the folder in PACK_SCHEMAS (default: ../shared/schemas beside the repository).
"""

import base64
import collections
import hashlib
import html.parser
import json
import os
import pathlib
import re
import sys
import xml.etree.ElementTree

ROOT = pathlib.Path(__file__).resolve().parent.parent
SCHEMAS = pathlib.Path(os.environ.get("PACK_SCHEMAS", ROOT.parent / "shared" / "schemas"))


def whole(pairs):
    """An object whose keys all differ."""
    counts = collections.Counter(key for key, _ in pairs)
    twice = [key for key, count in counts.items() if count > 1]
    if twice:
        raise ValueError(f"keys that stand twice: {twice}")
    return dict(pairs)


def read_json(path):
    return json.loads(path.read_text("utf-8"), object_pairs_hook=whole)


def schema_faults(schema, document):
    import jsonschema

    kind = jsonschema.validators.validator_for(schema)
    kind.check_schema(schema)
    return [f"{error.json_path}: {error.message[:200]}" for error in kind(schema).iter_errors(document)]


def sarif(path):
    document = read_json(path)
    faults = schema_faults(read_json(SCHEMAS / "sarif.json"), document)
    for run in document["runs"]:
        rules = [rule["id"] for rule in run["tool"]["driver"]["rules"]]
        prints = collections.Counter()
        for number, result in enumerate(run["results"]):
            place = f"result {number}"
            if not result.get("locations"):
                faults.append(f"{place} has no location")
            for location in result.get("locations", []):
                uri = location["physicalLocation"]["artifactLocation"]["uri"]
                if not re.fullmatch(r"(file://)?([A-Za-z0-9._~/-]|%[0-9A-F]{2})+", uri):
                    faults.append(f"{place}: {uri[:80]!r} is no URI")
            if result["kind"] != "fail" and result["level"] != "none":
                faults.append(f"{place}: kind {result['kind']} with level {result['level']}")
            if "ruleIndex" in result and rules[result["ruleIndex"]] != result["ruleId"]:
                faults.append(f"{place}: ruleIndex is that of another rule")
            prints[result["partialFingerprints"]["primaryLocationLineHash"]] += 1
        faults += [f"fingerprint {name} stands {count} times" for name, count in prints.items() if count > 1]
        if len(set(rules)) != len(rules):
            faults.append("a rule stands twice")
    return faults


def junit(path):
    import xmlschema

    schema = xmlschema.XMLSchema(str(SCHEMAS / "junit.xsd"))
    faults = [f"{error.path}: {error.reason}" for error in schema.iter_errors(str(path))]
    for suite in xml.etree.ElementTree.parse(path).getroot().iter("testsuite"):
        cases = suite.findall("testcase")
        counts = {"tests": len(cases)}
        for attribute, tag in [("failures", "failure"), ("errors", "error"), ("skipped", "skipped")]:
            counts[attribute] = sum(case.find(tag) is not None for case in cases)
        for attribute, count in counts.items():
            if suite.get(attribute) != str(count):
                faults.append(f"{suite.get('name')}: {attribute} is {suite.get(attribute)}, there are {count}")
    return faults


def pack_json(path):
    document = read_json(path)
    name = document.get("schema", "")
    if not re.fullmatch(r"pack\.[a-z]+/[0-9]+", name):
        return [f"schema is {name!r}"]
    schema = ROOT / "Schemas" / (name.replace("/", "-") + ".json")
    if not schema.exists():
        return [f"{schema.name} is not in Schemas"]
    return schema_faults(read_json(schema), document)


def schema(path):
    import jsonschema

    document = read_json(path)
    jsonschema.Draft202012Validator.check_schema(document)
    faults = []

    def walk(part, name, depth):
        if isinstance(part, list):
            for item in part:
                walk(item, name, depth)
            return
        if not isinstance(part, dict):
            return
        for field, value in part.get("properties", {}).items():
            if "description" not in value and "$ref" not in value and "const" not in value:
                faults.append(f"{name}.{field} has no description")
            walk(value, field, depth + 1)
        for field, value in part.get("$defs", {}).items():
            walk(value, field, depth + 1)
        if depth > 0 and "properties" in part and part.get("additionalProperties") is not False:
            if "type" in part:
                faults.append(f"{name} is open")
        for key in ("items", "oneOf"):
            walk(part.get(key), name, depth + (key == "oneOf"))

    walk(document, path.name, 0)
    return faults


class Page(html.parser.HTMLParser):
    """What a page contains that a browser would run or fetch."""

    def __init__(self):
        super().__init__()
        self.policy, self.inline, self.faults = "", collections.defaultdict(list), []
        self.element = None

    def handle_starttag(self, tag, attributes):
        values = dict(attributes)
        if tag == "meta" and values.get("http-equiv") == "Content-Security-Policy":
            self.policy = values["content"]
        if tag in ("script", "style"):
            self.element = "data" if values.get("type") == "application/json" else tag
            self.inline[self.element].append("")
        for name, value in attributes:
            fetches = name in ("src", "srcset", "data", "action", "poster", "background", "formaction", "xlink:href")
            outside = name == "href" and not value.startswith("#")
            if fetches or outside or name.startswith("on") or name == "style":
                self.faults.append(f"<{tag} {name}>")
        if tag in ("link", "iframe", "object", "embed", "img", "base", "form"):
            self.faults.append(f"<{tag}>")

    def handle_endtag(self, tag):
        if tag in ("script", "style"):
            self.element = None

    def handle_data(self, data):
        if self.element:
            self.inline[self.element][-1] += data


def page(path):
    text = path.read_text("utf-8")
    page = Page()
    page.feed(text)
    faults = page.faults
    directives = dict(part.strip().split(" ", 1) for part in page.policy.split(";"))
    if directives.get("default-src") != "'none'":
        faults.append("the policy does not forbid by default")
    for element in ("script", "style"):
        contents = page.inline[element]
        digests = [base64.b64encode(hashlib.sha256(item.encode()).digest()).decode() for item in contents]
        if directives.get(element + "-src") != " ".join(f"'sha256-{digest}'" for digest in digests):
            faults.append(f"the policy is not that of the {element}: {digests}")
        if len(contents) != 1:
            faults.append(f"{len(contents)} times {element}")
        if re.search(r"innerHTML|outerHTML|insertAdjacent|document\.write|eval\(|https?:|url\(|@import", contents[0]):
            faults.append(f"what is not wanted in the {element}")
    for data in page.inline["data"]:
        json.loads(data)
        if "<" in data:
            faults.append("< in the data")
    size = sum(len(item.encode()) for kind in ("script", "style") for item in page.inline[kind])
    if size > 36_000:
        faults.append(f"script and style have {size} bytes")
    return faults


KINDS = {"sarif": sarif, "junit": junit, "json": pack_json, "schemas": schema, "html": page}


def main(arguments):
    if len(arguments) < 2 or arguments[0] not in KINDS:
        print(__doc__, file=sys.stderr)
        return 64
    passed = failed = 0
    for name in arguments[1:]:
        try:
            faults = KINDS[arguments[0]](pathlib.Path(name))
        except (OSError, ValueError, KeyError, IndexError, SyntaxError) as error:
            faults = [f"{type(error).__name__}: {error}"]
        for fault in faults:
            print(f"{name}: {fault}")
        passed += not faults
        failed += bool(faults)
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
