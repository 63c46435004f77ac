#!/usr/bin/env bash
# Records the test accounts anew, with Terraform and the emulator. Tests need none of this: they
# replay what stands in snapshots/accounts. See README.md beside this file.
#
#   tests/story/record.sh healthy     platform and labs from nothing (5 minutes)
#   tests/story/record.sh protected   ... with the database protected
#   tests/story/record.sh copies      ... and platform applied again without its state
#   tests/story/record.sh demo        ... and the clutter that nobody owns
#   tests/story/record.sh destroyed   ... and platform destroyed with the old state
#   tests/story/record.sh plans       the plans, from healthy and protected
#   tests/story/record.sh wide        one of each described kind (10 minutes)
#   tests/story/record.sh listed      the listed kinds that most accounts have (5 minutes)
#   tests/story/record.sh check       replays each and asks Terraform whether anything differs
#
# Each builds on what is committed for the one before it. A new recording has new ids.
set -euo pipefail

source "$(dirname "${BASH_SOURCE[0]}")/common.sh"
plans=$root/tests/fixtures/plans

clock() {
    "$python" -c 'import sys, urllib.request as u; u.urlopen(sys.argv[1], data=b"").read()' \
        "$AWS_ENDPOINT_URL/story/clock?at=$1"
}

apply() {
    local folder=$1
    shift
    terraform -chdir="$work/$folder" apply -auto-approve -input=false -no-color -parallelism=1 "$@"
}

# unpack ACCOUNT FILE
unpack() { gzip -dc "$accounts/$1/recording.jsonl.gz" > "$2"; }

# pack FILE ACCOUNT: without a time in it, so that equal recordings are equal bytes.
pack() {
    stop
    mkdir -p "$accounts/$2"
    gzip -9nc "$1" > "$accounts/$2/recording.jsonl.gz"
}

keep() { install -D -m 644 "$1" "$2"; }

healthy() {
    start record "$work/recording.jsonl" --new
    project platform platform
    apply platform
    clock 2025-03-03T09:00:00Z
    project labs labs
    apply labs
    pack "$work/recording.jsonl" story-healthy
    keep "$work/platform/terraform.tfstate" "$accounts/story-healthy/states/platform.tfstate"
    keep "$work/labs/terraform.tfstate" "$accounts/story-healthy/states/labs.tfstate"
}

protected() {
    unpack story-healthy "$work/recording.jsonl"
    start record "$work/recording.jsonl"
    clock 2026-10-05T14:00:00Z
    project platform platform "$accounts/story-healthy/states/platform.tfstate"
    apply platform -var db_deletion_protection=true
    pack "$work/recording.jsonl" story-protected
    keep "$work/platform/terraform.tfstate" "$accounts/story-protected/states/platform.tfstate"
    keep "$accounts/story-healthy/states/labs.tfstate" "$accounts/story-protected/states/labs.tfstate"
}

copies() {
    unpack story-healthy "$work/recording.jsonl"
    start record "$work/recording.jsonl"
    clock 2026-11-20T09:20:00Z
    # The new laptop: the configuration, and no state. What has a unique name stops it half-way.
    project platform laptop
    if apply laptop > "$work/laptop.log" 2>&1; then
        echo 'an apply without state should have failed half-way' >&2
        exit 1
    fi
    grep -A1 '^Error:' "$work/laptop.log" || true
    pack "$work/recording.jsonl" story-copies
    # A new state that has been worked with for a while is ahead of the old one's serial.
    while (( $("$python" -c 'import json, sys; print(json.load(open(sys.argv[1]))["serial"])' "$work/laptop/terraform.tfstate") < 64 )); do
        terraform -chdir="$work/laptop" taint -no-color aws_vpc.main > /dev/null
        terraform -chdir="$work/laptop" untaint -no-color aws_vpc.main > /dev/null
    done
    keep "$work/laptop/terraform.tfstate" "$accounts/story-copies/states-after-copies/platform.tfstate"
    keep "$accounts/story-healthy/states/labs.tfstate" "$accounts/story-copies/states-after-copies/labs.tfstate"
    for name in platform labs; do
        keep "$accounts/story-healthy/states/$name.tfstate" "$accounts/story-copies/states/$name.tfstate"
    done
}

