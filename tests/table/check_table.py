#!/usr/bin/env python3
"""Checks every row of src/kinds/table/ against the service models that ship with botocore.

    check_table.py            one line a defect, then `N rows checked, D defects`; exit 1 if D > 0

It reads only the table, never the builder's inputs, and knows a row by its names on the wire.
"""
import json
import pathlib
import re
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parent))
import models
from models import Defect

HERE = pathlib.Path(__file__).parent
TABLE = HERE.parent.parent / "src" / "kinds" / "table"
KEYS = ["kind", "service", "op", "method", "uri", "query", "headers", "form", "body", "host_prefix", "each", "page", "tokens", "more",
        "items", "id", "arn", "name", "created", "region", "detail", "keep", "drop", "parent", "at", "join", "cfn", "iam", "data", "whole"]
FILTERS = re.compile(r"^(strip_prefix:.+|strip_suffix:.+|after_last:.|lower|unescape)$")
ARN = re.compile(r"^arn:\{partition\}:[a-z0-9-]+:(\{region\}|us-east-1|us-west-2)?:(\{account\}|\{[A-Za-z]+\})?:.+$")
DISPOSITIONS = {"described", "listed", "alias", "part_of", "not_inventoried"}
PAGING = ("NextToken", "nextToken", "NextMarker", "nextMarker", "Marker", "marker", "nextPageToken", "NextPageToken", "PaginationToken", "position")

# What models of after botocore 1.43.11 say otherwise: FinSpace has ended; SES lists by POST under new paths, and answers the old
# ones for the sake of older SDKs. A row goes or moves when accounts that still answer the old way are gone.
LATER = re.compile(r"no service finspace$|^aws_sesv2_(configuration_set: ListConfigurationSets|email_identity: ListEmailIdentities) is a POST$")

defects = []


def defect(where, text):
    defects.append(f"{where}: {text}")


def tsv(name):
    lines = (TABLE / name).read_text().splitlines()
    head = lines[0].split("\t")
    rows = []
    for number, line in enumerate(lines[1:], 2):
        cells = line.split("\t")
        if len(cells) != len(head):
            defect(f"{name}:{number}", f"{len(cells)} cells, not {len(head)}")
            continue
        rows.append(dict(zip(head, cells)))
    return rows


# --- paths on the wire ----------------------------------------------------------------------------

def step(service, shape, segments):
    """The member that the first segments name: (shape, segments left)."""
    if shape.type_name != "structure":
        raise Defect(f"{shape.name} is a {shape.type_name}: it has no {segments[0]}")
    for name in shape.members:
        wired, end = models.child(service, shape, name)
        pieces = wired.split(".")
        if segments[: len(pieces)] == pieces:
            return end, segments[len(pieces):]
    raise Defect(f"no {'.'.join(segments)} in {shape.name}")


def resolve(service, shape, path):
    if path == ".":
        return shape
    left = path.split(".")
    while left:
        shape, left = step(service, shape, left)
    return shape


def body_of(service, op):
    out = models.operation(service, op).output_shape
    if out is None:
        raise Defect(f"{op} answers nothing")
    payload = out.serialization.get("payload")
    return out.members[payload] if payload else out


def resolve_output(service, op, path):
    out = models.operation(service, op).output_shape
    if path.startswith("header:"):
        for member in out.members.values():
            if member.serialization.get("location") == "header" and member.serialization.get("name") == path[7:]:
                return member
        raise Defect(f"no {path}")
    return resolve(service, body_of(service, op), path)


def value(service, item, detail, text):
    """A path with filters and alternatives."""
    for alternative in text.split("||"):
        path, *filters = alternative.split("|")
        base = item
        if path.startswith("detail:"):
            if detail is None:
                raise Defect(f"{text}: no detail call")
            base, path = detail, path[7:]
        end = resolve(service, base, path)
        if end.type_name in ("structure", "list", "map"):
            raise Defect(f"{path} is a {end.type_name}")
        for one in filters:
            if not FILTERS.match(one):
                raise Defect(f"{one} is no filter")


