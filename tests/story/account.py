#!/usr/bin/env python3
"""A recorded AWS account: record it once, stand it up again in seconds.

    account.py record FILE            an empty account whose changes are written to FILE
    account.py serve  ACCOUNT         the recorded account, on a free loopback port
    account.py verify ACCOUNT...      stands it up and asserts that what its states hold is live

ACCOUNT is a folder with a `recording.jsonl.gz` (or `recording.jsonl`), or such a file.
`record` and `serve` print one line, `ready http://127.0.0.1:PORT`, when they can be used, and
stop on SIGTERM, SIGINT, or when their standard input ends (with --until-eof).

The account is moto's, run in this process, with these differences, which make it repeatable:

* Only requests that changed something are recorded, and each is preceded by a seed. So ids do
  not depend on how often somebody polled, or in which order.
* Requests are served one at a time, in the order in which they are recorded.
* The clock is the recording's. It stands still while nothing changes, so `2.5 years ago` is a
  fact of the recording and not of the day on which it is played.

The recording keeps the format of moto's own recorder (one JSON object a line; the extra key
`clock` is ours), and the seeds are lines of their own: a plain `moto_server` can replay it too.
"""

import argparse
import base64
import datetime
import gzip
import hashlib
import io
import json
import os
import pathlib
import random
import re
import signal
import sys
import threading
import urllib.parse
import uuid

# What a plain moto_server needs as well to give the same answers.
os.environ.setdefault("MOTO_IAM_LOAD_MANAGED_POLICIES", "true")
os.environ.setdefault("AWS_ACCESS_KEY_ID", "test")
os.environ.setdefault("AWS_SECRET_ACCESS_KEY", "test")
for name in ("MOTO_ENABLE_RECORDING", "AWS_PROFILE", "AWS_SESSION_TOKEN"):
    os.environ.pop(name, None)

FIRST_SEED = 42
# The regions that an account has without opting in. Each has a default VPC with ids drawn at
# first sight, so they are all seen at the start, in this order.
REGIONS = (
    "ap-northeast-1 ap-northeast-2 ap-northeast-3 ap-south-1 ap-southeast-1 ap-southeast-2 "
    "ca-central-1 eu-central-1 eu-north-1 eu-west-1 eu-west-2 eu-west-3 sa-east-1 us-east-1 "
    "us-east-2 us-west-1 us-west-2"
).split()
BIRTH = "2024-05-14T08:30:00Z"
# Verbs of operations that change nothing. Everything else is recorded, and so is what they miss:
# an operation recorded in vain costs a line, one left out costs the account.
READS = re.compile(
    r"^(Describe|List|Get|Head|BatchGet|Lookup|Search|Simulate|Validate|Preview|Check|Estimate)"
)
KEPT_HEADERS = (
    "Authorization Content-Type X-Amz-Target X-Amz-Acl X-Amz-Bucket-Object-Lock-Enabled X-Amzn-Principal"
).split()
# Listings that moto does not have. Nothing of their kinds can be made there, so they list nothing.
NOTHING = {
    "DescribePlacementGroups": "<DescribePlacementGroupsResponse><placementGroupSet/></DescribePlacementGroupsResponse>",
} | {
    name: f"<{name}Response><{name}Result><{items}/></{name}Result></{name}Response>"
    for name, items in (("DescribeDBClusterAutomatedBackups", "DBClusterAutomatedBackups"),)
}
# And a question that Terraform asks before it plans.
NOTHING["ValidateStateMachineDefinition"] = '{"result":"OK","diagnostics":[]}'


def parse_time(text):
    return datetime.datetime.fromisoformat(text.replace("Z", "+00:00")).replace(tzinfo=None)


def show_time(when):
    return when.strftime("%Y-%m-%dT%H:%M:%SZ")


class Clock:
    """The one clock that everything in the account is stamped with."""

    def __init__(self):
        self.now = parse_time(BIRTH)
        self.shift = datetime.timedelta()

    def read(self):
        return self.now + self.shift

    def take_over(self):
        import moto.core.utils as utils

        utils.__dict__["_story_clock"] = self

        def utcnow():
            return _story_clock.read()  # noqa: F821 (a global of moto.core.utils)

        # The code is replaced, not the name: most modules have imported the name already.
        utils.utcnow.__code__ = utcnow.__code__


