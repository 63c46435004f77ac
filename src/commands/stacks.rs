//! Commands of Terraform, OpenTofu, Terragrunt and other tools that change whole stacks: which of them only read,
//! and which applies a saved plan.

use crate::shell::{Arg, Directory, Run};

/// What a command does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Deed {
    /// It changes nothing.
    Reads,
    /// It applies a plan that was saved before, and nothing else.
    Applies(SavedPlan),
    /// It changes resources or the state, or may.
    Changes {
        /// What it does.
        why: String,
        /// What to do instead.
        hint: String,
    },
}

/// The plan of an apply.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SavedPlan {
    /// The path as it was written.
    pub path: String,
    /// Where it stands in the arguments.
    pub at: usize,
    /// From `-chdir`: the path is relative to it.
    pub directory: Directory,
}

const PLAN_FIRST: &str = "make a plan (plan -out=plan.out), check it (whose check plan.out), then run: whose \
                          guard -- terraform apply plan.out";
const BY_HAND: &str = "a person must do this by hand, or the change must go through a plan";

fn changes(why: impl Into<String>, hint: &str) -> Deed {
    Deed::Changes {
        why: why.into(),
        hint: hint.to_owned(),
    }
}

/// Commands of Terraform and OpenTofu that change nothing in an account or state.
/// Source: the command references of Terraform 1.14 and OpenTofu 1.11.
const READING: &[&str] = &[
    "plan",
    "show",
    "validate",
    "fmt",
    "get",
    "graph",
    "output",
    "providers",
    "console",
    "version",
    "metadata",
    "modules",
    "login",
    "logout",
    "query",
    "help",
    "rpcapi",
];

/// Further ones of Terragrunt.
const TERRAGRUNT_READING: &[&str] = &[
    "plan-all",
    "validate-all",
    "validate-inputs",
    "output-all",
    "hclfmt",
    "hclvalidate",
    "hcl",
    "graph-dependencies",
    "render",
    "render-json",
    "info",
    "terragrunt-info",
    "dag",
    "find",
    "list",
    "output-module-groups",
];

/// Options that an apply of a saved plan may have: they change what is shown and how fast, not what is done.
const HARMLESS: &[&str] = &[
    "input=false",
    "no-color",
    "compact-warnings",
    "json",
    "non-interactive",
    "terragrunt-non-interactive",
    "concise",
    "show-sensitive=false",
];
const HARMLESS_VALUES: &[&str] = &["parallelism=", "lock-timeout=", "log-level=", "terragrunt-log-level="];

fn is(program: &str, name: &str) -> bool {
    program.starts_with(name)
}

/// The name with nothing but a version behind it.
fn is_exactly(program: &str, name: &str) -> bool {
    program
        .strip_prefix(name)
        .is_some_and(|rest| !rest.starts_with(|c: char| c.is_ascii_alphabetic()) || rest.starts_with('v'))
}

/// Says what the command does. The program is the first argument.
#[must_use]
pub fn deed(run: &Run) -> Deed {
    let program = run.args.first().and_then(Arg::program).unwrap_or_default();
    let program = super::bare(&program).to_owned();
    let terragrunt = is(&program, "terragrunt") || is_exactly(&program, "tg");
    if !(terragrunt
        || ["terraform", "tofu", "opentofu", "tflocal"]
            .iter()
            .any(|name| is(&program, name))
        || is_exactly(&program, "tf"))
    {
        return other(&program, &run.args[1..]);
    }
    if let Some(name) = run.environment.keys().find(|name| name.starts_with("TF_CLI_ARGS")) {
        return changes(format!("{name} changes what {program} does"), "leave the variable out");
    }
    if let Some(name) = run.environment.keys().find(|name| {
        matches!(
            name.as_str(),
            "TG_TF_PATH" | "TERRAGRUNT_TFPATH" | "TG_TF_FORWARD_STDOUT"
        )
    }) {
        return changes(format!("{name} changes what terragrunt runs"), "leave the variable out");
    }
    let deed = if terragrunt {
        terragrunt_deed(&run.args)
    } else {
        terraform_deed(&program, &run.args)
    };
    match deed {
        Deed::Applies(_) if run.elsewhere => changes(
            "it runs on another machine or in a container, where the plan cannot be seen",
            PLAN_FIRST,
        ),
        deed => deed,
    }
}

