# What the scripts of this folder have in common; they source it. It makes a folder for their work, keeps the machine's
# AWS settings out, serves an account on the emulator, and finds Terraform's provider.
# shellcheck shell=bash

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
accounts=$root/snapshots/accounts
python=$root/.venv/bin/python
[[ -x $python ]] || { echo "run tests/setup first" >&2; exit 1; }
whose=${WHOSE:-${CARGO_TARGET_DIR:-$HOME/.cache/whose/target}/debug/whose}

export TF_CLI_CONFIG_FILE=/dev/null TF_IN_AUTOMATION=1 CHECKPOINT_DISABLE=1
export AWS_ACCESS_KEY_ID=test AWS_SECRET_ACCESS_KEY=test AWS_EC2_METADATA_DISABLED=true
export AWS_CONFIG_FILE=/dev/null AWS_SHARED_CREDENTIALS_FILE=/dev/null
unset AWS_PROFILE AWS_SESSION_TOKEN AWS_CA_BUNDLE AWS_REGION AWS_DEFAULT_REGION

work=$(mktemp -d)
server=
failed=0
trap 'stop; rm -rf "$work"' EXIT

# The folder that holds registry.terraform.io/hashicorp/aws/..., or nothing.
plugins() {
    local place found
    if [[ -n ${WHOSE_TF_PLUGIN_DIR:-} ]]; then
        echo "$WHOSE_TF_PLUGIN_DIR"
        return
    fi
    for place in "$HOME/.terraform.d/plugins" "$HOME/.terraform.d/plugin-cache" /opt /usr/share/terraform /usr/local/share/terraform; do
        [[ -d $place ]] || continue
        found=$(find "$place" -name 'terraform-provider-aws*' -path '*/registry.terraform.io/*' -print -quit)
        if [[ -n $found ]]; then
            echo "${found%%/registry.terraform.io/*}"
            return
        fi
    done
}

# Ends the script with 77 where Terraform cannot run, and says so.
need_terraform() {
    command -v terraform > /dev/null || { echo "SKIPPED: terraform is not on this machine" >&2; exit 77; }
    [[ -n $(plugins) ]] || { echo "SKIPPED: no mirror of the AWS provider; set WHOSE_TF_PLUGIN_DIR" >&2; exit 77; }
}

# start serve ACCOUNT [OPTION...] | start record FILE [OPTION...]: it stops with this script, however that ends.
start() {
    stop
    : > "$work/ready"
    rm -f "$work/hold"
    mkfifo "$work/hold"
    "$python" "$root/tests/story/account.py" "$@" --until-eof < "$work/hold" > "$work/ready" 2> "$work/moto.log" &
    server=$!
    exec 9> "$work/hold"
    until grep -q '^ready ' "$work/ready"; do
        kill -0 "$server" 2> /dev/null || { cat "$work/moto.log" >&2; exit 1; }
        sleep 0.2
    done
    AWS_ENDPOINT_URL=$(sed -n 's/^ready //p' "$work/ready")
    export AWS_ENDPOINT_URL
}

stop() {
    if [[ -n $server ]]; then
        exec 9>&-
        wait "$server" 2> /dev/null || true
        server=
    fi
}

# project CONFIGURATION FOLDER [STATE]: a working copy, so that nothing is left in the tree.
project() {
    local mirror
    mirror=$(plugins)
    mkdir -p "$work/$2"
    cp -r "$root/tests/terraform/$1/." "$work/$2/"
    [[ -z ${3:-} ]] || cp "$3" "$work/$2/terraform.tfstate"
    terraform -chdir="$work/$2" init -input=false -no-color ${mirror:+-plugin-dir="$mirror"} > /dev/null
}

# look NAME EXPRESSION: what the report must say, in Python, of the report `r` and of the one before it, `before`.
look() {
    local code=0
    [[ ! -e $work/report.json ]] || cp "$work/report.json" "$work/before.json"
    (cd "$work" && "$whose" scan --no-config --state states --region eu-west-1,us-east-1 --kind described \
        --fail-on never --quiet --format json > report.json) || code=$?
    "$python" - "$work/report.json" "$1" "$2" "$code" <<'PY' || failed=1
import json, os, sys

path, name, expression, code = sys.argv[1:]
r = json.load(open(path))
earlier = os.path.join(os.path.dirname(path), "before.json")
before = json.load(open(earlier)) if os.path.exists(earlier) else None
found = lambda code: [f for f in r["findings"] if f["code"] == code]
own = lambda word: sorted(x["id"] for x in r["resources"] if x["ownership"] == word and x["part_of"] is None)
missing = sorted(m["address"] for m in r["missing"])
claims = lambda id: sorted(c["source"] for x in r["resources"] if x["id"] == id for c in x["claims"])
address = lambda word: sorted(c["address"] for x in r["resources"] if x["ownership"] == word for c in x["claims"])
holds = eval(f"({expression})")
print("ok  " if holds else "FAIL", name, r["summary"], "exit", code)
if not holds:
    print("  unmanaged", own("unmanaged"), "missing", missing)
sys.exit(not holds)
PY
}
