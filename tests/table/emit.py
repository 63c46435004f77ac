"""Writes the built table: sorted, one row a line, and one service a line."""
import json
import pathlib
import re

import botocore.session
from botocore.endpoint_provider import EndpointProvider

import models
from models import Defect

HERE = pathlib.Path(__file__).parent
PARTITIONS = {"aws": ("us-east-1", "eu-west-1"), "aws-cn": ("cn-north-1", "cn-northwest-1"), "aws-us-gov": ("us-gov-west-1", "us-gov-east-1")}
# Global services whose endpoint rules do not say so, or that live in one region: (service, region in aws).
LIVES_IN = {"globalaccelerator": "us-west-2", "route53-recovery-control-config": "us-west-2", "route53-recovery-readiness": "us-west-2",
            "devicefarm": "us-west-2", "cur": "us-east-1", "route53domains": "us-east-1", "ecr-public": "us-east-1", "chatbot": "us-east-2",
            "s3": "us-east-1", "networkmanager": "us-west-2", "shield": "us-east-1", "bcm-data-exports": "us-east-1",
            "notifications": "us-east-1", "notificationscontacts": "us-east-1"}
# Error codes by which a service says that it is not in use in this account or region. Never a denial.
NOT_IN_USE = {"organizations": "AWSOrganizationsNotInUseException", "securityhub": "InvalidAccessException", "s3control": "AccessGrantsInstanceNotExistsError",
              "servicecatalog": "TagOptionNotMigratedException", "shield": "ResourceNotFoundException",
              "opensearchserverless": "", "quicksight": "UnsupportedUserEditionException"}


def host(service, region):
    real = models.SERVICE_OF.get(service, service)
    loader = botocore.session.get_session().get_component("data_loader")
    rules = loader.load_service_model(real, "endpoint-rule-set-1")
    provider = EndpointProvider(rules, loader.load_data("partitions"))
    given = {"Region": region, "UseDualStack": False, "UseFIPS": False}
    if service == "s3express":
        given["UseS3ExpressControlEndpoint"] = True
    if real == "s3control":
        given.update(RequiresAccountId=True, AccountId="000000000000")
    if "ApiType" in rules["parameters"]:
        given["ApiType"] = "ControlPlane"
    given = {k: v for k, v in given.items() if k in rules["parameters"]}
    answer = provider.resolve_endpoint(**given)
    scheme = next((s for s in answer.properties.get("authSchemes", []) if s["name"] in ("sigv4", "sigv4-s3express")), {})
    name = answer.url.split("://")[1].rstrip("/").replace("000000000000", "{account}")
    return name, scheme.get("signingName"), scheme.get("signingRegion") or region


def service_row(service):
    meta = models.model(service).metadata
    proto = models.protocol(service)
    signing = models.model(service).signing_name
    cells, first = [], None
    for partition, (one, two) in PARTITIONS.items():
        try:
            a, b = host(service, one), host(service, two)
        except Exception:
            cells += ["", ""]
            continue
        signing = a[1] or signing
        home = LIVES_IN.get(service) if partition == "aws" else (one if service in LIVES_IN else None)
        if a[0] == b[0]:
            cells += [a[0], a[2]]
        else:
            cells += [a[0].replace(one, "{region}"), home or ""]
    return [service, proto, meta.get("jsonVersion", "") if proto == "json" else "", meta.get("targetPrefix", "") if proto == "json" else "",
            meta["apiVersion"], signing, *cells, re.sub(r"\W+", "_", meta["serviceId"]).upper(), NOT_IN_USE.get(service, ""),
            "DescribeEndpoints" if service.startswith("timestream-") and service != "timestream-influxdb" else ""]


def write_tsv(path, head, rows):
    text = "\t".join(head) + "\n" + "".join("\t".join(str(c) for c in row) + "\n" for row in rows)
    path.write_text(text)


def absent(service):
    """The regions in which botocore knows no endpoint of a regional service; None where it knows none at all."""
    session = botocore.session.get_session()
    every = [r for p in PARTITIONS for r in sorted(session.get_available_regions("ec2", p))]
    have = {r for p in PARTITIONS for r in session.get_available_regions(models.SERVICE_OF.get(service, service), p)}
    return [r for r in every if r not in have] if have else None


