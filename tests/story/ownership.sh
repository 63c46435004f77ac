#!/usr/bin/env bash
# Shared, mixed, copied, with real Terraform against an empty account on moto (5 minutes). Nothing in the tree changes.
#
#   1  platform's state holds dataroom too  state-mixes-projects, by the tags
#   2  labs moves in, with its own state    VPC, subnets, cluster, load balancer and listener are shared, by the edges
#                                           that show it; what labs made is not
#   3  the state is lost, an apply stops    the copies and only the copies, as one stack copy, with the right original
#
# Needs terraform with the AWS provider (see record.sh), and tests/setup. WHOSE names the binary, else the one that cargo built.
set -euo pipefail

source "$(dirname "${BASH_SOURCE[0]}")/common.sh"
need_terraform
export AWS_REGION=eu-west-1

apply() { terraform -chdir="$work/$1" apply -input=false -no-color -auto-approve -parallelism=1 > "$work/$1/apply.log" 2>&1; }
clock() { "$python" -c 'import sys, urllib.request as u; u.urlopen(sys.argv[1], data=b"").read()' "$AWS_ENDPOINT_URL/story/clock?at=$1"; }

start record "$work/recording.jsonl" --new
mkdir "$work/states"
project platform platform
apply platform
cp "$work/platform/terraform.tfstate" "$work/states/platform.tfstate"
look "two projects in one state" '
    [f["title"] for f in found("state-mixes-projects")] == ["states/platform.tfstate holds dataroom and platform"]
    and own("unmanaged") == [] and missing == []'

clock 2025-03-03T09:00:00Z
project labs labs
apply labs
cp "$work/labs/terraform.tfstate" "$work/states/labs.tfstate"
look "labs lives on platform" '
    {"aws_vpc.main", "aws_ecs_cluster.main", "aws_lb.main", "aws_lb_listener.http"} <= set(address("shared"))
    and any(a.startswith("aws_subnet.private") for a in address("shared"))
    and all(any(u["project"] == "labs" for u in x["used_by"]) for x in r["resources"] for c in x["claims"]
            if c["address"] in {"aws_vpc.main", "aws_ecs_cluster.main", "aws_lb.main", "aws_lb_listener.http"})
    and {x["ownership"] for x in r["resources"] if "labs" in x["projects"] and x["projects"] == ["labs"]} == {"managed"}
    and found("duplicate-set") == [] and own("unmanaged") == []'

clock 2026-11-20T09:20:00Z
project platform laptop
if apply laptop; then
    echo 'an apply without state should have failed half-way' >&2
    exit 1
fi
look "copies of production" '
    len(found("duplicate-set")) == 1
    and r["summary"]["unmanaged"] > 0
    and (lambda old, copy:
            {a for a in found("duplicate-set")[0]["resources"] if a not in old} == copy
            and len({a for a in found("duplicate-set")[0]["resources"] if a in old}) == len(copy)
            and set(found("duplicate-set")[0]["resources"][:len(copy)]) == copy
        )({x["arn"] for x in before["resources"]},
          # A snapshot is a backup, and no backup is ever called a copy.
          {x["arn"] for x in r["resources"]
           if x["ownership"] == "unmanaged" and x["part_of"] is None and x["kind"] != "aws_ebs_snapshot"})
    and any(e.startswith("A (original)") and "platform" in e for e in found("duplicate-set")[0]["evidence"])'
# The new state claims the copies: the original is still the one that is in use and holds data.
cp "$work/laptop/terraform.tfstate" "$work/states/laptop.tfstate"
look "copies with a state" '
    len(found("duplicate-set")) == 1
    and any(e.startswith("A (original)") and "states/platform.tfstate" in e for e in found("duplicate-set")[0]["evidence"])'
exit "$failed"
