#!/usr/bin/env python3
"""Writes src/kinds/table/ from the reference facts and overrides.txt.

    build_table.py REFERENCE_FOLDER [ATTRIBUTES_JSON]

REFERENCE_FOLDER holds types.jsonl, list_ops.tsv, edges.jsonl, mapping_top.tsv and managed_by_markers.tsv.
ATTRIBUTES_JSON, if given, is {"aws_vpc": ["arn", "id", …]}: the top-level attributes of every type, from
`terraform providers schema -json`; with it every state attribute that the table names is checked.
Needs botocore. A row that the models do not support is a defect: it is printed, and nothing is written.
"""
import fnmatch
import json
import pathlib
import re
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parent))
import models
from models import Defect

HERE = pathlib.Path(__file__).parent
TABLE = HERE.parent.parent / "src" / "kinds" / "table"

DESCRIBED = """aws_vpc aws_subnet aws_security_group aws_internet_gateway aws_egress_only_internet_gateway aws_nat_gateway aws_eip
aws_route_table aws_network_acl aws_network_interface aws_vpc_endpoint aws_vpc_peering_connection aws_vpc_dhcp_options
aws_ec2_managed_prefix_list aws_flow_log aws_instance aws_key_pair aws_launch_template aws_placement_group aws_ebs_volume
aws_ebs_snapshot aws_ami aws_customer_gateway aws_vpn_gateway aws_vpn_connection aws_ec2_transit_gateway
aws_ec2_transit_gateway_vpc_attachment aws_ecs_cluster aws_ecs_service aws_ecs_task_definition aws_ecs_capacity_provider
aws_db_instance aws_rds_cluster aws_rds_cluster_instance aws_db_snapshot aws_db_cluster_snapshot aws_db_subnet_group
aws_db_parameter_group aws_rds_cluster_parameter_group aws_db_option_group aws_rds_global_cluster aws_db_proxy
aws_db_event_subscription aws_lb aws_lb_target_group aws_lb_listener aws_lb_listener_rule""".split()

# Page sizes where the model gives no maximum, from the services' API references. Elsewhere none is sent.
PAGE = {
    ("rds", "MaxRecords"): 100, ("redshift", "MaxRecords"): 100, ("elasticache", "MaxRecords"): 100, ("dms", "MaxRecords"): 100,
    ("autoscaling", "MaxRecords"): 100, ("elb", "PageSize"): 400, ("elbv2", "PageSize"): 400, ("cloudfront", "MaxItems"): 100,
    ("route53", "MaxItems"): 100, ("route53", "MaxResults"): 100, ("apigateway", "limit"): 500, ("sqs", "MaxResults"): 1000,
    ("s3", "MaxBuckets"): 1000, ("s3express", "MaxDirectoryBuckets"): 1000, ("dax", "MaxResults"): 100, ("efs", "MaxItems"): 100,
    ("efs", "MaxResults"): 100, ("glacier", "limit"): 10, ("iam", "MaxItems"): 1000, ("cognito-idp", "MaxResults"): 60,
    ("elasticbeanstalk", "MaxRecords"): 1000, ("ec2", "MaxResults"): 500, ("dynamodb", "Limit"): 100, ("firehose", "Limit"): 10000,
}
# Operations that take no page size beside a filter, or only smaller ones.
NO_PAGE = {("ec2", "DescribeVpcEndpointServiceConfigurations"), ("elasticbeanstalk", "DescribeEnvironments")}
TOKENS = ["NextToken", "nextToken", "Marker", "marker", "NextMarker", "nextMarker", "PageToken", "pageToken", "position",
          "PaginationToken", "nextPageToken", "ContinuationToken", "NextPageToken"]
LIMITS = ["MaxResults", "maxResults", "MaxItems", "maxItems", "MaxRecords", "Limit", "limit", "PageSize", "pageSize", "MaxBuckets", "MaxDirectoryBuckets", "maxRecords"]