def correct_moto(account):
    """What moto does otherwise than AWS, and the story needs right. None of it draws an id.

    Where a name is taken, moto puts the new thing in the old one's place. AWS refuses a second
    subnet group, and answers a second CreateCluster with the cluster that there is. Neither
    changes anything, so neither is recorded.

    moto takes the id of a listener's default rule from the process's memory.

    The network interfaces that come with an instance go with it, unless somebody said otherwise,
    and those of a NAT gateway or an interface endpoint are the service's: nobody can claim them.

    A volume's attachment says, as the instance does, whether the volume goes with the instance.

    And an account's capacity providers and option groups can be listed without naming them.
    """
    from moto.ec2.models.elastic_block_store import VolumeAttachment
    from moto.ec2.models.instances import Instance
    from moto.ec2.models.nat_gateways import NatGateway
    from moto.ec2.models.vpcs import VPCBackend
    from moto.ecs.models import EC2ContainerServiceBackend
    from moto.elbv2.models import FakeRule
    from moto.rds.exceptions import RDSClientError
    from moto.rds.models import RDSBackend

    make_rule = FakeRule.__init__
    create_group = RDSBackend.create_subnet_group
    create_cluster = EC2ContainerServiceBackend.create_cluster
    describe_providers = EC2ContainerServiceBackend.describe_capacity_providers
    describe_option_groups = RDSBackend.describe_option_groups
    make_interfaces = Instance.prep_nics
    make_nat = NatGateway.__init__
    create_endpoint = VPCBackend.create_vpc_endpoint

    def group_once(self, subnet_name, *rest, **named):
        if subnet_name in self.subnet_groups:
            raise RDSClientError(
                "DBSubnetGroupAlreadyExists", f"The DB subnet group '{subnet_name}' already exists."
            )
        return create_group(self, subnet_name, *rest, **named)

    def cluster_once(self, cluster_name, *rest, **named):
        there = self.clusters.get(cluster_name)
        if there is not None and there.status == "ACTIVE":
            account.unchanged = True
            return there
        return create_cluster(self, cluster_name, *rest, **named)

    def rule_with_lasting_id(self, listener_arn, *rest, **named):
        make_rule(self, listener_arn, *rest, **named)
        rule = hashlib.sha256(listener_arn.encode()).hexdigest()[:16]
        self.arn = f"{listener_arn.replace(':listener/', ':listener-rule/')}/{rule}"

    def interfaces_that_go_along(self, nic_spec, *rest, **named):
        make_interfaces(self, nic_spec, *rest, **named)
        settled = {
            int(nic["DeviceIndex"])
            for nic in nic_spec
            if nic.get("NetworkInterfaceId") or nic.get("DeleteOnTermination") is not None
        }
        for index, interface in self.nics.items():
            interface.delete_on_termination |= index not in settled

    def endpoint_with_its_interfaces(self, *rest, **named):
        endpoint = create_endpoint(self, *rest, **named)
        for name in endpoint.network_interface_ids or []:
            interface = self.get_network_interface(name)
            of_service(interface, "vpc_endpoint", f"VPC Endpoint Interface {endpoint.id}")
        return endpoint

    def nat_with_its_interface(self, *rest, **named):
        make_nat(self, *rest, **named)
        of_service(self._eni, "nat_gateway", f"Interface for NAT Gateway {self.id}")

    def of_service(interface, kind, description):
        interface.interface_type = kind
        interface.requester_managed = True
        interface.description = description

    def goes_along(self):
        device = self.instance.block_device_mapping.get(self.device)
        return device is not None and bool(device.delete_on_termination)

    def all_providers(self, names):
        return describe_providers(self, list(self.capacity_providers) if names is None else names)

    def all_option_groups(self, wanted):
        if "option_group_name" not in wanted:
            return list(self.option_groups.values())
        return describe_option_groups(self, wanted)

    FakeRule.__init__ = rule_with_lasting_id
    RDSBackend.create_subnet_group = group_once
    EC2ContainerServiceBackend.create_cluster = cluster_once
    EC2ContainerServiceBackend.describe_capacity_providers = all_providers
    Instance.prep_nics = interfaces_that_go_along
    VolumeAttachment.delete_on_termination = property(goes_along)
    NatGateway.__init__ = nat_with_its_interface
    RDSBackend.describe_option_groups = all_option_groups
    VPCBackend.create_vpc_endpoint = endpoint_with_its_interfaces


