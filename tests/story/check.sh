#!/usr/bin/env bash
# The story of `whose check` with real Terraform against the recorded accounts: what it says at each step, and whether
# that is what it should say. Nothing in the tree changes.
#
#   tests/story/check.sh            all steps (4 minutes)
#   tests/story/check.sh a d f      some of them
#
#   a  the plan of a laptop without the state       block: creates-what-exists
#   b  a list of copies with one original in it     block that one, pass the rest
#   c  an old state in the place of the new one     block: state-swapped
#   d  terraform destroy                            block: for every reason
#   e  the same, with snapshots and without labs    what is left of the reasons
#   f  one more rule and one more tag               pass
#
# Needs terraform with the AWS provider (see record.sh), and tests/setup. WHOSE names the binary, else the one that
# cargo built. WHOSE_OPTIONS goes to every check, such as --all or --format json.
set -euo pipefail

source "$(dirname "${BASH_SOURCE[0]}")/common.sh"
export AWS_REGION=eu-west-1

# plan FOLDER [OPTION...]
plan() {
    local folder=$1
    shift
    terraform -chdir="$work/$folder" plan -input=false -no-color -out=plan.out "$@" > "$work/$folder/plan.log"
    grep -E '^(Plan:|No changes)' "$work/$folder/plan.log" | sed 's/^/terraform says: /'
}

# check EXPECTED... -- ARGUMENT...: the verdict, then codes that must be among the reasons.
check() {
    local wanted=()
    while [[ $1 != -- ]]; do
        wanted+=("$1")
        shift
    done
    shift
    local code=0
    # shellcheck disable=SC2086
    (cd "$work" && "$whose" check "$@" --region eu-west-1,us-east-1 --no-config ${WHOSE_OPTIONS:-}) || code=$?
    echo "(exit $code)"
    (cd "$work" && "$whose" check "$@" --region eu-west-1,us-east-1 --no-config --format json --quiet > "$work/answer.json") || true
    "$python" - "$work/answer.json" "${wanted[@]}" <<'PY' || failed=1
import json, sys
answer = json.load(open(sys.argv[1]))
verdict, *codes = sys.argv[2:]
said = {finding["code"] for finding in answer["findings"]}
missing = [code for code in codes if code not in said]
if answer["verdict"] not in verdict.split("|") or missing:
    print(f"EXPECTED {verdict} with {codes}, and the answer is {answer['verdict']} without {missing}")
    sys.exit(1)
print(f"as expected: {answer['verdict']} {' '.join(codes)}")
PY
}

title() { printf '\n===== %s\n\n' "$*"; }

states=$accounts/story-healthy/states

a() {
    title "a: a new laptop, the configuration and no state"
    start serve "$accounts/story-healthy"
    project platform laptop
    plan laptop
    check block creates-what-exists -- laptop/plan.out --state "$states"
}

b() {
    title "b: the copies, to be deleted by hand, and one original among them"
    start serve "$accounts/story-copies"
    cat > "$work/list.txt" <<'LIST'
nat-02974775a846478d9
eipalloc-96b6b44512a412e29
rtb-0450631fe36d754fd
rtb-cd3e5c9a555474763
vpce-06da29483498bd2f8
sg-8a67639f74080f56c      # this one is not a copy
LIST
    check block destroys-shared -- list.txt --state "$accounts/story-copies/states"
    "$python" - "$work/answer.json" <<'PY' || failed=1
import json, sys
blocked = [change["address"] for change in json.load(open(sys.argv[1]))["changes"] if change["verdict"] != "pass"]
print("not passed:", *blocked)
sys.exit(blocked != ["sg-8a67639f74080f56c"])
PY
}

c() {
    title "c: the archive of the old laptop is unpacked over the new state"
    start serve "$accounts/story-copies"
    mkdir -p "$work/states"
    cp "$accounts"/story-copies/states-after-copies/*.tfstate "$work/states/"
    (cd "$work" && "$whose" scan --region eu-west-1,us-east-1 --no-config --state states --snapshot=last.jsonl.zst \
        --fail-on never --quiet -o scan.txt) || true
    cp "$accounts"/story-copies/states/*.tfstate "$work/states/"
    project platform unpacked "$work/states/platform.tfstate"
    plan unpacked -destroy
    check block state-swapped -- unpacked/plan.out --state states --known last.jsonl.zst
}

d() {
    title "d: terraform destroy"
    start serve "$accounts/story-healthy"
    project platform platform "$states/platform.tfstate"
    plan platform -destroy
    check block destroys-data last-backup-dies destroys-shared strands-dependents mass-destroy \
        -- platform/plan.out --state "$states"
}

e() {
    title "e: the same destroy after manual snapshots, and labs is gone"
    start serve "$accounts/story-healthy"
    "$python" - "$AWS_ENDPOINT_URL" "$states/platform.tfstate" <<'PY'
import json, sys
import boto3
url, state = sys.argv[1:]
boto3.client("rds", endpoint_url=url, region_name="eu-west-1").create_db_snapshot(
    DBInstanceIdentifier="platform", DBSnapshotIdentifier="before-the-destroy")
for region in ("eu-west-1", "us-east-1"):
    ec2 = boto3.client("ec2", endpoint_url=url, region_name=region)
    for volume in ec2.describe_volumes()["Volumes"]:
        ec2.create_snapshot(VolumeId=volume["VolumeId"], Description="before the destroy")
PY
    project labs labs "$states/labs.tfstate"
    terraform -chdir="$work/labs" destroy -auto-approve -input=false -no-color > "$work/labs.log"
    grep '^Destroy complete' "$work/labs.log"
    project platform saved "$states/platform.tfstate"
    plan saved -destroy
    mkdir -p "$work/left"
    cp "$work/labs/terraform.tfstate" "$work/left/labs.tfstate"
    cp "$states/platform.tfstate" "$work/left/"
    # Incomplete as long as there is a type in the plan that whose does not list.
    check 'review|incomplete' destroys-data mass-destroy -- saved/plan.out --state left
    "$python" - "$work/answer.json" <<'PY' || failed=1
import json, sys
answer = json.load(open(sys.argv[1]))
said = {finding["code"] for finding in answer["findings"]}
database = next(change for change in answer["changes"] if change["address"] == "aws_db_instance.main")
print("the database:", database["verdict"], "survives:", *database["survives"])
gone = {"destroys-shared", "strands-dependents", "last-backup-dies"} & said
sys.exit(database["verdict"] != "review" or bool(gone))
PY
}

f() {
    title "f: one more rule and one more tag"
    start serve "$accounts/story-healthy"
    project platform small "$states/platform.tfstate"
    plan small -var office_cidr=203.0.113.0/24
    check pass -- small/plan.out --state "$states"
}

steps=("$@")
[[ ${#steps[@]} -gt 0 ]] || steps=(a b c d e f)
for step in "${steps[@]}"; do
    case $step in
        [a-f]) "$step" ;;
        *)
            sed -n '2,/^set/{/^#/s/^# \{0,1\}//p}' "${BASH_SOURCE[0]}" >&2
            exit 2
            ;;
    esac
done
exit "$failed"
