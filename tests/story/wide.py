#!/usr/bin/env python3
"""As many types as the emulator can make, made by real Terraform, and what whose says of each.

    wide.py record ACCOUNT [GROUP...]   applies tests/terraform/wide in groups and keeps recording and states in ACCOUNT
    wide.py table  ACCOUNT FILE         stands ACCOUNT up, scans it with its states, and writes the table FILE

The table has a line for each Terraform type and what came of it: `ok` (each claim is on a live resource, and nothing of
its kind is called unmanaged), `mismatch`, or why it could not be tried: `moto cannot create`, `moto cannot list`,
`moto differs`, `not inventoried`. With a mismatch `table` ends with 1.
`record` needs terraform with the AWS provider (see record.sh); both need tests/setup. WHOSE names the binary, else the
one that cargo built.
"""

import json
import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import zipfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
WIDE = ROOT / "tests/terraform/wide"
GROUPS = "identity storage network compute data events web ops things".split()
REGIONS = "eu-west-1,us-east-1"
# Another seed than that of any other account, so that no id stands for two things.
SEED = 30042
# Seconds; what is not there by then never comes.
PATIENCE = 240


# Where moto's answer is not AWS's, so that the join cannot be tried on it.
DIFFERS = {
    "aws_apigatewayv2_domain_name": "moto keeps the domain names of API Gateway v1 and v2 apart; at AWS GetDomainNames lists both",
    "aws_iot_certificate": "moto draws the certificate's key anew whenever the account stands up",
    "aws_kinesis_analytics_application": "moto made it of aws_kinesisanalyticsv2_application, and Terraform could not read the answer",
    "aws_route_table": "the table that the VPC was born with, no longer its main one: nobody claims it, at AWS neither",
}


def skip(why):
    print(f"SKIPPED: {why}", file=sys.stderr)
    sys.exit(77)


def python():
    ours = ROOT / ".venv/bin/python"
    if not ours.exists():
        sys.exit("run tests/setup first")
    return str(ours)


def whose():
    target = os.environ.get("CARGO_TARGET_DIR", os.path.expanduser("~/.cache/whose/target"))
    return os.environ.get("WHOSE", f"{target}/debug/whose")


def mirror():
    """The folder that holds registry.terraform.io/hashicorp/aws/..."""
    if "WHOSE_TF_PLUGIN_DIR" in os.environ:
        return os.environ["WHOSE_TF_PLUGIN_DIR"]
    home = pathlib.Path.home()
    places = [home / ".terraform.d/plugins", home / ".terraform.d/plugin-cache"]
    places += map(pathlib.Path, ("/opt", "/usr/share/terraform", "/usr/local/share/terraform"))
    for place in filter(pathlib.Path.is_dir, places):
        for found in place.rglob("terraform-provider-aws*"):
            before, at, _ = str(found).partition("/registry.terraform.io/")
            if at:
                return before
    skip("no mirror of the AWS provider; set WHOSE_TF_PLUGIN_DIR")


def environment(url):
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "TF_"))}
    return kept | {
        "AWS_ENDPOINT_URL": url,
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_CONFIG_FILE": "/dev/null",
        "AWS_SHARED_CREDENTIALS_FILE": "/dev/null",
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_REGION": "eu-west-1",
        "TF_CLI_CONFIG_FILE": "/dev/null",
        "TF_IN_AUTOMATION": "1",
        "CHECKPOINT_DISABLE": "1",
    }


class Account:
    """account.py in a process of its own, until the with-block ends."""

    def __init__(self, *words):
        self.words = words

    def __enter__(self):
        command = [python(), str(ROOT / "tests/story/account.py"), *self.words, "--until-eof"]
        self.process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
        )
        line = self.process.stdout.readline()
        if not line.startswith("ready "):
            sys.exit("the account did not come up")
        return line.split()[1]

    def __exit__(self, *_):
        self.process.stdin.close()
        self.process.wait()


# --- record