def expression(service, item, detail, text, row):
    if "{" not in text:
        return value(service, item, detail, text)
    for body in (one for brace in models.PLACEHOLDER.findall(text) for one in brace.split("||")):
        first = body.split("|")[0]
        if models.RESERVED.match(first):
            if first.startswith("parent.") and "parent" not in row:
                raise Defect(f"{{{body}}} without a parent")
            if first != "region" and item.type_name == "structure" and first in item.members:
                raise Defect(f"{{{body}}} could be the item's own field")
            continue
        value(service, item, detail, body)
    if "{" in models.PLACEHOLDER.sub("", text) or "}" in models.PLACEHOLDER.sub("", text):
        raise Defect(f"unbalanced braces in {text}")


def condition(service, item, detail, text, row):
    for part in text.split(" && "):
        match = re.match(r"^(.*?)(==|!=|\^=|~=|\?$)(.*)$", part)
        if not match:
            raise Defect(f"not a condition: {part}")
        path, op, wanted = match.groups()
        path, *filters = path.split("|")
        base = detail if path.startswith("detail:") else item
        if base is None:
            raise Defect(f"{part}: no detail call")
        end = resolve(service, base, path.removeprefix("detail:"))
        if op != "?" and end.type_name in ("structure", "map", "list"):
            raise Defect(f"{path} is a {end.type_name}")
        if op in ("==", "!=") and getattr(end, "enum", None) and wanted not in end.enum:
            raise Defect(f"{wanted} is no value of {path}")
        if op in ("==", "!=") and end.type_name == "boolean" and wanted not in ("true", "false"):
            raise Defect(f"{path} is a boolean")


# --- requests ---------------------------------------------------------------------------------------

def dummy(shape, depth=0):
    kind = shape.type_name
    if kind in ("string", "character"):
        return "t"
    if kind in ("integer", "long"):
        return 7
    if kind == "boolean":
        return True
    if kind in ("float", "double"):
        return 1.5
    if kind == "list":
        return [dummy(shape.member, depth + 1)]
    if kind == "structure":
        return {n: dummy(m, depth + 1) for n, m in list(shape.members.items())[:1]} if depth < 3 else {}
    return None


def places(service, op):
    """Where each input member goes: {place: (member name, shape)}; a URI label is `label:name`."""
    om = models.operation(service, op)
    found = {}
    inp = om.input_shape
    if inp is None:
        return found
    labels = {n: "L" for n, m in inp.members.items() if m.serialization.get("location") == "uri"}
    if "AccountId" in ((om.endpoint or {}).get("hostPrefix") or ""):
        labels["AccountId"] = "0"  # it stands in the host too
        found["header:" + inp.members["AccountId"].serialization["name"]] = ("AccountId", inp.members["AccountId"])
    base = models.wire(service, op, dict(labels))
    for name, member in inp.members.items():
        if member.serialization.get("location") == "uri":
            found["label:" + member.serialization.get("name", name)] = (name, member)
            continue
        sample = dummy(member)
        if sample is None:
            continue
        try:
            more = models.wire(service, op, {**labels, name: sample})
        except Exception:
            continue
        for part, label in (("query", "query"), ("headers", "header"), ("body", "body"), ("form", "form")):
            for key in more.get(part, {}):
                if key not in base.get(part, {}):
                    # A list or a structure spreads over many form keys: its first word stands for it.
                    key = re.sub(r"(\.|$).*", "", key) if part == "form" and member.type_name in ("list", "structure") else key
                    found[f"{label}:{key}"] = (name, member)
    return found


