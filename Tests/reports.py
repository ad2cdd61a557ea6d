"""Validates reports that pack wrote with other people's validators (PyPI: jsonschema, xmlschema).

    reports.py sarif FILE…    the SARIF 2.1.0 schema, and what code scanning on GitHub asks for beyond it
    reports.py junit FILE…    the JUnit schema, and that the counts are those of the cases
    reports.py json FILE…     the schema in Schemas/ that the file names

The schemas of others are read from the folder in PACK_SCHEMAS (default: ../shared/schemas beside the repository).
"""

import collections
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


KINDS = {"sarif": sarif, "junit": junit, "json": pack_json}


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