def mark_what_services_make():
    """What a service makes for itself says so at AWS, and not at moto. None of it draws an id.

    The network interfaces of a mount target and of a resolver's endpoint are the service's, as are
    the hosted zones of Cloud Map's namespaces.

    The instances of a fleet bear its tag, and an instance names the spot request that it came of.

    A peering of transit gateways is no attachment of a VPC, dashboards are of no region, and a queue
    is where AWS has it, not where this server happens to listen.
    """
    from moto.cloudwatch.models import CloudWatchBackend
    from moto.ec2.models.fleets import FleetsBackend
    from moto.ec2.models.spot_requests import SpotInstanceRequest
    from moto.ec2.models.transit_gateway_attachments import TransitGatewayAttachmentBackend
    from moto.efs.models import EFSBackend
    from moto.route53.models import Route53Backend
    from moto.route53resolver.models import Route53ResolverBackend
    from moto.sqs.models import Queue

    create_mount_target = EFSBackend.create_mount_target
    create_endpoint = Route53ResolverBackend.create_resolver_endpoint
    create_zone = Route53Backend.create_hosted_zone
    create_fleet = FleetsBackend.create_fleet
    launch = SpotInstanceRequest.launch_instance
    describe_attachments = TransitGatewayAttachmentBackend.describe_transit_gateway_vpc_attachments

    def mount_target_with_its_interface(self, *rest, **named):
        target = create_mount_target(self, *rest, **named)
        interface = self.ec2_backend.get_network_interface(target.network_interface_id)
        interface.interface_type = "efs"
        interface.requester_managed = True
        interface.description = f"EFS mount target for {target.file_system_id} ({target.mount_target_id})"
        return target

    def endpoint_with_its_interfaces(self, *rest, **named):
        endpoint = create_endpoint(self, *rest, **named)
        for interface in self.ec2_backend.describe_network_interfaces():
            if interface.description.startswith(f"Route 53 Resolver: {endpoint.id}:"):
                interface.requester_managed = True
        return endpoint

    def zone_of_its_service(self, name, private_zone, *rest, **named):
        zone = create_zone(self, name, private_zone, *rest, **named)
        if "dns namespace" in (named.get("comment") or ""):
            zone.linked_service = {"ServicePrincipal": "servicediscovery.amazonaws.com"}
        return zone

    def only_of_a_vpc(self, *rest, **named):
        return [one for one in describe_attachments(self, *rest, **named) if one.resource_type == "vpc"]

    def fleet_with_its_tag(self, *rest, **named):
        fleet = create_fleet(self, *rest, **named)
        for one in [*fleet.on_demand_instances, *fleet.spot_requests]:
            instance = one["instance"] if isinstance(one, dict) else one.instance
            self.create_tags([instance.id], {"aws:ec2:fleet-id": fleet.id})
        return fleet

    def instance_of_its_request(self):
        instance = launch(self)
        instance.spot_instance_request_id = self.id
        return instance

    def dashboards(self):
        return boards.setdefault(self.account_id, {})

    def queue_of_its_region(self, _):
        return f"https://sqs.{self.region}.amazonaws.com/{self.account_id}/{self.name}"

    boards = {}
    Queue.url = queue_of_its_region
    # Each backend would set a dictionary of its own.
    CloudWatchBackend.dashboards = property(dashboards, lambda self, _: None)
    FleetsBackend.create_fleet = fleet_with_its_tag
    SpotInstanceRequest.launch_instance = instance_of_its_request
    EFSBackend.create_mount_target = mount_target_with_its_interface
    Route53ResolverBackend.create_resolver_endpoint = endpoint_with_its_interfaces
    Route53Backend.create_hosted_zone = zone_of_its_service
    TransitGatewayAttachmentBackend.describe_transit_gateway_vpc_attachments = only_of_a_vpc


