#!/usr/bin/env python3
"""Writes src/kinds/table/configuration.tsv and describes.jsonl from configuration.txt.

    build_configuration.py [SCHEMA.json]

Needs botocore. With SCHEMA.json (`terraform providers schema -json`) it first writes attributes.txt anew: the attributes
of the types in configuration.txt, which the tests hold the table against. A line that the models or the types do not
support is a defect: it is printed, and nothing is written.
"""
import json
import pathlib
import re
import sys
import urllib.parse

sys.path.insert(0, str(pathlib.Path(__file__).parent))
import models
from models import Defect

HERE = pathlib.Path(__file__).parent
TABLE = HERE.parent.parent / "src" / "kinds" / "table"
ROLES = {"name", "stable", "changing", "kept"}


def read():
    """{kind: {"describe": [words], "attributes": [(attribute, role, field)]}} of configuration.txt."""
    kinds, now = {}, None
    for number, line in enumerate((HERE / "configuration.txt").read_text().splitlines(), 1):
        if not line.strip() or line.startswith("#"):
            continue
        if not line.startswith(" "):
            if line in kinds:
                raise SystemExit(f"configuration.txt:{number}: {line} stands twice")
            now = kinds[line] = {"describe": [], "attributes": []}
            continue
        words = re.split(r"  +", line.strip())
        if words[0] == "describe":
            now["describe"].append(words[1:])
        elif words[0].startswith("@"):
            now["attributes"].append((words[0], "", words[1]))
        elif len(words) == 3 and words[1] in ROLES:
            now["attributes"].append(tuple(words))
        else:
            raise SystemExit(f"configuration.txt:{number}: {line.strip()!r}")
    return kinds


# --- attributes.txt

def sort_of(kind):
    return kind if isinstance(kind, str) else f"{kind[0]}({kind[1]})" if isinstance(kind[1], str) else kind[0]


def paths(block, before="", many=False):
    for name, facts in sorted(block.get("attributes", {}).items()):
        marks = ["many"] * many + ["sensitive"] * bool(facts.get("sensitive"))
        yield [before + name, sort_of(facts.get("type", "object")), *marks]
    for name, inner in sorted(block.get("block_types", {}).items()):
        repeated = many or (inner.get("nesting_mode") in ("list", "set", "map") and inner.get("max_items") != 1)
        yield from paths(inner["block"], f"{before}{name}.", repeated)


def write_attributes(kinds, schema):
    types = json.loads(pathlib.Path(schema).read_text())["provider_schemas"]["registry.terraform.io/hashicorp/aws"]["resource_schemas"]
    lines = ["# The attributes of the types in configuration.txt, from `terraform providers schema -json` of the AWS provider 5.100.",
             "# TYPE  PATH  SORT, then `many` (in a block that may stand several times) and `sensitive`. build_configuration.py writes it."]
    parts = {a.split(".")[0] for entry in kinds.values() for a, _, _ in entry["attributes"] if a.startswith("aws_")}
    for kind in sorted({*kinds, *parts}):
        lines += ["  ".join([kind, *words]) for words in paths(types[kind]["block"])]
    (HERE / "attributes.txt").write_text("\n".join(lines) + "\n")


def attributes():
    known = {}
    for line in (HERE / "attributes.txt").read_text().splitlines():
        if not line.startswith("#"):
            kind, path, *words = line.split("  ")
            known.setdefault(kind, {})[path] = words
    return known


# --- fields

def walk(service, shape, path):
    """Like models.walk, through maps, lists and `[Name=value]` too: (path on the wire, shape at its end)."""
    if path == ".":
        return ".", shape
    wired = []
    for step in path.split("."):
        name, _, pick = step.rstrip("]").partition("[")
        if shape.type_name == "map":
            # Every key is allowed; XML has maps as elements `entry` with a key and a value.
            wired.append(f"entry[key={name}].value" if models.is_xml(service) else name)
            shape = shape.value
            continue
        piece, shape = models.child(service, shape, name)
        if pick:
            member, value = pick.split("=")
            there, _ = models.child(service, shape, member)
            if not piece.endswith("[]"):
                raise Defect(f"{name} is no list")
            piece = f"{piece[:-2]}[{there}={value}]"
        wired.append(piece)
    return ".".join(wired), shape


def field(service, op, item, answers, text):
    if "{" in text:
        return text, None
    done, end = [], None
    for alternative in text.split("||"):
        path, *filters = alternative.split("|")
        base, prefix = item, ""
        match = re.match(r"^(\w+):(.*)$", path)
        if match:
            prefix, path = match.groups()
            if prefix not in answers:
                raise Defect(f"{prefix} is no describe call")
            base = answers[prefix]
            prefix += ":"
        if not path.startswith("'"):
            path, end = walk(service, base, path)
        pairs = [f for f in filters if f.startswith("pairs:")]
        if pairs:
            inner = [models.child(service, end, name)[0] for name in pairs[0].split(":")[1:]]
            filters = [":".join(["pairs", *inner])]
        done.append("|".join([prefix + path, *filters]))
    return "||".join(done), end


