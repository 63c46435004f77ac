#!/usr/bin/env bash
# The join from end to end with real Terraform: an apply of tests/terraform/platform against an empty account on moto (3 to
# 5 minutes, because the provider waits), then what `whose scan` says of it. Nothing in the tree changes.
#
#   1  after the apply          every claim found, nothing missing, nothing unmanaged
#   2  terraform state rm       exactly those three are unmanaged
#   3  deleted behind its back  exactly those two are missing
#   4  imported elsewhere       shared, with both claims
#
# Needs terraform with the AWS provider (see record.sh), and tests/setup. WHOSE names the binary, else the one that cargo built.
set -euo pipefail

source "$(dirname "${BASH_SOURCE[0]}")/common.sh"
need_terraform
export AWS_REGION=eu-west-1

start record "$work/recording.jsonl" --new
mkdir "$work/states"
tf() { terraform -chdir="$work/$1" "${@:2}" > "$work/terraform.log" 2>&1 || { tail -40 "$work/terraform.log" >&2; exit 1; }; }
project platform platform
tf platform apply -input=false -no-color -auto-approve -parallelism=4
keep() { cp "$work/platform/terraform.tfstate" "$work/states/platform.tfstate"; }

id_of() { "$python" -c 'import json,sys
for r in json.load(open(sys.argv[1]))["resources"]:
    if r["type"] + "." + r["name"] == sys.argv[2] and r["mode"] == "managed":
        print(r["instances"][0]["attributes"][sys.argv[3]])' "$work/states/platform.tfstate" "$1" "${2:-id}"; }

keep
look "after the apply" 'own("unmanaged") == [] and missing == [] and r["summary"]["managed"] + r["summary"]["shared"] > 40'

key=$(id_of aws_key_pair.bastion) volume=$(id_of aws_ebs_volume.standby) endpoint=$(id_of aws_vpc_endpoint.s3)
scratch=$(id_of aws_ebs_volume.scratch) vpc=$(id_of aws_vpc.main) snapshot=$(id_of aws_ebs_snapshot.standby)
tf platform state rm aws_key_pair.bastion aws_ebs_volume.standby aws_vpc_endpoint.s3
keep
look "three taken out of the state" "own('unmanaged') == sorted(['$key', '$volume', '$endpoint']) and missing == []"

"$python" - "$AWS_ENDPOINT_URL" "$scratch" "$snapshot" <<'PY'
import sys, boto3

url, volume, snapshot = sys.argv[1:]
boto3.client("ec2", region_name="eu-west-1", endpoint_url=url).delete_volume(VolumeId=volume)
boto3.client("ec2", region_name="us-east-1", endpoint_url=url).delete_snapshot(SnapshotId=snapshot)
PY
look "two deleted behind its back" 'missing == ["aws_ebs_snapshot.standby", "module.dataroom.aws_ebs_volume.scratch"]'

mkdir "$work/second"
cp "$work"/platform/providers.tf "$work/second/"
printf 'resource "aws_vpc" "lent" {}\n' > "$work/second/main.tf"
[[ ! -f $work/platform/variables.tf ]] || cp "$work/platform/variables.tf" "$work/second/"
tf second init -input=false -no-color -plugin-dir="$(plugins)"
tf second import -input=false -no-color aws_vpc.lent "$vpc"
cp "$work/second/terraform.tfstate" "$work/states/second.tfstate"
look "imported into a second state" "'$vpc' in own('shared') and claims('$vpc') == ['states/platform.tfstate', 'states/second.tfstate']"
exit "$failed"