def check_request(row, spot, op, part, proto):
    service = row["service"]
    om = models.operation(service, op)
    known = places(service, op)
    used = set()
    if proto.startswith("rest"):
        uri = om.http["requestUri"].partition("?")[0]
        if part.get("method") != om.http["method"]:
            raise Defect(f"{op} is a {om.http['method']}")
        pattern = re.sub(r"\\\{(\w+)\\?\+?\\\}", lambda m: f"(?P<{m.group(1)}>.+)", re.escape(uri))
        match = re.fullmatch(pattern, part.get("uri", ""))
        if not match:
            raise Defect(f"{op} is at {uri}, not {part.get('uri')}")
        for label, given in match.groupdict().items():
            used.add(f"label:{label}")
    for key in ("query", "headers", "form", "body"):
        label = "header" if key == "headers" else key
        for name in part.get(key, {}):
            place = f"{label}:{name}"
            if key == "form" and place not in known:
                place = f"form:{name.split('.')[0]}"
            inline = om.http.get("requestUri", "").partition("?")[2].split("&")
            static = key == "query" and any(part.partition("=")[0] == name for part in inline)
            if place not in known and not static:
                raise Defect(f"{op} has no {place}")
            used.add(place)
    fixed = {known[p][0] for p in used if p in known}
    inp = om.input_shape
    for needed in inp.required_members if inp is not None else []:
        if needed not in fixed:
            raise Defect(f"{op} needs {needed}")
    for name, shape in (known[p] for p in used if p in known):
        text = json.dumps(part.get("body", {}).get(name)) if "body" in part else ""
        if getattr(shape, "enum", None):
            for given in re.findall(r'"([^"{}]+)"', text):
                if given not in shape.enum:
                    raise Defect(f"{given} is no value of {name}")
    return known


def check_tokens(row, known):
    service, op = row["service"], row["op"]
    tokens = row.get("tokens", [])
    for given, answered in tokens:
        if given not in known:
            raise Defect(f"token {given} is no parameter")
        if answered.startswith("@last:"):
            if "more" not in row:
                raise Defect("a token from the last item needs `more`")
            continue
        end = resolve_output(service, op, answered)
        if end.type_name in ("structure", "list", "map"):
            raise Defect(f"token {answered} is a {end.type_name}")
    page = models.paginator(service, op)
    if page and not any("[-1]" in str(t) for t in [page["output_token"]]):
        ins = page["input_token"] if isinstance(page["input_token"], list) else [page["input_token"]]
        theirs = {p for p, (n, _) in known.items() if n in ins}
        if {t[0] for t in tokens} != theirs:
            raise Defect(f"tokens are {sorted(theirs)}, not {tokens}")
    elif not tokens:
        out = body_of(service, op)
        left = [m for m in out.members if m in PAGING]
        takes = [n for n, _ in known.values() if n in PAGING]
        if left and takes:
            raise Defect(f"pages by {takes} and {left}, but has no token")
    for _, answered in tokens:
        last = answered.rpartition(".")
        if last[2] in ("Marker", "marker") and not page:
            try:
                resolve_output(service, op, last[0] + last[1] + "Next" + last[2].capitalize())
            except Defect:
                continue
            raise Defect(f"{answered} echoes the question, NextMarker is the token")
    if "more" in row and resolve_output(service, op, row["more"]).type_name != "boolean":
        raise Defect(f"more {row['more']} is no boolean")
    if "page" in row:
        place, _, size = row["page"].rpartition("=")
        name, shape = known.get(place.replace("body_string:", "body:"), (None, None))
        if name is None:
            raise Defect(f"page {place} is no parameter")
        low, high = shape.metadata.get("min"), shape.metadata.get("max")
        if shape.type_name in ("integer", "long") and ((low and int(size) < low) or (high and int(size) > high)):
            raise Defect(f"page size {size} is outside {low}..{high}")