IAM_PREFIX = {"events": "events", "cloudwatch": "cloudwatch", "logs": "logs", "sesv2": "ses", "ses": "ses", "opensearch": "es", "es": "es",
              "opensearchserverless": "aoss", "bedrock-agent": "bedrock", "elbv2": "elasticloadbalancing", "elb": "elasticloadbalancing",
              "apigatewayv2": "apigateway", "stepfunctions": "states", "pinpoint": "mobiletargeting", "efs": "elasticfilesystem",
              "emr": "elasticmapreduce", "amp": "aps", "application-insights": "applicationinsights", "pinpoint-sms-voice-v2": "sms-voice",
              "s3control": "s3", "s3express": "s3express", "sso-admin": "sso", "cloudhsmv2": "cloudhsm", "location": "geo",
              "keyspaces": "cassandra", "docdb-elastic": "docdb-elastic", "mwaa": "airflow", "application-autoscaling": "application-autoscaling",
              "iot": "iot", "kafkaconnect": "kafkaconnect", "kafka": "kafka", "lex-models": "lex", "lexv2-models": "lex",
              "chime-sdk-voice": "chime", "chime-sdk-media-pipelines": "chime", "servicecatalog-appregistry": "servicecatalog",
              "accessanalyzer": "access-analyzer", "customer-profiles": "profile", "appintegrations": "app-integrations",
              "codeguruprofiler": "codeguru-profiler", "ds": "ds", "datazone": "datazone", "dynamodb": "dynamodb", "ecr-public": "ecr-public",
              "timestream-write": "timestream", "timestream-query": "timestream", "resource-explorer-2": "resource-explorer-2"}
IAM_ACTION = {"s3.ListBuckets": "s3:ListAllMyBuckets", "s3express.ListDirectoryBuckets": "s3express:ListAllMyDirectoryBuckets",
              "amplify.ListWebhooks": "amplify:ListWebHooks", "budgets.DescribeBudgets": "budgets:ViewBudget", "memorydb.DescribeACLs": "memorydb:DescribeAcls",
              "keyspaces.ListKeyspaces": "cassandra:Select", "keyspaces.ListTables": "cassandra:Select"}

PIN = {"devicefarm": "us-west-2"}


def read_overrides():
    exact, globs = {}, []
    for number, line in enumerate((HERE / "overrides.txt").read_text().splitlines(), 1):
        if not line or line.startswith("#"):
            continue
        name, *settings = [part for part in re.split(r"  +|\t", line) if part]
        entry = {}
        for setting in settings:
            key, eq, value = setting.partition("=")
            if not eq:
                raise SystemExit(f"overrides.txt:{number}: {setting!r} is no setting")
            entry[key] = value
        if "*" in name:
            globs.append((name, entry))
        elif name in exact:
            raise SystemExit(f"overrides.txt:{number}: {name} stands twice")
        else:
            exact[name] = entry
    return exact, globs


def find_lists(shape, depth=0, path=()):
    if shape.type_name != "structure" or depth > 3:
        return
    for name, member in shape.members.items():
        if member.type_name == "list":
            yield path + (name,), member
        elif member.type_name == "structure" and name not in path:
            yield from find_lists(member, depth + 1, path + (name,))


def singular(name):
    name = name[0].upper() + name[1:]
    for suffix in ("SummaryList", "Summaries", "InfoList", "DetailsList", "DetailList", "Metadata", "List", "Set", "Collection"):
        if name.endswith(suffix) and len(name) > len(suffix):
            name = name[: -len(suffix)]
    if name.endswith("ies"):
        return name[:-3] + "y"
    if name.endswith(("sses", "xes")):
        return name[:-2]
    return name[:-1] if name.endswith("s") and not name.endswith("ss") else name