def output(service, op, item_path=None):
    out = models.operation(service, op).output_shape
    payload = out.serialization.get("payload")
    return out.members[payload] if payload else out


def wired_back(service, shape, wire):
    """The shape at a path on the wire."""
    if wire == ".":
        return shape
    left = wire.split(".")
    while left:
        for name in shape.members:
            piece, end = models.child(service, shape, name)
            pieces = piece.split(".")
            if left[: len(pieces)] == pieces:
                shape, left = end, left[len(pieces):]
                break
        else:
            raise Defect(f"no {wire}")
    return shape


class Build:
    def __init__(self):
        self.kinds = read()
        self.known = attributes()
        self.rows = {r["kind"]: r for r in map(json.loads, (TABLE / "kinds.jsonl").read_text().splitlines())}
        self.lines, self.describes, self.defects = [], [], []

    def run(self):
        for kind in sorted(self.kinds):
            try:
                self.kind(kind, self.kinds[kind])
            except (Defect, KeyError) as error:
                self.defects.append(f"{kind}: {error!r}")

    def kind(self, kind, entry):
        row = self.rows[kind]
        service = row["service"]
        item = wired_back(service, output(service, row["op"]), row["items"])
        answers = {}
        if "detail" in row:
            answers["detail"] = wired_back(service, output(service, row["detail"]["op"]), row["detail"]["path"])
        for words in entry["describe"]:
            self.describe(kind, row, service, item, answers, words)
        used = set()
        for attribute, role, text in entry["attributes"]:
            try:
                wired, end = field(service, row["op"], item, answers, text)
                used.update(re.findall(r"(?:^|\|\|)(\w+):", text))
                self.lines.append([kind, attribute, role, self.sort(kind, attribute, wired, end), wired])
            except Defect as error:
                self.defects.append(f"{kind}.{attribute}: {error}")
        for op in answers:
            if op not in used and op != "detail":
                self.defects.append(f"{kind}: nothing is read of {op}")

    def describe(self, kind, row, service, item, answers, words):
        op, params, *settings = words
        settings = dict(setting.split("=", 1) for setting in settings)
        rest = models.protocol(service).startswith("rest")
        if not models.READS.match(op) or models.SECRETS.match(op):
            raise Defect(f"{op} is no read, or returns secrets")
        wire = models.wire(service, op, json.loads(params))
        filled = json.dumps(wire)
        for word in models.PLACEHOLDER.findall(json.dumps(json.loads(params))):
            if models.RESERVED.match(word) or word == ".":
                continue
            there, _ = walk(service, item, word.split("|")[0])
            filled = filled.replace("{" + word.split("|")[0], "{" + there)
        # In a URI the serializer has escaped the filters.
        wire = json.loads(re.sub(r"\{[^{}]*%7C[^{}]*\}", lambda m: urllib.parse.unquote(m.group(0)), filled))
        out = {"kind": kind, "op": op}
        for key in ("method", "uri") if rest else ():
            out[key] = wire[key]
        for key in ("query", "headers", "form", "body"):
            if wire.get(key):
                out[key] = wire[key]
        if "when" in settings:
            out["when"] = models.condition(service, item, settings["when"])
        if "region" in settings:
            out["region"] = models.expression(service, item, settings["region"])
        if "none" in settings:
            out["none"] = settings["none"].split(",")
        prefix = row["iam"][0].split(":")[0]
        out["iam"] = settings.get("iam") or f"{prefix}:{op}"
        answers[op] = output(service, op)
        self.describes.append(out)

    def sort(self, kind, attribute, wired, end):
        if attribute.startswith("@"):
            return ""
        facts = self.known.get(kind, {}).get(attribute)
        if attribute.startswith("aws_"):
            part, _, rest = attribute.partition(".")
            facts = self.known.get(part, {}).get(rest)
        if facts is None:
            raise Defect("no attribute of the type")
        sort, *marks = facts
        if "sensitive" in marks:
            raise Defect("the provider calls it sensitive")
        if wired.endswith("|json"):
            return "json"
        if "|pairs:" in wired:
            return "map"
        if sort.startswith("set") or "many" in marks:
            return "numbers" if sort == "number" else "set"
        if sort.startswith("list"):
            return "list"
        return {"string": "text", "number": "number", "bool": "bool"}[sort]


if __name__ == "__main__":
    if len(sys.argv) > 1:
        write_attributes(read(), sys.argv[1])
    build = Build()
    build.run()
    for line in build.defects:
        print(line)
    if build.defects:
        sys.exit(1)
    with (TABLE / "configuration.tsv").open("w") as out:
        out.write("kind\tattribute\trole\tsort\tfield\n")
        for line in sorted(build.lines):
            out.write("\t".join(line) + "\n")
    with (TABLE / "describes.jsonl").open("w") as out:
        for one in sorted(build.describes, key=lambda one: (one["kind"], one["op"])):
            out.write(json.dumps(one, separators=(",", ":"), ensure_ascii=False) + "\n")
    print(f"{len(build.kinds)} kinds, {len([l for l in build.lines if l[2]])} attributes, {len(build.describes)} describe calls")