def check_row(row, services):
    kind, service, op = row["kind"], row["service"], row["op"]
    extra = [k for k in row if k not in KEYS]
    if extra or [k for k in KEYS if k in row] != list(row):
        raise Defect(f"keys {extra or 'out of order'}")
    if service not in services:
        raise Defect(f"{service} is not in services.tsv")
    proto = services[service]["protocol"]
    for call in [op] + ([row["detail"]["op"]] if "detail" in row else []):
        if not models.READS.match(call):
            raise Defect(f"{call} is not a read")
        if models.SECRETS.match(call):
            raise Defect(f"{call} returns secrets")
    known = check_request(row, kind, op, row, proto)
    check_tokens(row, known)
    item = resolve_output(service, op, row["items"])
    if not row["items"].endswith("[]"):
        raise Defect(f"items {row['items']} is no list")
    detail = None
    if "detail" in row:
        check_request(row, kind, row["detail"]["op"], row["detail"], proto)
        detail = resolve_output(service, row["detail"]["op"], row["detail"]["path"])
    for field in ("id", "arn", "name", "created", "region"):
        if field in row:
            expression(service, item, detail, row[field], row)
    if row.get("arn", "").startswith("arn:") and not ARN.match(row["arn"]):
        raise Defect(f"{row['arn']} is no ARN template")
    for text in row.get("keep", []) + row.get("drop", []):
        condition(service, item, detail, text, row)
    if "whole" in row:
        expression(service, item, detail, row["whole"]["field"], row)
        if "when" in row["whole"]:
            condition(service, item, detail, row["whole"]["when"], row)
    text = json.dumps({k: v for k, v in row.items() if k != "parent"})
    if ("{each}" in text) != ("each" in row):
        raise Defect("each is given and not used, or used and not given")
    if "{parent." in text and "parent" not in row:
        raise Defect("names a parent and has none")
    for part in row.get("join", []):
        left, _, right = part.partition("=")
        if (right or left) not in row or (right or left) not in ("id", "arn", "name"):
            raise Defect(f"join {part}: the row has no such field")
    if not row.get("join") and not kind.startswith("_"):
        raise Defect("nothing joins it")
    return item, detail


# --- configuration.tsv, describes.jsonl, orphans.tsv

ROLES = {"name", "stable", "changing", "kept"}
SORTS = {"text", "number", "bool", "json", "set", "list", "numbers", "map"}
SETTING_FILTERS = re.compile(r"^(strip_prefix:.+|strip_suffix:.+|after_last:.|lower|unescape|is:.+|url|unquote|json|split:.|pairs:\w+:\w+)$")
# Names under which somebody's secrets may stand: no line may lead there.
SECRET_NAMES = re.compile(r"(?i)environment|userdata|password|secretstring|definition$|authtoken")


def setting(service, item, answers, text):
    """A field of configuration.tsv: like `value`, with answers of describe calls, picked elements and literals."""
    for alternative in text.split("||"):
        path, *filters = alternative.split("|")
        base = item
        answer, colon, rest = path.partition(":")
        if colon:
            if answer not in answers:
                raise Defect(f"{answer} is no describe call")
            base, path = answers[answer], rest
        for one in filters:
            if not SETTING_FILTERS.match(one):
                raise Defect(f"{one} is no filter")
        if not path.startswith("'"):
            # `x[k=v]` picks among the elements of `x[]`; a map in XML is a list of `entry` with a key and a value.
            for pick in re.findall(r"\[(\w+)=", path):
                if pick != "key":
                    resolve(service, base, re.sub(r"^(.*?)\[" + pick + r"=.*$", r"\1[].", path) + pick)
            plain = re.sub(r"\.entry\[key=[^\]]*\]\.value$", "", re.sub(r"\[(?!key=)[^\]]+\]", "[]", path))
            resolve_through_maps(service, base, plain)


def resolve_through_maps(service, shape, path):
    left = [] if path == "." else path.split(".")
    while left:
        if shape.type_name == "map":
            shape, left = shape.value, left[1:]
        else:
            shape, left = step(service, shape, left)
    return shape