demo() {
    unpack story-copies "$work/recording.jsonl"
    start record "$work/recording.jsonl"
    "$python" "$root/tests/story/orphans.py" "$AWS_ENDPOINT_URL"
    # Where the story is when somebody asks: soon after the copies were made.
    clock 2026-11-20T09:45:00Z
    pack "$work/recording.jsonl" story-demo
    for name in platform labs; do
        keep "$accounts/story-healthy/states/$name.tfstate" "$accounts/story-demo/states/$name.tfstate"
    done
    # The archive of the old laptop had the backup too: the same lineage, from before dataroom.
    "$python" - "$accounts/story-healthy/states/platform.tfstate" "$work/backup" <<'PY'
import json, sys
state = json.load(open(sys.argv[1]))
state["resources"] = [r for r in state["resources"] if not r.get("module", "").startswith("module.dataroom")]
state["serial"] = 41
json.dump(state, open(sys.argv[2], "w"), indent=2)
open(sys.argv[2], "a").write("\n")
PY
    keep "$work/backup" "$accounts/story-demo/states/platform.tfstate.backup"
}

destroyed() {
    unpack story-demo "$work/recording.jsonl"
    start record "$work/recording.jsonl"
    clock 2026-11-20T11:02:00Z
    project platform platform "$accounts/story-demo/states/platform.tfstate"
    terraform -chdir="$work/platform" destroy -auto-approve -input=false -no-color -parallelism=1 || true
    pack "$work/recording.jsonl" story-destroyed
    keep "$work/platform/terraform.tfstate" "$accounts/story-destroyed/states/platform.tfstate"
    keep "$accounts/story-healthy/states/labs.tfstate" "$accounts/story-destroyed/states/labs.tfstate"
    # What went with it: claims of labs on what was platform's, and the parts that hung on them.
    "$python" "$root/tests/story/verify.py" --write-gone "$accounts/story-destroyed"
}

# plan NAME FOLDER [OPTION...]
plan() {
    local name=$1 folder=$2
    shift 2
    mkdir -p "$plans"
    terraform -chdir="$work/$folder" plan -input=false -no-color -out="$work/$name.tfplan" "$@" > "$work/$name.log"
    terraform -chdir="$work/$folder" show -json "$work/$name.tfplan" > "$work/$name.json"
    keep "$work/$name.tfplan" "$plans/$name.tfplan"
    keep "$work/$name.json" "$plans/$name.json"
    echo "$name: $(grep -E '^(Plan:|No changes)' "$work/$name.log")"
}

plans() {
    start serve "$accounts/story-healthy"
    project platform platform "$accounts/story-healthy/states/platform.tfstate"
    project labs labs "$accounts/story-healthy/states/labs.tfstate"
    project platform laptop
    plan no-change platform
    plan small-change platform -var office_cidr=203.0.113.0/24
    plan replace-database platform -var db_storage_encrypted=true
    plan destroy-platform platform -destroy
    plan destroy-labs labs -destroy
    plan create-without-state laptop

    start serve "$accounts/story-protected"
    project platform protected "$accounts/story-protected/states/platform.tfstate"
    plan drop-protection protected
}

wide() {
    # Another seed than the story's, so that no id stands for two things.
    start record "$work/recording.jsonl" --new --seed 10042
    project wide-described wide
    apply wide
    pack "$work/recording.jsonl" wide-described
    keep "$work/wide/terraform.tfstate" "$accounts/wide-described/states/wide.tfstate"
}

listed() {
    start record "$work/recording.jsonl" --new --seed 20042
    project wide-listed listed
    apply listed
    pack "$work/recording.jsonl" wide-listed
    keep "$work/listed/terraform.tfstate" "$accounts/wide-listed/states/listed.tfstate"
}

check() {
    # Not wide-listed: verify knows described kinds; tests/whose/settings.rs does it.
    "$python" "$root/tests/story/account.py" verify "$accounts"/story-*/ "$accounts"/wide-described/
    agrees story-healthy platform labs
    agrees story-copies platform
    agrees story-demo platform
    agrees wide-described wide-described
    agrees wide-listed wide-listed
}

# agrees ACCOUNT CONFIGURATION...: Terraform itself sees no difference. (labs finds platform's VPC
# by its name, which is no longer one VPC's once there are copies.)
agrees() {
    local account=$1 name state
    shift
    start serve "$accounts/$account"
    for name in "$@"; do
        state=$accounts/$account/states/${name%-described}.tfstate
        state=${state/wide-listed.tfstate/listed.tfstate}
        project "$name" "$account-$name" "$state"
        if ! terraform -chdir="$work/$account-$name" plan -input=false -no-color -detailed-exitcode > "$work/plan.log"; then
            cat "$work/plan.log" >&2
            echo "$account: $name differs from its account" >&2
            exit 1
        fi
        echo "$account: Terraform sees no difference in $name"
    done
}

for step in "${@:-help}"; do
    case $step in
        healthy | protected | copies | demo | destroyed | plans | wide | listed | check)
            rm -rf "${work:?}"/*
            "$step"
            ;;
        *)
            sed -n '2,/^$/{/^#/s/^# \{0,1\}//p}; /^set/q' "${BASH_SOURCE[0]}" >&2
            exit 2
            ;;
    esac
done