class Account:
    """moto, its clock, and perhaps a file to which changes are written."""

    def __init__(self):
        self.clock = Clock()
        self.clock.take_over()
        from moto.moto_api._internal import mock_random

        # Some services would ask the machine for an id. (Before they are imported: some import the name.)
        uuid.uuid4 = mock_random.uuid4
        from moto.server import DomainDispatcherApplication, create_backend_app

        correct_moto(self)
        mark_what_services_make()
        self.unchanged = False
        self.app = DomainDispatcherApplication(create_backend_app)
        self.lock = threading.Lock()
        self.seed = FIRST_SEED
        self.out = None
        self.tick = datetime.timedelta(seconds=20)

    # --- one request

    def call(self, entry):
        """Runs one recorded request and returns the status."""
        from werkzeug.test import EnvironBuilder, run_wsgi_app

        url = urllib.parse.urlsplit(entry["url"])
        body = entry["body"] or ""
        body = base64.b64decode(body) if entry["body_encoded"] else body.encode()
        environ = EnvironBuilder(
            path=url.path,
            query_string=url.query,
            base_url=f"{url.scheme}://{url.netloc}",
            method=entry["method"],
            headers=entry["headers"],
            data=body,
        ).get_environ()
        chunks, status, _ = run_wsgi_app(self.app, environ)
        for _ in chunks:
            pass
        return status

    def reseed(self):
        entry = {
            "method": "POST",
            "url": f"http://127.0.0.1:5000/moto-api/seed?a={self.seed}",
            "headers": {},
            "body": "",
            "body_encoded": False,
        }
        self.call(entry)
        random.seed(self.seed)
        self.seed += 1
        return entry

    def write(self, *entries):
        for entry in entries:
            self.out.write(json.dumps(entry, sort_keys=True) + "\n")
        self.out.flush()

    def begin(self):
        """The first lines of a new account: every region is seen once."""
        for region in REGIONS:
            seed = self.reseed()
            scope = f"20240514/{region}/ec2/aws4_request"
            entry = {
                "method": "POST",
                "url": "http://127.0.0.1:5000/",
                "headers": {
                    "Authorization": f"AWS4-HMAC-SHA256 Credential=test/{scope}, SignedHeaders=host, Signature=0",
                    "Content-Type": "application/x-www-form-urlencoded; charset=utf-8",
                },
                "body": "Action=DescribeVpcs&Version=2016-11-15",
                "body_encoded": False,
                "clock": show_time(self.clock.now),
            }
            self.call(entry)
            self.write(seed, entry)

    def replay(self, lines):
        for line in lines:
            entry = json.loads(line)
            if "clock" in entry:
                self.clock.now = parse_time(entry["clock"])
            if "/moto-api/seed?a=" in entry["url"]:
                self.seed = int(entry["url"].rsplit("=", 1)[1]) + 1
                random.seed(self.seed - 1)
            self.call(entry)

    # --- as a web server

    def __call__(self, environ, start_response):
        path = environ.get("PATH_INFO", "")
        if path.startswith("/story/"):
            return self.control(environ, start_response)
        length = int(environ.get("CONTENT_LENGTH") or 0)
        body = environ["wsgi.input"].read(length)
        nothing = NOTHING.get(operation(environ, body))
        if nothing is not None:
            body = nothing.encode()
            form = "application/json" if body.startswith(b"{") else "text/xml"
            start_response("200 OK", [("Content-Type", form), ("Content-Length", str(len(body)))])
            return [body]
        with self.lock:
            change = not path.startswith("/moto-api/") and not is_read(environ, body)
            if change:
                self.clock.now += self.tick
                seed = self.reseed()
                entry = as_entry(environ, body, self.clock.now)
            status = []

            def start(line, headers, *rest):
                status.append(line)
                return start_response(line, headers, *rest)

            environ["wsgi.input"] = io.BytesIO(body)
            self.unchanged = False
            # Flask has made the whole answer when this returns; nothing is drawn after it.
            answer = self.app(environ, start)
            change = change and not self.unchanged and status[-1].startswith("2")
            if change and self.out is not None:
                self.write(seed, entry)
            return answer

    def control(self, environ, start_response):
        """POST /story/clock?at=RFC3339[&tick=SECONDS] sets the clock; GET reads it."""
        query = urllib.parse.parse_qs(environ.get("QUERY_STRING", ""))
        with self.lock:
            if "at" in query:
                self.clock.now = parse_time(query["at"][0])
            if "tick" in query:
                self.tick = datetime.timedelta(seconds=float(query["tick"][0]))
            text = show_time(self.clock.read()) + "\n"
        start_response("200 OK", [("Content-Type", "text/plain")])
        return [text.encode()]