def guess_fields(kind, facts, path, item):
    """Field names by the models' own habits: what a person would pick from the item's members."""
    members = item.members
    low = {name.lower(): name for name in members}
    words = kind.split("_")[1:]
    nouns = [singular(path[-1]).lower(), "".join(words), "".join(words[1:]), words[-1], singular(item.name).lower()]
    if len(words) > 2:
        nouns.append("".join(words[-2:]))

    def get(suffix):
        for noun in nouns:
            if noun and noun + suffix in low:
                return low[noun + suffix]
        return low.get(suffix)

    from_state = None
    expr = (facts["id_expr"] or [""])[-1]
    if not expr.startswith("fmt"):
        for word in reversed(re.findall(r"\w+", expr)):
            if word.lower() in low and members[low[word.lower()]].type_name not in ("structure", "list"):
                from_state = low[word.lower()]
                break
    times = [n for n, m in members.items() if m.type_name == "timestamp"]
    created = [n for n in times if re.search("creat", n, re.I)] or [n for n in times if re.search("launch|requestedat|register", n, re.I)]
    created = created or [n for n, m in members.items() if m.type_name in ("string", "long") and re.search(r"^(creat\w*(time|date|at|on|timestamp)|creation(time|date)\w*)$", n, re.I)]
    value = lambda n: n if n and members[n].type_name not in ("structure", "list", "map") else None
    return {
        "arn": value(low.get("arn") or get("arn")), "state_id": from_state, "id": value(get("id")),
        "name": value(low.get("name") or get("name") or low.get("displayname")), "created": created[0] if created else None,
    }


def split_join(text):
    return [part.strip() for part in re.split(r",(?![^{]*\})", text)] if text else []