def check_configuration(rows, shapes, services, actions):
    known = {}
    for line in (HERE / "attributes.txt").read_text().splitlines():
        if not line.startswith("#"):
            kind, path, *words = line.split("  ")
            known.setdefault(kind, {})[path] = words
    answers, previous = {}, ("", "")
    for line in (TABLE / "describes.jsonl").read_text().splitlines():
        call = json.loads(line)
        kind, op = call["kind"], call["op"]
        row = rows.get(kind)
        if row is None or (kind, op) <= previous:
            defect(f"describes.jsonl {kind}", "no row, or out of order")
            continue
        previous = (kind, op)
        try:
            if not models.READS.match(op) or models.SECRETS.match(op):
                raise Defect(f"{op} is not a read, or returns secrets")
            wire = {k: v for k, v in call.items() if k in ("method", "uri", "query", "headers", "form", "body")}
            check_request(row, kind, op, wire, services[row["service"]]["protocol"])
            item = shapes[kind][0]
            for text in re.findall(r"\{([^{}\"]+)\}", json.dumps(wire)):
                value(row["service"], item, None, text)
            if "when" in call:
                condition(row["service"], item, None, call["when"], row)
            if "region" in call:
                value(row["service"], item, None, call["region"])
            answers.setdefault(kind, {})[op] = body_of(row["service"], op)
        except (Defect, KeyError) as error:
            defect(f"describes.jsonl {kind} {op}", error)
        if call["iam"] not in actions:
            defect(kind, f"{call['iam']} is not in iam_actions.txt")
    seen, observed = set(), set()
    for line in tsv("configuration.tsv"):
        kind, attribute, field = line["kind"], line["attribute"], line["field"]
        where = f"configuration.tsv {kind}.{attribute}"
        if (kind, attribute) in seen:
            defect(where, "stands twice")
        seen.add((kind, attribute))
        if kind not in shapes:
            defect(where, "has no row")
            continue
        if attribute.startswith("@"):
            observed.add((kind, attribute.removeprefix("@observed.")))
            if attribute not in ("@created", "@references") and not attribute.startswith("@observed."):
                defect(where, "is nothing that can be filled")
        else:
            facts = known.get(kind, {}).get(attribute)
            if attribute.startswith("aws_"):
                part, _, rest = attribute.partition(".")
                facts = known.get(part, {}).get(rest)
                if (part, kind) not in {(f["type"], f["whole"]) for f in tsv("facets.tsv")}:
                    defect(where, "is of no part of the kind")
            if facts is None:
                defect(where, "is no attribute of the type")
            elif "sensitive" in facts:
                defect(where, "is sensitive")
            if line["role"] not in ROLES or line["sort"] not in SORTS:
                defect(where, f"{line['role']} {line['sort']}")
        told = f"{attribute} {field.split('|')[0]}".replace("password_policy", "").replace("PasswordPolicy", "")
        if SECRET_NAMES.search(told) and attribute != "@references":
            defect(where, "may be a secret")
        try:
            item, detail = shapes[kind]
            if "{" in field:
                expression(rows[kind]["service"], item, detail, field, rows[kind])
            else:
                setting(rows[kind]["service"], item, {**answers.get(kind, {}), "detail": detail}, field)
        except Defect as error:
            defect(where, error)
    for kind, calls in answers.items():
        for op in calls:
            if not any(l["kind"] == kind and f"{op}:" in l["field"] for l in tsv("configuration.tsv")):
                defect(f"describes.jsonl {kind} {op}", "nothing is read of it")
    for line in tsv("orphans.tsv"):
        for name in re.findall(r"(\w+)!?=", line["when"]):
            if (line["kind"], name) not in observed:
                defect(f"orphans.tsv {line['kind']}", f"nothing fills {name}")