def item_of(build, kind):
    """The service, item shape and detail shape of a kind, described or listed."""
    over, facts = build.over(kind), build.facts.get(kind, {"list_op": None})
    given = facts["list_op"] or {}
    if kind in build.rows:
        service, op = build.rows[kind]["service"], build.rows[kind]["op"]
    else:
        service, op = given["service"], given["op"]
    out = models.operation(service, op).output_shape
    if kind in build.rows and "items" in over:
        path = over["items"].split(".")
    else:
        import build_table
        lists = list(build_table.find_lists(out))
        want = (given.get("result_key") or "").lower()
        pick = [x for x in lists if x[0][-1].lower() == want] or [x for x in lists if len(x[0]) == 1] or lists
        path = list(pick[0][0])
    item = models.output_path(service, op, ".".join(path))[1]
    detail = None
    if "detail" in over:
        match = re.match(r"^(\w+)(\{.*\}):(\w+)$", over["detail"])
        detail = models.output_path(service, match.group(1), match.group(3))[1]
    return service, item, detail


def aws_made(build):
    rows = []
    for line in (HERE / "aws_made.txt").read_text().splitlines():
        if not line or line.startswith("#"):
            continue
        match = re.match(r"^(\S+)  (.+?)  +([^ ].*)$", line)
        kind, conditions, reason = match.groups()
        if re.search(r"(Default|Sample)$", conditions) and "^=" in conditions and kind.startswith("aws_connect"):
            conditions += " "  # the prefix ends in a blank
        if not build.listed(kind):
            raise Defect(f"aws_made.txt: {kind} is not listed")
        service, item, detail = item_of(build, kind)
        wired = []
        for condition in re.split(r" && ", conditions):
            wired.append(models.condition(service, item, condition, detail))
        rows.append([kind, " && ".join(wired), reason])
    return sorted(rows)


def markers(build):
    rows = []
    for line in (HERE / "markers.txt").read_text().splitlines():
        if not line or line.startswith("#"):
            continue
        system, kind, sort, key, value, strength, note = re.split(r"  +", line)
        if kind != "*" and not build.listed(kind):
            raise Defect(f"markers.txt: {kind} is not listed")
        if sort == "field" and kind in build.rows:
            service, item, detail = item_of(build, kind)
            key = " && ".join(models.condition(service, item, part, detail) for part in key.split(" && "))
        rows.append([system, kind, sort, key, "" if value == "-" else value, strength, "" if note == "-" else note])
    return sorted(rows)


def canonical(build, kind):
    seen = set()
    while kind not in seen:
        seen.add(kind)
        entry = build.types.get(kind)
        if entry and entry[0] in ("alias", "part_of"):
            kind = entry[1]
    return kind


def references(build):
    rows = []
    for kind, edges in sorted(build.edges.items()):
        for edge in sorted(edges, key=lambda e: e["attr"]):
            targets = []
            for target in edge["targets"]:
                target = canonical(build, target)
                if build.listed(target) and target not in targets:
                    targets.append(target)
            top = re.match(r"\w+", edge["attr"]).group(0)
            if targets:
                rows.append([kind, edge["attr"], ",".join(targets)])
    return rows


def write(build, folder):
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "kinds.jsonl").open("w") as out:
        for kind in sorted(build.rows):
            out.write(json.dumps(build.rows[kind], separators=(",", ":"), ensure_ascii=False) + "\n")
    write_tsv(folder / "services.tsv",
              ["service", "protocol", "json", "target_prefix", "api_version", "signing_name", "host", "global", "host_cn", "global_cn", "host_gov", "global_gov", "service_id", "not_in_use", "discovery"],
              [service_row(s) for s in sorted({r["service"] for r in build.rows.values()})])
    services = sorted({r["service"] for r in build.rows.values()})
    write_tsv(folder / "regions.tsv", ["service", "absent"], [[s, " ".join(absent(s))] for s in services if absent(s) is not None])
    write_tsv(folder / "types.tsv", ["type", "disposition", "of", "join", "why"],
              [[k, d, of, join, extra if d == "not_inventoried" else ""] for k, (d, of, extra, join) in sorted(build.types.items())])
    write_tsv(folder / "facets.tsv", ["type", "whole", "attribute"],
              [[k, of, attr] for k, (d, of, attr, _) in sorted(build.types.items()) if d == "part_of"])
    write_tsv(folder / "references.tsv", ["type", "attribute", "targets"], references(build))
    write_tsv(folder / "aws_made.tsv", ["kind", "when", "reason"], aws_made(build))
    write_tsv(folder / "markers.tsv", ["system", "kind", "sort", "key", "value", "strength", "note"], markers(build))
    print({p.name: p.stat().st_size for p in sorted(folder.iterdir())})