/// An option without its dashes; Terraform takes one or two.
fn option(arg: &Arg) -> Option<&str> {
    let text = match arg {
        Arg::Known(text) => text.as_str(),
        Arg::Unknown { start, .. } => start.as_str(),
    };
    let rest = text.strip_prefix('-')?;
    Some(rest.strip_prefix('-').unwrap_or(rest))
}

fn terraform_deed(program: &str, args: &[Arg]) -> Deed {
    let mut at = 1;
    let mut directory = Directory::Known(String::new());
    while let Some(arg) = args.get(at) {
        if arg.splits() {
            return changes(
                format!("what {program} does depends on {}", arg.text()),
                "write it out, or quote it",
            );
        }
        let Some(name) = option(arg) else { break };
        match name {
            "help" | "h" | "version" | "v" => return Deed::Reads,
            _ if name.starts_with("chdir=") => {
                directory = match arg.known().and_then(|text| text.split_once('=')) {
                    Some((_, path)) => Directory::Known(path.to_owned()),
                    None => Directory::Unknown,
                };
            }
            _ => {
                return changes(
                    format!("{} is no option that is known to stand there", arg.text()),
                    PLAN_FIRST,
                );
            }
        }
        at += 1;
    }
    let Some(command) = args.get(at) else {
        return Deed::Reads;
    };
    let Some(command) = command.known() else {
        return changes(
            format!("what {program} does depends on {}", command.text()),
            "write it out",
        );
    };
    let rest = &args[at + 1..];
    if let [only] = rest
        && matches!(only.known(), Some("-help" | "--help" | "-h"))
    {
        return Deed::Reads;
    }
    let sub = rest.iter().find(|arg| option(arg).is_none());
    match command {
        "apply" => apply(program, args, at + 1, directory),
        "destroy" => changes(
            format!("{program} destroy deletes whatever the state holds"),
            DESTROY_HINT,
        ),
        "init"
            if rest.iter().any(|arg| {
                option(arg).is_some_and(|name| name.starts_with("migrate-state") || name.starts_with("force-copy"))
                    || arg.splits()
            }) =>
        {
            changes("it moves or replaces the state", BY_HAND)
        }
        "init" => Deed::Reads,
        "state" => match sub.map(Arg::known) {
            None | Some(Some("list" | "show" | "pull" | "identities")) => Deed::Reads,
            Some(sub) => changes(
                format!(
                    "{program} state {} changes the state",
                    sub.unwrap_or("(something that cannot be told)")
                ),
                BY_HAND,
            ),
        },
        "workspace" | "env" => match sub.map(Arg::known) {
            None | Some(Some("list" | "show" | "select" | "new")) => Deed::Reads,
            Some(sub) => changes(
                format!(
                    "{program} workspace {} may delete a state",
                    sub.unwrap_or("(something that cannot be told)")
                ),
                BY_HAND,
            ),
        },
        command if READING.contains(&command) => Deed::Reads,
        "import" | "taint" | "untaint" | "refresh" | "push" => {
            changes(format!("{program} {command} changes the state"), BY_HAND)
        }
        "force-unlock" => changes("it takes away a lock that somebody holds", BY_HAND),
        "test" => changes(format!("{program} test makes and destroys real resources"), BY_HAND),
        command => changes(
            format!("{program} {command} is no command that is known to be harmless"),
            BY_HAND,
        ),
    }
}

const DESTROY_HINT: &str = "make a plan of it (plan -destroy -out=plan.out), check it (whose check plan.out), \
                            then run: whose guard -- terraform apply plan.out";