def record(account, groups):
    if shutil.which("terraform") is None:
        skip("terraform is not on this machine")
    account = pathlib.Path(account)
    (account / "states").mkdir(parents=True, exist_ok=True)
    recording = account / "recording.jsonl"
    new = [] if recording.exists() else ["--new"]
    refused = (account / "refused.tsv").open("a")
    with Account("record", str(recording), "--seed", str(SEED), *new) as url, tempfile.TemporaryDirectory() as work:
        for group in groups or GROUPS:
            failed = apply(pathlib.Path(work), group, url, account / "states" / f"{group}.tfstate")
            refused.writelines(f"{address}\t{why}\n" for address, why in sorted(failed.items()))
    refused.close()


def apply(work, group, url, state):
    """Makes what can be made of a group. What the emulator refuses stands in the table, so an error ends nothing."""
    folder = work / group
    folder.mkdir()
    for name in ("provider.tf", f"{group}.tf"):
        shutil.copy(WIDE / name, folder)
    # Always the same bytes, for their hash is in the state.
    with zipfile.ZipFile(folder / "code.zip", "w") as code:
        code.writestr(zipfile.ZipInfo("code.py", (2024, 1, 1, 0, 0, 0)), "def run(*_):\n    pass\n")
    if state.exists():
        shutil.copy(state, folder / "terraform.tfstate")

    def terraform(*words):
        process = subprocess.Popen(
            ["terraform", f"-chdir={folder}", *words],
            env=environment(url), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        )
        try:
            said, _ = process.communicate(timeout=PATIENCE)
        except subprocess.TimeoutExpired:
            # Once: it writes its state, with what it has.
            process.send_signal(signal.SIGINT)
            said, _ = process.communicate()
        return said

    start = time.monotonic()
    terraform("init", "-input=false", "-no-color", f"-plugin-dir={mirror()}")
    said = terraform("apply", "-input=false", "-no-color", "-auto-approve", "-parallelism=4")
    made = folder / "terraform.tfstate"
    if made.exists():
        shutil.copy(made, state)
    count = len(json.loads(state.read_text())["resources"]) if state.exists() else 0
    failed = refusals(said)
    print(f"{group}: {count} resources in {time.monotonic() - start:.0f} s, {len(failed)} failed", flush=True)
    for address, why in failed.items():
        print(f"  {address}: {why}", flush=True)
    return failed


def refusals(said):
    """Address and error of each resource that an apply could not make."""
    failed = {}
    for error in re.split(r"^Error: ", said, flags=re.M)[1:]:
        address = re.search(r"^  with (\S+?),$", error, flags=re.M)
        paragraphs = [one for one in error.split("\n\n") if not one.lstrip().startswith("with ")]
        # Resources of the provider's newer framework say in the second what happened.
        text = paragraphs[0] if ": " in paragraphs[0] else ": ".join(paragraphs[:2])
        # Request ids and ports differ with every run.
        text = re.sub(r"(, )?https? response error StatusCode: (\d+).*?(?=: |, |$)", r"\1\2", text, flags=re.S)
        text = " ".join(re.sub(r"(RequestID|HostID): [^,]*,? ?|:\d{5}\b", "", text).split())
        failed[address.group(1) if address else "?"] = text[:200]
    for address in re.findall(r"^(\S+): Still creating\.\.\.", said, flags=re.M):
        if not re.search(rf"^{re.escape(address)}: Creation complete", said, flags=re.M):
            failed[address] = "its state never becomes what the provider waits for"
    if crash := re.search(r"^panic: .*?internal/(service/[\w/]+\.\S+\()", said, flags=re.M | re.S):
        failed["?"] = f"the provider crashed in {crash.group(1)}"
    return failed


# --- table


def table(account, file):
    account = pathlib.Path(account)
    with Account("serve", str(account)) as url:
        report = scan(url, account)
    lines = judge(report, account)
    pathlib.Path(file).write_text("type\tverdict\twhy\n" + "".join("\t".join(line) + "\n" for line in lines))
    count = {}
    for _, verdict, _ in lines:
        count[verdict] = count.get(verdict, 0) + 1
    print(", ".join(f"{number} {verdict}" for verdict, number in sorted(count.items())))
    sys.exit("mismatch" in count)


