#!/usr/bin/env bash
# Records snapshots/demo.jsonl.zst, which `whose demo` has inside: a real scan of the account story-demo on moto.
# Kinds that moto cannot list are left out, so that a first look is not at the emulator's gaps.
set -euo pipefail

source "$(dirname "${BASH_SOURCE[0]}")/common.sh"
(cd "$root" && cargo build --quiet)
start serve "$accounts/story-demo" --shift-to-now

left_out='aws_db_option_group|aws_ecs_capacity_provider|aws_placement_group|aws_rds_cluster_automated_backup'
kinds=$("$whose" kinds --format json |
    "$python" -c 'import json,sys; print("\n".join(row["type"] for row in json.load(sys.stdin) if row["disposition"] == "described"))' |
    grep -vxE "$left_out" | paste -sd, -)
# These are no types of the provider, so that 'kinds' does not name them.
kinds=$kinds,aws_backup_recovery_point,aws_db_instance_automated_backup,aws_dynamodb_backup
# The states claim a role.
kinds=$kinds,aws_iam_role

cd "$accounts/story-demo"
"$whose" scan --no-config --state states --region eu-west-1,us-east-1 --kind "$kinds" --fail-on never \
    --snapshot "$root/snapshots/demo.jsonl.zst" --format json |
    "$python" -c 'import json,sys; print(json.dumps(json.load(sys.stdin)["summary"]))'