fn apply(program: &str, args: &[Arg], from: usize, directory: Directory) -> Deed {
    let mut plan = None;
    for (at, arg) in args.iter().enumerate().skip(from) {
        let Some(text) = arg.known() else {
            return changes(format!("what it applies depends on {}", arg.text()), "write it out");
        };
        match option(arg) {
            Some(name) if HARMLESS.contains(&name) || HARMLESS_VALUES.iter().any(|start| name.starts_with(start)) => {}
            Some("auto-approve" | "auto-approve=true" | "terragrunt-auto-approve") => {
                return changes("-auto-approve leaves nobody to ask", PLAN_FIRST);
            }
            Some("destroy" | "destroy=true") => {
                return changes(
                    format!("{program} apply -destroy deletes whatever the state holds"),
                    DESTROY_HINT,
                );
            }
            Some(name) => {
                return changes(format!("-{name} is not for a plan that was made before"), PLAN_FIRST);
            }
            None if plan.is_some() => return changes("it names more than one plan", PLAN_FIRST),
            None => plan = Some((at, text.to_owned())),
        }
    }
    match plan {
        Some((at, path)) => Deed::Applies(SavedPlan { path, at, directory }),
        None => changes(
            format!("{program} apply without a saved plan makes its own, which nobody has checked"),
            PLAN_FIRST,
        ),
    }
}

/// Words of terragrunt that change something.
const CHANGING: &[&str] = &[
    "apply",
    "destroy",
    "apply-all",
    "destroy-all",
    "spin-up",
    "tear-down",
    "import",
    "taint",
    "untaint",
    "refresh",
    "force-unlock",
    "delete",
    "migrate",
    "rm",
    "mv",
    "push",
    "replace-provider",
    "test",
    "exec",
    "bootstrap",
    "aws-provider-patch",
    "scaffold",
    "run-cmd",
];

fn terragrunt_deed(args: &[Arg]) -> Deed {
    let rest = &args[1..];
    if let Some(arg) = rest.iter().find(|arg| arg.splits()) {
        return changes(
            format!("what terragrunt does depends on {}", arg.text()),
            "write it out, or quote it",
        );
    }
    let words: Vec<&str> = rest
        .iter()
        .filter(|arg| option(arg).is_none())
        .filter_map(Arg::known)
        .collect();
    // `terragrunt apply plan.out` and nothing before it, so that no option's value is taken for a command.
    if args.get(1).and_then(Arg::known) == Some("apply") {
        return match apply("terragrunt", args, 2, Directory::Known(String::new())) {
            Deed::Applies(plan) if !plan.path.starts_with('/') => changes(
                "terragrunt runs in a folder of its own, where a relative path may be another file",
                "give the absolute path of the plan",
            ),
            deed => deed,
        };
    }
    if let Some(word) = words.iter().find(|word| CHANGING.contains(word)) {
        return changes(format!("terragrunt {word} changes resources or the state"), PLAN_FIRST);
    }
    match words.first() {
        None => Deed::Reads,
        Some(&("run-all" | "run" | "stack" | "graph" | "state" | "workspace" | "init" | "catalog")) => Deed::Reads,
        Some(word) if READING.contains(word) || TERRAGRUNT_READING.contains(word) => Deed::Reads,
        // The value of an option may stand before the command.
        Some(_)
            if words
                .iter()
                .any(|word| READING.contains(word) || TERRAGRUNT_READING.contains(word)) =>
        {
            Deed::Reads
        }
        Some(word) => changes(
            format!("terragrunt {word} is no command that is known to be harmless"),
            BY_HAND,
        ),
    }
}