def operation(environ, body):
    target = environ.get("HTTP_X_AMZ_TARGET", "")
    if target:
        return target.rsplit(".", 1)[-1]
    text = environ.get("QUERY_STRING", "")
    if environ.get("CONTENT_TYPE", "").startswith("application/x-www-form-urlencoded"):
        text += "&" + body.decode("utf-8", "replace")
    return urllib.parse.parse_qs(text).get("Action", [""])[0]


def is_read(environ, body):
    name = operation(environ, body)
    if name:
        return bool(READS.match(name))
    return environ["REQUEST_METHOD"] in ("GET", "HEAD")


def as_entry(environ, body, clock):
    headers = {}
    for name in KEPT_HEADERS:
        key = name.upper().replace("-", "_")
        value = environ.get(key if key == "CONTENT_TYPE" else "HTTP_" + key)
        if value:
            headers[name] = value
    # A request is signed for one moment and one random invocation; neither may be kept.
    if "Authorization" in headers:
        headers["Authorization"] = re.sub(r"Signature=\w+", "Signature=0", headers["Authorization"])
    try:
        text, encoded = body.decode("ascii"), False
    except UnicodeDecodeError:
        text, encoded = base64.b64encode(body).decode(), True
    url = "http://127.0.0.1:5000" + environ.get("PATH_INFO", "/")
    if environ.get("QUERY_STRING"):
        url += "?" + environ["QUERY_STRING"]
    return {
        "method": environ["REQUEST_METHOD"],
        "url": url,
        "headers": headers,
        "body": text,
        "body_encoded": encoded,
        "clock": show_time(clock),
    }


# --- files


def recording_of(place):
    place = pathlib.Path(place)
    if place.is_dir():
        for name in ("recording.jsonl.gz", "recording.jsonl"):
            if (place / name).exists():
                return place / name
        sys.exit(f"{place}: no recording in it")
    return place


def read_lines(path):
    if path.suffix == ".gz":
        with gzip.open(path, "rt") as file:
            return file.read().splitlines()
    return path.read_text().splitlines()


# --- commands


def listen(account, options):
    import logging

    from werkzeug.serving import make_server

    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = make_server("127.0.0.1", options.port, account, threaded=True)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: os._exit(0))
    if options.until_eof:
        threading.Thread(target=lambda: (sys.stdin.buffer.read(), os._exit(0)), daemon=True).start()
    print(f"ready http://127.0.0.1:{server.server_port}", flush=True)
    server.serve_forever()


def record(options):
    path = pathlib.Path(options.file)
    account = Account()
    account.seed = options.seed
    if path.exists() and not options.new:
        account.replay(read_lines(path))
        account.out = path.open("a")
    else:
        account.out = path.open("w")
        account.begin()
    listen(account, options)


def serve(options):
    account = stand_up(options.account, options.shift_to_now)
    listen(account, options)


def stand_up(place, shift_to_now=False):
    account = Account()
    lines = read_lines(recording_of(place))
    # Forty minutes after the last change: the time at which somebody asks. (Not after the last
    # line: what was forgotten long ago may have been recorded last.)
    last = parse_time(max(json.loads(line).get("clock", "") for line in lines))
    asked = last + datetime.timedelta(minutes=40)
    if shift_to_now:
        now = datetime.datetime.now(datetime.timezone.utc).replace(tzinfo=None, microsecond=0)
        account.clock.shift = now - asked
    account.replay(lines)
    account.clock.now = asked
    return account


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    commands = parser.add_subparsers(required=True)

    command = commands.add_parser("record", help="an empty account, or FILE's, recorded to FILE")
    command.add_argument("file")
    command.add_argument("--new", action="store_true", help="start over if FILE exists")
    command.add_argument("--seed", type=int, default=FIRST_SEED, help="where a new account's ids begin")
    command.set_defaults(run=record)

    command = commands.add_parser("serve", help="stand a recorded account up")
    command.add_argument("account")
    command.add_argument("--shift-to-now", action="store_true", help="move its whole past so that it ends 40 minutes ago")
    command.set_defaults(run=serve)

    for command in commands.choices.values():
        command.add_argument("--port", type=int, default=0, help="0 takes a free one")
        command.add_argument("--until-eof", action="store_true", help="stop when standard input ends")

    command = commands.add_parser("verify", help="assert that all that the states hold is live")
    command.add_argument("accounts", nargs="+")
    command.set_defaults(run=lambda options: __import__("verify").main(options.accounts))

    options = parser.parse_args()
    options.run(options)


if __name__ == "__main__":
    main()