class Build:
    def __init__(self, reference, attributes):
        ref = pathlib.Path(reference)
        self.facts = {t["type"]: t for t in map(json.loads, (ref / "types.jsonl").open())}
        self.edges = {e["type"]: e["edges"] for e in map(json.loads, (ref / "edges.jsonl").open())}
        self.limits = {}
        for line in (ref / "list_ops.tsv").read_text().splitlines()[1:]:
            col = line.split("\t")
            self.limits[(col[0], col[1])] = int(col[5]) if col[5].isdigit() else None
        self.cfn = {}
        for line in (ref / "mapping_top.tsv").read_text().splitlines()[1:]:
            col = line.split("\t")
            self.cfn[col[0]] = col[1]
        self.markers = (ref / "managed_by_markers.tsv").read_text().splitlines()
        self.exact, self.globs = read_overrides()
        self.attributes = json.loads(pathlib.Path(attributes).read_text()) if attributes else None
        self.rows, self.types, self.guessed, self.defects = {}, {}, [], []

    def over(self, kind):
        merged = {}
        for pattern, entry in self.globs:
            if fnmatch.fnmatchcase(kind, pattern):
                merged.update(entry)
        own = self.exact.get(kind)
        if own:
            # A disposition of the type's own outranks one that a pattern gives.
            if any(k in own for k in ("alias", "part_of", "no", "call", "items", "parent", "id", "join", "arn", "params", "keep")):
                for k in ("alias", "part_of", "no"):
                    merged.pop(k, None)
            merged.update(own)
        return merged

    def defect(self, kind, text):
        self.defects.append(f"{kind}: {text}")

    def has(self, kind, attribute):
        return self.attributes is None or attribute in self.attributes.get(kind, [])

    # --- dispositions

    def run(self):
        for kind, facts in sorted(self.facts.items()):
            over = self.over(kind)
            if kind in DESCRIBED:
                self.types[kind] = ("described", "", "", "")
            elif "alias" in over:
                self.types[kind] = ("alias", over["alias"], "", over.get("join", ""))
            elif "no" in over:
                self.types[kind] = ("not_inventoried", "", over["no"], "")
            elif "part_of" in over:
                self.part(kind, *over["part_of"].split(":", 1))
            elif facts["kind"] == "singleton":
                self.types[kind] = ("not_inventoried", "", "a setting of the account, region or organization", "")
            elif facts["kind"] == "action":
                self.types[kind] = ("not_inventoried", "", "an act, not an object", "")
            elif facts["kind"] == "standalone" or any(k in over for k in ("call", "parent", "id", "join", "items")):
                try:
                    self.row(kind, facts, over)
                except Defect as error:
                    self.defect(kind, error)
                    self.types[kind] = ("not_inventoried", "", f"the API has no usable list ({error})", "")
            else:
                self.types[kind] = None  # part of something, found once all rows stand
        for kind, over in self.exact.items():
            if kind.startswith("_"):
                try:
                    self.row(kind, {"id_expr": [], "list_op": None, "has_arn": False, "id_attr": "absent", "other_arn_attrs": [], "scope": "regional", "arn_is_input": False, "cfn_type": None, "kind": "helper"}, over)
                except Defect as error:
                    self.defect(kind, error)
            elif kind not in self.facts:
                self.defect(kind, "an override for no type")
        for kind in [k for k, v in self.types.items() if v is None]:
            self.guess_part(kind)
        self.check_links()

    def listed(self, kind):
        return kind in DESCRIBED or kind in self.rows or (self.types.get(kind) or ("",))[0] == "alias"

    def part(self, kind, whole, attribute):
        if not self.has(kind, attribute):
            self.defect(kind, f"has no attribute {attribute} ({', '.join(self.attributes[kind])})")
        self.types[kind] = ("part_of", whole, attribute, "")

    def guess_part(self, kind):
        """The whole of a facet, attachment or child: the required reference that shares most of its name."""
        best = None
        for edge in self.edges.get(kind, []):
            attribute, targets = edge["attr"], edge["targets"]
            if "[" in attribute or "." in attribute:
                continue
            for target in targets:
                score = len(pathlib.os.path.commonprefix([kind, target + "_"]))
                if self.listed(target) and score > len("aws_") + 2:
                    required = attribute in self.facts[kind]["required"]
                    key = (score == len(target) + 1, score, required, -len(attribute))
                    if best is None or key > best[0]:
                        best = (key, target, attribute)
        if best:
            self.guessed.append(kind)
            self.part(kind, best[1], best[2])
        else:
            self.types[kind] = ("not_inventoried", "", "NO WHOLE FOUND", "")
            self.defect(kind, f"no whole found ({self.facts[kind]['kind']}; required {self.facts[kind]['required']}; {self.edges.get(kind)})")

    # --- a row

    def row(self, kind, facts, over):
        given = facts["list_op"] or {}
        service, _, op = over.get("call", "").partition(".")
        if not op:
            service, op = given.get("service"), given.get("op")
        if not op:
            raise Defect("no list operation is known")
        om = models.operation(service, op)
        inp = om.input_shape
        members = inp.members if inp is not None else {}
        params = json.loads(over["params"]) if "params" in over else {}
        each = None
        if "each" in over:
            name, values = over["each"].split(":", 1)
            if name not in members:
                raise Defect(f"{op} has no parameter {name}")
            values = members[name].enum if values == "*" else values.split("|")
            each = list(values)
            params[name] = "{each}"
        needed = [m for m in (inp.required_members if inp is not None else []) if m not in params]
        if needed:
            raise Defect(f"{op} needs {', '.join(needed)}")

        # Where the items are.
        if "items" in over:
            path = over["items"].split(".")
        else:
            lists = list(find_lists(om.output_shape))
            want = (given.get("result_key") or "").lower()
            pick = [x for x in lists if x[0][-1].lower() == want] or [x for x in lists if want and ".".join(x[0]).lower().endswith(want)]
            pick = pick or [x for x in lists if len(x[0]) == 1] or lists
            if not pick:
                raise Defect(f"{op} answers no list")
            path = list(pick[0][0])
        items, item = models.output_path(service, op, ".".join(path))

        # Which fields are what.
        guess = guess_fields(kind, facts, path, item) if item.type_name == "structure" else {"id": ".", "arn": None, "name": None, "created": None, "state_id": None}
        detail_shape = detail = None
        if "detail" in over:
            match = re.match(r"^(\w+)(\{.*\}):(\w+)$", over["detail"])
            d_op, d_params, d_path = match.groups()
            d_params = json.loads(d_params)
            d_items, detail_shape = models.output_path(service, d_op, d_path)
            wire = models.wire(service, d_op, d_params)
            detail = {"op": d_op, **wire, "path": d_items}
        exprs = {}
        for field in ("id", "arn", "name", "created", "region"):
            text = over.get(field)
            if text is None:
                text = guess.get("state_id") or guess.get("id") or guess.get("name") or guess.get("arn") if field == "id" else guess.get(field)
            if text and text != "-":
                exprs[field] = models.expression(service, item, text, detail_shape)
        if "id" not in exprs:
            raise Defect(f"no id in {item.name}")

        # How a state joins.
        if "join" in over:
            join = split_join(over["join"])
        else:
            join = []
            if "arn" in exprs and (facts["has_arn"] or facts["arn_is_input"]):
                join.append("arn")
            expr = (facts["id_expr"] or [""])[-1]
            plain = "id" in over or guess.get("state_id") or (re.match(r"^\w*name$", expr, re.I) and exprs["id"] == exprs.get("name"))
            if facts["id_attr"] != "absent" and plain:
                join.append("id")
        if facts["kind"] != "helper":
            self.check_join(kind, facts, join, exprs)

        # The request, its page size and its tokens.
        row = {"kind": kind, "service": service, "op": op}
        proto = models.protocol(service)
        base = models.wire(service, op, params)
        rest = proto.startswith("rest")
        for key in ("method", "uri") if rest else ():
            row[key] = base[key]
        for key in ("query", "headers", "form", "body"):
            if base.get(key):
                row[key] = base[key]
        host_prefix = (om.endpoint or {}).get("hostPrefix")
        if host_prefix and service not in ("s3control",):
            row["host_prefix"] = host_prefix
        if each:
            row["each"] = each
        page = models.paginator(service, op) or {}
        limit = page.get("limit_key")
        if limit is None or limit not in members:
            limit = next((n for n in LIMITS if n in members), None)
        if limit and limit not in params and (service, op) not in NO_PAGE:
            shape = members[limit]
            top = shape.metadata.get("max") or self.limits.get((service, op)) or PAGE.get((service, limit))
            if top:
                top = min(int(top), 10000 if service == "firehose" else 1000)
                value = str(top) if shape.type_name == "string" else top
                row["page"] = models.diff_place(base, models.wire(service, op, {**params, limit: value})) + f"={top}"
                if shape.type_name == "string":
                    row["page"] = row["page"].replace("body:", "body_string:")
        if "tokens" in over:
            tokens = []
            for pair in over["tokens"].split(","):
                given, answered = pair.split(":", 1)
                place = models.diff_place(base, models.wire(service, op, {**params, given: "t"}))
                if answered.startswith("@last:"):
                    tokens.append([place, "@last:" + models.expression(service, item, answered[6:])])
                else:
                    tokens.append([place, models.output_path(service, op, answered)[0]])
        else:
            tokens = self.tokens(service, op, om, members, page, params, base)
        if tokens:
            row["tokens"] = tokens
        if "more" in over or page.get("more_results"):
            row["more"] = models.output_path(service, op, over.get("more") or page["more_results"])[0]
        row["items"] = items
        row.update(exprs)
        if detail:
            if rest:
                row["detail"] = detail
            else:
                row["detail"] = {k: v for k, v in detail.items() if k not in ("method", "uri")}
        for key in ("keep", "drop"):
            if over.get(key, "-") != "-":
                row[key] = [models.condition(service, item, c, detail_shape) for c in over[key].split(",")]
        if "parent" in over:
            row["parent"] = over["parent"].split(",")
        if over.get("at"):
            row["at"] = over["at"]
        if join:
            row["join"] = join
        if facts["cfn_type"] or self.cfn.get(kind):
            row["cfn"] = facts["cfn_type"] or self.cfn[kind]
        row["iam"] = self.iam(service, op, rest, base) + (self.iam(service, detail["op"], rest, detail) if detail else [])
        if over.get("data", "-") != "-":
            row["data"] = over["data"]
        if over.get("whole"):
            whole, field, *when = over["whole"].split("::" if "::" in over["whole"] else ":", 2)
            row["whole"] = {"kind": whole, "field": models.expression(service, item, field)}
            if when:
                row["whole"]["when"] = models.condition(service, item, when[0])
        self.rows[kind] = row
        if not kind.startswith("_"):
            self.types[kind] = ("listed", "", "", "")

    def check_join(self, kind, facts, join, exprs):
        if not join:
            raise Defect("nothing in a state would join it")
        for part in join:
            left, _, right = part.partition("=")
            right = right or left
            if right not in exprs:
                self.defect(kind, f"join {part}: the row has no {right}")
            for attribute in re.findall(r"\{(\w+)\}", left) or [left]:
                if not self.has(kind, attribute):
                    self.defect(kind, f"join {part}: the type has no attribute {attribute} ({', '.join(self.attributes.get(kind, []))})")

    def tokens(self, service, op, om, members, page, params, base):
        def listed(value):
            return value if isinstance(value, list) else [value] if value else []
        pairs = []
        ins, outs = listed(page.get("input_token")), listed(page.get("output_token"))
        for given, answered in zip(ins, outs):
            answered = answered.split("||")[0].strip()
            if "[-1]" in answered:
                pairs = []
                break
            pairs.append((given, answered))
        if not pairs and om.output_shape is not None:
            out = om.output_shape
            nested = [""] + [n + "." for n, m in out.members.items() if m.type_name == "structure"]
            given = next((t for t in TOKENS if t in members), None)
            if given:
                # `Marker` beside `NextMarker` only echoes the question.
                candidates = ["NextToken", "nextToken", "NextMarker", "nextMarker", "nextPageToken", "NextPageToken", given, "Marker", "marker", "PaginationToken"]
                for prefix in nested:
                    shape = out if not prefix else out.members[prefix[:-1]]
                    hit = next((t for t in candidates if t in shape.members), None)
                    if hit:
                        pairs = [(given, prefix + hit)]
                        break
        if not pairs and page and "[-1]" in str(page.get("output_token")):
            raise Defect(f"{op} pages by its last item: say so in overrides.txt")
        wired = []
        for given, answered in pairs:
            place = models.diff_place(base, models.wire(service, op, {**params, given: "t"}))
            wired.append([place, models.output_path(service, op, answered)[0]])
        return wired

    def iam(self, service, op, rest, wire):
        full = f"{service}.{op}"
        if full in IAM_ACTION:
            return [IAM_ACTION[full]]
        if service in ("apigateway", "apigatewayv2"):
            return ["apigateway:GET"]
        prefix = IAM_PREFIX.get(service) or models.model(service).signing_name
        return [f"{prefix}:{op}"]

    def check_links(self):
        for kind, entry in self.types.items():
            disposition, of = entry[0], entry[1]
            if disposition in ("alias", "part_of") and not (of in DESCRIBED or of in self.rows):
                target = self.types.get(of)
                if disposition == "part_of" and target and target[0] == "alias":
                    self.types[kind] = (disposition, target[1], entry[2], entry[3])
                else:
                    self.defect(kind, f"is {disposition} of {of}, which is {target and target[0]}")
            if disposition == "alias" and entry[3]:
                for part in split_join(entry[3]):
                    for attribute in re.findall(r"\{(\w+)\}", part.split("=")[0]) or [part.split("=")[0]]:
                        if not self.has(kind, attribute):
                            self.defect(kind, f"alias join {part}: no attribute {attribute} ({', '.join(self.attributes.get(kind, []))})")
        for kind, row in self.rows.items():
            for parent in row.get("parent", []):
                if not (parent in self.rows or parent in DESCRIBED):
                    self.defect(kind, f"parent {parent} is not listed")
                elif parent in self.rows and "{parent.name}" in json.dumps(row) and "name" not in self.rows[parent]:
                    self.defect(kind, f"parent {parent} has no name")
                elif parent in self.rows and "{parent.arn}" in json.dumps(row) and "arn" not in self.rows[parent]:
                    self.defect(kind, f"parent {parent} has no ARN")
            text = json.dumps(row)
            if "{parent." in text and "parent" not in row:
                self.defect(kind, "names a parent and has none")


if __name__ == "__main__":
    build = Build(sys.argv[1], sys.argv[2] if len(sys.argv) > 2 else None)
    build.run()
    for line in build.defects:
        print(line)
    import collections
    print(collections.Counter(v[0] for v in build.types.values()), len(build.rows), "rows;", len(build.defects), "defects")
    if build.defects and "--force" not in sys.argv:
        sys.exit(1)
    import emit
    emit.write(build, TABLE)