/// Tools without a plan that could be checked: the words that make them change something.
const OTHERS: &[(&str, &[&str])] = &[
    (
        "pulumi",
        &[
            "destroy",
            "down",
            "dn",
            "up",
            "update",
            "import",
            "refresh",
            "cancel",
            "delete",
            "rm",
            "rename",
            "move",
            "unprotect",
            "edit",
            "repair",
            "watch",
        ],
    ),
    ("cdktf", &["destroy", "deploy", "apply", "watch"]),
    (
        "cdk",
        &[
            "destroy", "deploy", "watch", "import", "gc", "rollback", "migrate", "refactor",
        ],
    ),
    ("sam", &["delete", "deploy", "sync"]),
    ("eksctl", &["delete", "drain", "scale", "upgrade", "update", "apply"]),
    ("serverless", &["remove", "deploy", "rollback"]),
    ("sls", &["remove", "deploy", "rollback"]),
    ("copilot", &["delete", "deploy"]),
    ("terraspace", &["down", "up", "all", "clean", "state", "import"]),
    ("aws-nuke", &["run", "nuke", "--no-dry-run"]),
    ("nuke", &["run", "nuke", "--no-dry-run"]),
    ("cloud-nuke", &["aws", "defaults-aws"]),
    (
        "aws-cdk",
        &[
            "destroy", "deploy", "watch", "import", "gc", "rollback", "migrate", "refactor",
        ],
    ),
    ("cdktf-cli", &["destroy", "deploy", "apply", "watch"]),
    // Stores of objects.
    (
        "s3cmd",
        &["del", "rm", "rb", "expire", "--delete-removed", "dellifecycle"],
    ),
    ("s4cmd", &["del", "--delete-removed"]),
    ("s5cmd", &["rm", "rb", "mv", "--delete"]),
    (
        "rclone",
        &[
            "purge",
            "delete",
            "deletefile",
            "sync",
            "move",
            "moveto",
            "rmdir",
            "rmdirs",
            "cleanup",
            "bisync",
        ],
    ),
    ("mc", &["rb", "rm", "--remove", "mv"]),
    // Tools of one service or framework.
    ("eb", &["terminate"]),
    ("ecs-cli", &["down", "rm", "scale"]),
    ("amplify", &["delete", "remove"]),
    ("sst", &["remove", "deploy"]),
    ("arc", &["destroy", "deploy"]),
    ("chalice", &["delete"]),
    ("zappa", &["undeploy"]),
    ("kops", &["delete"]),
    ("awless", &["delete", "stop", "detach", "revert"]),
    ("rain", &["rm", "deploy"]),
    ("formica", &["remove"]),
    ("sceptre", &["delete", "prune"]),
    ("stacker", &["destroy"]),
    ("cfn-cli", &["delete"]),
    ("runway", &["destroy", "undeploy", "deploy"]),
    ("tfc-cli", &["apply", "destroy"]),
    ("tfci", &["apply", "destroy"]),
    ("digger", &["apply", "destroy"]),
    ("terrateam", &["apply", "destroy"]),
    ("ec2-terminate-instances", &[""]),
];

/// Says whether a program, by its bare name, is one of the tools without a plan.
#[must_use]
pub fn is_other(program: &str) -> bool {
    OTHERS.iter().any(|(name, _)| *name == program)
}

fn other(program: &str, args: &[Arg]) -> Deed {
    let Some((_, words)) = OTHERS
        .iter()
        .find(|(name, _)| *name == program || (*name == "pulumi" && is(program, name)))
    else {
        return Deed::Reads;
    };
    if let Some(arg) = args.iter().find(|arg| arg.splits()) {
        return changes(
            format!("what {program} does depends on {}", arg.text()),
            "write it out, or quote it",
        );
    }
    // Some have no other purpose.
    if *words == [""] {
        return changes(format!("{program} changes resources"), BY_HAND);
    }
    match args.iter().filter_map(Arg::known).find(|arg| words.contains(arg)) {
        Some(word) => changes(
            format!("{program} {word} changes resources, and has no plan that could be checked"),
            BY_HAND,
        ),
        None => Deed::Reads,
    }
}
