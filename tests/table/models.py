"""What the service models of botocore say about a call, for build_table.py and check_table.py.

The table never needs a model at run time: these helpers turn model names into the names on the wire.
"""
import json
import re

import botocore.session
from botocore import serialize
from botocore.model import ServiceModel

_session = botocore.session.get_session()
_loader = _session.get_component("data_loader")
_models = {}
_pages = {}

# Directory buckets are listed by S3's second endpoint, which signs under another name.
SERVICE_OF = {"s3express": "s3"}
# Ours, best first. botocore may prefer CBOR, which the caller does not speak.
PROTOCOLS = ["json", "query", "ec2", "rest-json", "rest-xml"]
READS = re.compile(r"^(List|Describe|Get|Head|BatchGet|Lookup|Search)[A-Z]")
# Operations that answer with secrets. None may stand in the table.
SECRETS = re.compile(
    r"^(GetSecretValue|BatchGetSecretValue|GetParameters?|GetParametersByPath|GetParameterHistory|GetObject|GetPasswordData|"
    r"GetLoginProfile|GetSessionToken|GetFederationToken|GetAuthorizationToken|GetCredentials\w*|GetRandomPassword|"
    r"ListAPIKeys|GetInstanceAccessDetails|GetRelationalDatabaseMasterUserPassword|GetBucketAccessKeys|GetIdentityPoolRoles)$"
)
RESERVED = re.compile(r"^(partition|region|account|each|(parent\.)+(id|arn|name))$")
PLACEHOLDER = re.compile(r"\{([^{}]+)\}")


class Defect(Exception):
    """A row that the models do not support."""


def model(service):
    if service not in _models:
        real = SERVICE_OF.get(service, service)
        try:
            raw = _loader.load_service_model(real, "service-2")
        except Exception as error:
            raise Defect(f"no service {service}") from error
        _models[service] = ServiceModel(raw, real)
        try:
            _pages[service] = _loader.load_service_model(real, "paginators-1")["pagination"]
        except Exception:
            _pages[service] = {}
    return _models[service]


def paginator(service, op):
    model(service)
    return _pages[service].get(op)


def protocol(service):
    meta = model(service).metadata
    have = meta.get("protocols") or [meta["protocol"]]
    for name in PROTOCOLS:
        if name in have:
            return name
    raise Defect(f"{service} speaks none of our protocols: {have}")


def operation(service, op):
    m = model(service)
    if op not in m.operation_names:
        raise Defect(f"{service} has no operation {op}")
    return m.operation_model(op)


# --- requests -------------------------------------------------------------------------------------

def _mask(value):
    """Stands placeholders in for letters that no serializer escapes."""
    if isinstance(value, str):
        return PLACEHOLDER.sub(lambda m: "ZQ" + m.group(1).replace(".", "ZD") + "QZ", value)
    if isinstance(value, list):
        return [_mask(v) for v in value]
    if isinstance(value, dict):
        return {k: _mask(v) for k, v in value.items()}
    return value


def _unmask(text):
    return re.sub(r"ZQ(.*?)QZ", lambda m: "{" + m.group(1).replace("ZD", ".") + "}", text)


def _unmask_all(value):
    if isinstance(value, str):
        return _unmask(value)
    if isinstance(value, list):
        return [_unmask_all(v) for v in value]
    if isinstance(value, dict):
        return {k: _unmask_all(v) for k, v in value.items()}
    return value


def wire(service, op, params):
    """The request on the wire: method, uri, query, headers, body or form; placeholders kept."""
    om = operation(service, op)
    proto = protocol(service)
    out = serialize.create_serializer(proto, False).serialize_to_request(_mask(params), om)
    path, _, inline = out["url_path"].partition("?")
    query = {}
    for part in filter(None, inline.split("&")):
        key, _, val = part.partition("=")
        query[key] = _unmask(val)
    given = out["query_string"]
    if isinstance(given, str):
        given = dict(p.partition("=")[::2] for p in given.split("&") if p)
    for key, val in (given or {}).items():
        query[key] = [_unmask(str(v)) for v in val] if isinstance(val, list) else _unmask(str(val) if not isinstance(val, bool) else str(val).lower())
    headers = {k: _unmask(str(v)) for k, v in out["headers"].items() if k.lower() not in ("x-amz-target", "content-type", "content-length", "x-amzn-query-mode")}
    row = {"method": out["method"], "uri": _unmask(path)}
    if query:
        row["query"] = query
    if headers:
        row["headers"] = headers
    body = out["body"]
    if proto in ("query", "ec2"):
        row["form"] = {k: _unmask(str(v)) if not isinstance(v, bool) else str(v).lower() for k, v in body.items() if k not in ("Action", "Version")}
    elif proto in ("json", "rest-json"):
        if isinstance(body, bytes):
            body = body.decode()
        if body:
            row["body"] = _unmask_all(json.loads(body))
    elif body:
        raise Defect(f"{op} sends an XML body")
    return row


