"""Asserts that everything that an account's states hold is live in the account stood up again.

It asks the account through its public interface, with boto3, and looks up each state's ids in
the answers. It knows nothing of how the account was recorded.
"""

import json
import pathlib
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
REGIONS = ("eu-west-1", "us-east-1")

# What to look for where `id` is not what the account calls the thing: Terraform invented it, or
# the thing is a part of another one.
KEYS = {
    "aws_ami": ("id",),
    "aws_autoscaling_group": ("arn",),
    "aws_cloudwatch_log_group": ("name",),
    "aws_db_cluster_snapshot": ("db_cluster_snapshot_arn",),
    "aws_db_instance": ("identifier", "arn", "resource_id"),
    "aws_db_snapshot": ("db_snapshot_arn",),
    "aws_ec2_tag": ("resource_id",),
    "aws_ecs_cluster_capacity_providers": ("cluster_name",),
    "aws_ecs_task_definition": ("arn",),
    "aws_iam_role": ("arn",),
    "aws_iam_role_policy_attachment": ("role", "policy_arn"),
    "aws_key_pair": ("key_name", "key_pair_id"),
    "aws_lb_target_group_attachment": ("target_group_arn", "target_id"),
    "aws_network_acl_rule": ("network_acl_id",),
    "aws_route": ("route_table_id",),
    "aws_security_group_rule": ("security_group_id",),
    "aws_volume_attachment": ("volume_id", "instance_id"),
    "aws_vpc_dhcp_options_association": ("vpc_id", "dhcp_options_id"),
}


def leaves(value):
    if isinstance(value, dict):
        for inner in value.values():
            yield from leaves(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from leaves(inner)
    elif isinstance(value, str):
        yield value


def live_strings(endpoint):
    """Every string that the account's listings hold."""
    import boto3
    from botocore.config import Config

    found = set()
    config = Config(retries={"total_max_attempts": 1}, read_timeout=120)

    def take(answer):
        answer.pop("ResponseMetadata", None)
        found.update(leaves(answer))
        return answer

    for region in REGIONS:
        def client(service):
            return boto3.client(
                service, region_name=region, endpoint_url=endpoint, config=config,
                aws_access_key_id="test", aws_secret_access_key="test",
            )

        ec2 = client("ec2")
        for name in (
            "addresses customer_gateways dhcp_options egress_only_internet_gateways flow_logs "
            "instances internet_gateways key_pairs launch_templates managed_prefix_lists "
            "nat_gateways network_acls network_interfaces route_tables security_group_rules "
            "security_groups subnets transit_gateway_route_tables "
            "transit_gateway_vpc_attachments transit_gateways volumes vpc_endpoints "
            "vpc_peering_connections vpcs vpn_connections vpn_gateways"
        ).split():
            take(getattr(ec2, f"describe_{name}")())
        take(ec2.describe_images(Owners=["self"]))
        take(ec2.describe_snapshots(OwnerIds=["123456789012"]))

        rds = client("rds")
        for name in (
            "db_instances db_snapshots db_subnet_groups db_parameter_groups db_clusters "
            "db_cluster_snapshots db_cluster_parameter_groups"
        ).split():
            take(getattr(rds, f"describe_{name}")())
        # Without a name, moto answers this one with an error page.
        try:
            take(rds.describe_option_groups(OptionGroupName="wide-mysql80"))
        except rds.exceptions.OptionGroupNotFoundFault:
            pass

        elb = client("elbv2")
        for balancer in take(elb.describe_load_balancers())["LoadBalancers"]:
            arn = balancer["LoadBalancerArn"]
            for listener in take(elb.describe_listeners(LoadBalancerArn=arn))["Listeners"]:
                take(elb.describe_rules(ListenerArn=listener["ListenerArn"]))
        for group in take(elb.describe_target_groups())["TargetGroups"]:
            take(elb.describe_target_health(TargetGroupArn=group["TargetGroupArn"]))

        ecs = client("ecs")
        clusters = take(ecs.list_clusters())["clusterArns"]
        take(ecs.describe_clusters(clusters=clusters))
        for cluster in clusters:
            names = take(ecs.list_services(cluster=cluster, maxResults=100))["serviceArns"]
            for name in names:
                take(ecs.describe_services(cluster=cluster, services=[name]))
        take(ecs.list_task_definitions())
        # Nor does moto list these without a name.
        take(ecs.describe_capacity_providers(capacityProviders=["wide-workers"]))
        take(client("autoscaling").describe_auto_scaling_groups())
        take(client("logs").describe_log_groups())

    iam = client("iam")
    for role in take(iam.list_roles())["Roles"]:
        take(iam.list_attached_role_policies(RoleName=role["RoleName"]))
    return found


def claims(path):
    for resource in json.loads(path.read_text())["resources"]:
        if resource["mode"] != "managed":
            continue
        for instance in resource["instances"]:
            address = f"{resource['type']}.{resource['name']}"
            if "module" in resource:
                address = f"{resource['module']}.{address}"
            if "index_key" in instance:
                address += f"[{json.dumps(instance['index_key'])}]"
            keys = KEYS.get(resource["type"], ("id",))
            yield address, [(key, instance["attributes"].get(key)) for key in keys]


def missing_claims(account):
    """Returns how many claims the states hold, and for each that is not live its place and keys."""
    server = subprocess.Popen(
        [sys.executable, str(HERE / "account.py"), "serve", str(account), "--until-eof"],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    )
    try:
        line = server.stdout.readline().split()
        if line[:1] != ["ready"]:
            raise SystemExit(f"{account}: did not come up")
        found = live_strings(line[1])
    finally:
        server.stdin.close()
        server.wait(timeout=30)

    count, gone = 0, {}
    for path in sorted(account.glob("states*/**/*.tfstate*")):
        for address, keys in claims(path):
            count += 1
            lost = [f"{key}={value}" for key, value in keys if value not in found]
            if lost:
                gone[f"{path.relative_to(account)} {address}"] = ", ".join(lost)
    return count, gone


def main(accounts):
    failed = False
    for account in map(pathlib.Path, accounts):
        # What is meant to be gone is listed, and must be.
        known = account / "gone.txt"
        expected = set(known.read_text().splitlines()) if known.exists() else set()
        count, gone = missing_claims(account)
        print(f"{account}: {count} claims, {len(gone)} gone, {len(expected)} of them as expected")
        for place in sorted(gone.keys() - expected):
            print(f"  gone: {place}: {gone[place]}")
        for place in sorted(expected - gone.keys()):
            print(f"  not gone: {place}")
        failed |= gone.keys() != expected or count == 0
    sys.exit(1 if failed else 0)


def write_gone(account):
    account = pathlib.Path(account)
    _, gone = missing_claims(account)
    (account / "gone.txt").write_text("".join(f"{place}\n" for place in sorted(gone)))


if __name__ == "__main__":
    if sys.argv[1] == "--write-gone":
        write_gone(sys.argv[2])
    else:
        main(sys.argv[1:])