def scan(url, account):
    command = [whose(), "scan", "--no-config", "--region", "eu-west-1", "--fail-on", "never", "--quiet"]
    start = time.monotonic()
    done = subprocess.run(
        [*command, "--state", "states", "--format", "json"],
        cwd=account, env=environment(url), stdout=subprocess.PIPE, check=False,
    )
    report = json.loads(done.stdout)
    if "WHOSE_KEEP" in os.environ:
        pathlib.Path(os.environ["WHOSE_KEEP"]).write_bytes(done.stdout)
    cells = report["coverage"]["cells"]
    print(f"scan: {report['summary']}, {len(cells)} cells in {time.monotonic() - start:.1f} s, exit {done.returncode}")
    return report


def judge(report, account):
    """(type, verdict, why) of each type of the configuration, sorted."""
    kinds = json.loads(subprocess.run([whose(), "kinds", "--format", "json"], stdout=subprocess.PIPE, check=True).stdout)
    kinds = {kind["type"]: kind for kind in kinds}
    claims = {(claim["source"], claim["address"]) for one in report["resources"] for claim in one["claims"]}
    missing = {(one["source"], one["address"]) for one in report["missing"]}
    unmanaged = {}
    for one in report["resources"]:
        if one["ownership"] in ("unmanaged", "undecided") and one["part_of"] is None:
            unmanaged.setdefault(one["kind"], []).append(f"{one['ownership']} {one['id']}")
    gaps = {cell["kind"]: cell["status"] for cell in report["coverage"]["cells"] if cell["status"] != "listed"}
    held = {}
    for state in sorted((account / "states").iterdir()):
        for resource in json.loads(state.read_text())["resources"]:
            if resource["mode"] != "managed":
                continue
            for instance in resource["instances"]:
                key = f"[{json.dumps(instance['index_key'])}]" if "index_key" in instance else ""
                address = f"{resource['type']}.{resource['name']}{key}"
                held.setdefault(resource["type"], []).append((f"states/{state.name}", address))
    groups = sorted(state.stem for state in (account / "states").iterdir())
    text = "".join((WIDE / f"{group}.tf").read_text() for group in groups)
    wanted = re.findall(r'^resource "(\w+)"', text, flags=re.M)
    # What would take the rest of its group with it stands in a comment.
    refused = dict(re.findall(r"^# without (\w+): (.*)$", text, flags=re.M))
    for line in (account / "refused.tsv").read_text().splitlines():
        address, why = line.split("\t")
        refused.setdefault(address.split(".")[0], why)
    rows = []
    for type in sorted({*wanted, *refused, *held, *unmanaged} - {"?"}):
        kind = kinds.get(type, {"disposition": "unknown", "of": None, "why": None})
        whole = kind["of"] or type
        found = [one for one in held.get(type, []) if one in claims]
        lost = [one for one in held.get(type, []) if one not in claims]
        over = unmanaged.get(type, [])
        if type in DIFFERS and (lost or over):
            rows.append((type, "moto differs", DIFFERS[type]))
        elif kind["disposition"] == "not_inventoried":
            rows.append((type, "not inventoried", kind["why"] or ""))
        elif type not in held and type in refused:
            rows.append((type, "moto cannot create", refused[type]))
        elif over:
            rows.append((type, "mismatch", "; ".join(over)))
        elif type not in held:
            rows.append((type, "moto cannot create", "what it needs cannot be made"))
        elif not lost:
            rows.append((type, "ok", f"part of {whole}" if kind["disposition"] == "part_of" else ""))
        elif whole in gaps:
            rows.append((type, "moto cannot list", gaps[whole]))
        else:
            said = ["missing" if one in missing else "not found" for one in lost]
            rows.append((type, "mismatch", "; ".join(f"{word} {one[1]}" for word, one in zip(said, lost))))
    return rows


def main():
    match sys.argv[1:]:
        case ["record", account, *groups]:
            record(account, groups)
        case ["table", account, file]:
            table(account, file)
        case _:
            sys.exit(__doc__.strip())


if __name__ == "__main__":
    main()
