#!/usr/bin/env bash
# Records snapshots/demo.jsonl.zst, which `whose demo` has inside: a real scan of the account story-demo on moto.
# Kinds that moto cannot list are left out, so that a first look is not at the emulator's gaps.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
python=$root/.venv/bin/python
[[ -x $python ]] || { echo "run tests/setup first" >&2; exit 1; }
(cd "$root" && cargo build --quiet)
whose=${CARGO_TARGET_DIR:-$root/target}/debug/whose

work=$(mktemp -d)
mkfifo "$work/hold"
"$python" "$root/tests/story/account.py" serve "$root/snapshots/accounts/story-demo" --shift-to-now --until-eof \
    <"$work/hold" >"$work/ready" 2>"$work/log" &
exec 3>"$work/hold"
trap 'exec 3>&-; wait; rm -rf "$work"' EXIT
until grep -q '^ready ' "$work/ready"; do sleep 0.2; done
endpoint=$(sed -n 's/^ready //p' "$work/ready")

left_out='aws_db_option_group|aws_ecs_capacity_provider|aws_placement_group|aws_rds_cluster_automated_backup'
kinds=$("$whose" kinds --format json |
    "$python" -c 'import json,sys; print("\n".join(row["type"] for row in json.load(sys.stdin) if row["disposition"] == "described"))' |
    grep -vxE "$left_out" | paste -sd, -)
# These are no types of the provider, so that 'kinds' does not name them.
kinds=$kinds,aws_backup_recovery_point,aws_db_instance_automated_backup,aws_dynamodb_backup

cd "$root/snapshots/accounts/story-demo"
env -u AWS_PROFILE -u AWS_CA_BUNDLE AWS_ENDPOINT_URL="$endpoint" AWS_REGION=eu-west-1 AWS_EC2_METADATA_DISABLED=true \
    AWS_ACCESS_KEY_ID=AKIAEXAMPLE AWS_SECRET_ACCESS_KEY=example AWS_CONFIG_FILE=/dev/null \
    AWS_SHARED_CREDENTIALS_FILE=/dev/null \
    "$whose" scan --no-config --state states --region eu-west-1,us-east-1 --kind "$kinds" --fail-on never \
    --snapshot "$root/snapshots/demo.jsonl.zst" --format json |
    "$python" -c 'import json,sys; print(json.dumps(json.load(sys.stdin)["summary"]))'