def main():
    services = {}
    for s in tsv("services.tsv"):
        services[s["service"]] = s
        try:
            if models.protocol(s["service"]) != s["protocol"]:
                defect(s["service"], "another protocol")
            meta = models.model(s["service"]).metadata
            if s["api_version"] != meta["apiVersion"] or (s["protocol"] == "json" and (s["target_prefix"], s["json"]) != (meta["targetPrefix"], meta["jsonVersion"])):
                defect(s["service"], "another version or target")
            if not s["host"]:
                defect(s["service"], "no host")
        except Defect as error:
            defect(s["service"], error)

    actions = {line.split("\t")[0] for line in (HERE / "iam_actions.txt").read_text().splitlines() if line and line[0] != "#"}
    rows, shapes = {}, {}
    previous = ""
    for number, line in enumerate((TABLE / "kinds.jsonl").read_text().splitlines(), 1):
        row = json.loads(line)
        kind = row["kind"]
        if kind <= previous:
            defect(kind, f"line {number} is out of order")
        previous = kind
        rows[kind] = row
        try:
            shapes[kind] = check_row(row, services)
        except (Defect, KeyError) as error:
            defect(kind, error)
        for action in row["iam"]:
            if action not in actions:
                defect(kind, f"{action} is not in iam_actions.txt")
    unused = set(services) - {r["service"] for r in rows.values()}
    for service in sorted(unused):
        defect(service, "no row uses it")

    types = {}
    table = tsv("types.tsv")
    if [t["type"] for t in table] != sorted(t["type"] for t in table):
        defect("types.tsv", "is not sorted")
    for t in table:
        types[t["type"]] = t
        if t["disposition"] not in DISPOSITIONS:
            defect(t["type"], f"disposition {t['disposition']}")
        if (t["disposition"] == "not_inventoried") != bool(t["why"]):
            defect(t["type"], "a reason belongs to what is not inventoried, and to nothing else")
        if (t["disposition"] in ("alias", "part_of")) != bool(t["of"]):
            defect(t["type"], "a whole belongs to an alias or a part")
        if (t["disposition"] == "listed") != (t["type"] in rows):
            defect(t["type"], "listed and without a row, or the other way round")
    if len(types) != 1526:
        defect("types.tsv", f"{len(types)} types, not 1526")
    listed = lambda k: k in rows or types.get(k, {}).get("disposition") == "described"
    for t in types.values():
        if t["of"] and not listed(t["of"]):
            defect(t["type"], f"{t['of']} is not listed")
    for kind, row in rows.items():
        for parent in row.get("parent", []):
            if not listed(parent):
                defect(kind, f"parent {parent} is not listed")
            elif parent in rows:
                for field in re.findall(r"\{parent\.(id|arn|name)\}", json.dumps(row)):
                    if field not in rows[parent]:
                        defect(kind, f"parent {parent} has no {field}")
                if "{parent.parent." in json.dumps(row) and "parent" not in rows[parent]:
                    defect(kind, f"parent {parent} has no parent")
        if "whole" in row and not listed(row["whole"]["kind"]):
            defect(kind, f"whole {row['whole']['kind']} is not listed")
        if not kind.startswith("_") and kind not in types:
            defect(kind, "is no type of the provider")

    facets = tsv("facets.tsv")
    if {f["type"] for f in facets} != {t["type"] for t in types.values() if t["disposition"] == "part_of"}:
        defect("facets.tsv", "holds other types than types.tsv says")
    for f in facets:
        if types[f["type"]]["of"] != f["whole"]:
            defect(f["type"], "another whole in types.tsv")
    for r in tsv("references.tsv"):
        if r["type"] not in types:
            defect(r["type"], "references.tsv: no such type")
        for target in r["targets"].split(","):
            if not listed(target):
                defect(r["type"], f"references {target}, which is not listed")
    for name in ("aws_made.tsv", "markers.tsv"):
        for r in tsv(name):
            if name == "markers.tsv" and (r["kind"] == "*" or r["sort"] == "tag"):
                continue
            text = r.get("when") or r["key"]
            if r["kind"] in shapes:
                try:
                    condition(rows[r["kind"]]["service"], *shapes[r["kind"]], text, rows[r["kind"]])
                except Defect as error:
                    defect(f"{name} {r['kind']}", error)
            elif not listed(r["kind"]):
                defect(f"{name} {r['kind']}", "is not listed")

    check_configuration(rows, shapes, services, actions)

    size = sum(p.stat().st_size for p in TABLE.iterdir() if p.suffix in (".tsv", ".jsonl"))
    if size > 900_000:
        defect("size", f"{size} bytes are over 900,000")
    for line in [line for line in defects if LATER.search(line)]:
        print(f"note: {line}, with these models; see LATER")
        defects.remove(line)
    for line in defects:
        print(line)
    print(f"{len(rows)} rows checked, {len(defects)} defects")
    return 1 if defects else 0


if __name__ == "__main__":
    sys.exit(main())