def diff_place(base, more):
    """Where `more` has a value that `base` has not: query:Name, header:Name, body:Name, form:Name."""
    found = []
    for part, label in (("query", "query"), ("headers", "header"), ("body", "body"), ("form", "form")):
        was, now = base.get(part, {}), more.get(part, {})
        for key in now:
            if key not in was:
                found.append(f"{label}:{key}")
    if len(found) != 1:
        raise Defect(f"a parameter lands in {found or 'no place'}")
    return found[0]


# --- responses ------------------------------------------------------------------------------------

def _wire_name(name, shape):
    if shape.type_name == "list" and shape.serialization.get("flattened"):
        inner = shape.member.serialization.get("name")
        if inner:
            return inner
    return shape.serialization.get("name", name)


def is_xml(service):
    return protocol(service) in ("query", "ec2", "rest-xml")


def child(service, shape, name):
    """The member `name` of a structure: (path on the wire, shape). Lists end in []."""
    if shape.type_name != "structure" or name not in shape.members:
        have = ", ".join(getattr(shape, "members", {})) or shape.type_name
        raise Defect(f"no member {name} in {shape.name} ({have})")
    member = shape.members[name]
    where = _wire_name(name, member)
    if member.type_name == "list":
        if is_xml(service) and not member.serialization.get("flattened"):
            tag = member.member.serialization.get("name", "member")
            return f"{where}.{tag}[]", member.member
        return f"{where}[]", member.member
    return where, member


def walk(service, shape, path):
    """A dotted path of member names, from a structure: (path on the wire, shape at its end)."""
    if path == ".":
        return ".", shape
    wired = []
    for name in path.split("."):
        piece, shape = child(service, shape, name)
        wired.append(piece)
    return ".".join(wired), shape


def output_path(service, op, path):
    """Like walk, from an operation's output; a payload member is the body itself and drops out."""
    om = operation(service, op)
    out = om.output_shape
    if out is None:
        raise Defect(f"{op} answers nothing")
    payload = out.serialization.get("payload")
    names = path.split(".")
    if payload:
        if names[0] != payload:
            raise Defect(f"{op} answers {payload}, not {names[0]}")
        rest = out.members[payload]
        if rest.type_name != "structure":
            raise Defect(f"{op} answers a bare {rest.type_name}")
        return walk(service, rest, ".".join(names[1:]))
    head = out.members.get(names[0])
    if head is not None and head.serialization.get("location") in ("header", "headers"):
        if len(names) > 1:
            raise Defect("a header has no members")
        return "header:" + head.serialization.get("name", names[0]), head
    return walk(service, out, path)


def expression(service, shape, text, detail=None):
    """A field expression in member names, turned into one in wire names. Checks every path."""
    if "{" in text:
        def inner(match):
            body = match.group(1)
            if RESERVED.match(body.split("|")[0]):
                return "{" + body + "}"
            return "{" + _alternatives(service, shape, body, detail) + "}"
        return PLACEHOLDER.sub(inner, text)
    return _alternatives(service, shape, text, detail)


def _alternatives(service, shape, text, detail):
    parts = []
    for alternative in text.split("||"):
        path, *filters = alternative.split("|")
        base = shape
        prefix = ""
        if path.startswith("detail:"):
            prefix, path, base = "detail:", path[7:], detail
            if detail is None:
                raise Defect(f"{text}: the row has no detail call")
        wired, end = walk(service, base, path)
        if end.type_name in ("structure", "list", "map"):
            raise Defect(f"{path} is a {end.type_name}, not a value")
        parts.append("|".join([prefix + wired] + filters))
    return "||".join(parts)


def condition(service, shape, text, detail=None):
    """A condition in member names, in wire names: FIELD==v, !=v, ^=prefix, ~=glob, FIELD?"""
    match = re.match(r"^(.*?)(==|!=|\^=|~=|\?$)(.*)$", text)
    if not match:
        raise Defect(f"not a condition: {text}")
    path, op, value = match.groups()
    base, prefix = shape, ""
    if path.startswith("detail:"):
        prefix, path, base = "detail:", path[7:], detail
    path, *filters = path.split("|")
    wired, end = walk(service, base, path)
    wired = "|".join([prefix + wired] + filters)
    if op in ("==", "!=") and getattr(end, "enum", None) and value not in end.enum:
        raise Defect(f"{value} is no value of {path}: {end.enum}")
    if op == "?":
        return f"{wired}?"
    if end.type_name in ("structure", "map"):
        raise Defect(f"{path} is a {end.type_name}")
    return f"{wired}{op}{value}"
