//! `whose hook`.

use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::mpsc;
use std::time::Duration;

use serde_json::Value;

use super::exit::Exit;
use super::failure::Failure;
use super::guard::Around;
use super::receipts;
use super::ui::Ui;
use crate::guard::{self, Refusal};

/// Answers a coding agent before it runs a command: denies what would delete unchecked
///
/// Reads the JSON that the agent gives to its pre-tool-use hook. Terraform, OpenTofu and Terragrunt that change
/// something and deletions of the AWS CLI are denied unless a valid receipt says that exactly this passed; commands
/// that only read go on, and nothing is ever allowed that the agent's own rules forbid. What cannot be understood is
/// denied. It looks through quotes, variables, shells in shells, wrappers, scripts and here-documents; what it cannot
/// see through is in the documentation.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  whose hook < call.json

In the agent's settings (.claude/settings.json, and others that take the same form):
  {\"hooks\": {\"PreToolUse\": [{\"matcher\": \"*\", \"hooks\": [{\"type\": \"command\", \"command\": \"whose hook\"}]}]}}

Exit codes: 0 it may go on; 2 denied, with the reason on stderr (and as JSON on stdout).")]
pub(crate) struct Args {}

/// Bytes of input above which nothing is read.
const LARGEST_INPUT: u64 = 16 << 20;

/// What an agent's settings take as "denied". It is also the code of wrong usage: a hook that is called wrongly
/// denies as well.
const DENIED: u8 = 2;

/// How long it may take to read a call. Agents wait for a hook for about a minute, and take none for consent.
const PATIENCE: Duration = Duration::from_secs(10);

/// Bytes of stack to read with; nesting is bounded far below it.
const STACK: usize = 64 << 20;

/// What is decided within some time. A crash, and an answer that comes too late, would be taken for consent.
fn within(patience: Duration, decide: impl FnOnce() -> Option<Refusal> + Send + 'static) -> Option<Refusal> {
    let (say, said) = mpsc::sync_channel(1);
    let started = std::thread::Builder::new().stack_size(STACK).spawn(move || {
        // Nobody listens any more where it was too late.
        say.send(decide()).ok();
    });
    let why = match started.map(|_| said.recv_timeout(patience)) {
        Ok(Ok(decided)) => return decided,
        Ok(Err(mpsc::RecvTimeoutError::Timeout)) => "it takes too long to read",
        Ok(Err(mpsc::RecvTimeoutError::Disconnected)) | Err(_) => "the hook failed",
    };
    refusal(why, "write the command out in full, or ask a person to run it")
}

pub(crate) fn run(_: Args, ui: &mut Ui) -> Result<Exit, Failure> {
    let Some(Refusal { command, why, hint }) = within(PATIENCE, decide) else {
        return Ok(Exit::Clean);
    };
    let command: String = command.lines().next().unwrap_or_default().chars().take(200).collect();
    let reason = if command.is_empty() {
        format!("whose denies it: {why}. {hint}")
    } else {
        format!("whose denies '{command}': {why}. {hint}")
    };
    let answer = serde_json::json!({
        "hookSpecificOutput": {
            "hookEventName": "PreToolUse",
            "permissionDecision": "deny",
            "permissionDecisionReason": reason,
        }
    });
    ui.error_text(&reason);
    // The exit code says it already.
    ui.report(&format!("{answer}\n")).ok();
    Ok(Exit::Child(DENIED))
}

fn refusal(why: impl Into<String>, hint: &str) -> Option<Refusal> {
    Some(Refusal {
        command: String::new(),
        why: why.into(),
        hint: hint.to_owned(),
    })
}

const SETTINGS: &str = "check the hook's settings";

fn decide() -> Option<Refusal> {
    let mut bytes = Vec::new();
    let read = std::io::stdin().lock().take(LARGEST_INPUT + 1).read_to_end(&mut bytes);
    if read.is_err() || bytes.len() as u64 > LARGEST_INPUT {
        return refusal("what the agent sent cannot be read", SETTINGS);
    }
    let here = std::env::current_dir().unwrap_or_default();
    decide_on(&bytes, &here)
}

/// Names of tools that run commands, in lower case.
const SHELL_TOOLS: &[&str] = &[
    "bash",
    "shell",
    "sh",
    "zsh",
    "powershell",
    "terminal",
    "execute",
    "exec",
    "command",
    "run_shell_command",
    "run_command",
    "execute_command",
    "execute_bash",
    "run_in_terminal",
    "run_terminal_cmd",
    "local_shell",
    "exec_command",
];

/// Keys of a tool's input that hold commands.
const COMMANDS: &[&str] = &[
    "command",
    "cmd",
    "commands",
    "script",
    "cli_command",
    "shell_command",
    "command_line",
    "CommandLine",
    "Command",
    "argv",
    "program",
    "chars",
];

/// Keys that hold paths of files that a tool writes.
const PATHS: &[&str] = &[
    "file_path",
    "path",
    "notebook_path",
    "filePath",
    "filename",
    "target_file",
];

fn decide_on(bytes: &[u8], here: &Path) -> Option<Refusal> {
    let Ok(Value::Object(call)) = serde_json::from_slice::<Value>(bytes) else {
        return refusal("what the agent sent is no JSON object", SETTINGS);
    };
    let text = |key: &str| call.get(key).and_then(Value::as_str);
    let tool = text("tool_name").or_else(|| text("toolName")).or_else(|| text("tool"));
    if let Some(event) = text("hook_event_name").or_else(|| text("hookEventName"))
        && !event.to_lowercase().contains("tool")
        && !event.to_lowercase().contains("shell")
        && tool.is_none()
        && !COMMANDS.iter().any(|key| call.contains_key(*key))
    {
        // Another event: nothing is about to run.
        return None;
    }
    let input = ["tool_input", "toolInput", "toolArgs", "tool_args", "arguments", "input"]
        .into_iter()
        .find_map(|key| call.get(key));
    let input = match input {
        // Some agents send the arguments as text.
        Some(Value::String(text)) => match serde_json::from_str::<Value>(text) {
            Ok(Value::Object(input)) => input,
            _ => [("command".to_owned(), Value::String(text.clone()))]
                .into_iter()
                .collect(),
        },
        Some(Value::Object(input)) => input.clone(),
        Some(Value::Null) | None => call.clone(),
        Some(_) => return refusal("the tool's input is no JSON object", SETTINGS),
    };
    let folder = ["workdir", "cwd", "working_directory"]
        .into_iter()
        .find_map(|key| input.get(key).or_else(|| call.get(key)))
        .and_then(Value::as_str)
        .map_or_else(|| here.to_owned(), |folder| here.join(folder));
    let around = Around { receipt: None };
    let mut any = false;
    for key in COMMANDS {
        match input.get(*key) {
            None | Some(Value::Null) => {}
            Some(Value::String(text)) => {
                any = true;
                // `"command": "terraform", "args": ["destroy"]`
                let args = input
                    .get("args")
                    .or_else(|| input.get("arguments"))
                    .and_then(Value::as_array);
                let mut words = vec![text.clone()];
                words.extend(args.into_iter().flatten().filter_map(Value::as_str).map(str::to_owned));
                if let Some(refusal) = Some(words)
                    .filter(|words| words.len() > 1)
                    .and_then(|words| forges(&words.join(" ")).or_else(|| guard::judge_args(&words, &folder, &around)))
                {
                    return Some(refusal);
                }
                if let Some(refusal) = forges(text).or_else(|| guard::judge(text, &folder, &around)) {
                    return Some(refusal);
                }
            }
            Some(Value::Array(words)) => {
                any = true;
                let words: Option<Vec<String>> = words.iter().map(|word| word.as_str().map(str::to_owned)).collect();
                let Some(words) = words.filter(|words| !words.is_empty()) else {
                    return refusal("the command is no list of words", SETTINGS);
                };
                // Several commands, or the words of one.
                let each = (*key == "commands").then(|| {
                    words
                        .iter()
                        .find_map(|text| forges(text).or_else(|| guard::judge(text, &folder, &around)))
                });
                if let Some(refusal) = each.flatten() {
                    return Some(refusal);
                }
                if let Some(refusal) = forges(&words.join(" ")).or_else(|| guard::judge_args(&words, &folder, &around))
                {
                    return Some(refusal);
                }
            }
            Some(_) => return refusal("the command is no text", SETTINGS),
        }
    }
    for key in PATHS {
        if let Some(path) = input.get(*key).and_then(Value::as_str)
            && in_receipts(&folder.join(path))
        {
            return refusal("receipts are written by 'whose check' alone", "check the plan instead");
        }
        if let Some(path) = input.get(*key).and_then(Value::as_str) {
            let texts = ["content", "new_string", "new_str", "file_text", "contents", "text"];
            let found = texts
                .iter()
                .filter_map(|key| input.get(*key).and_then(Value::as_str))
                .find_map(|text| guard::written(path, text));
            if found.is_some() {
                return found;
            }
        }
    }
    let Some(tool) = tool else {
        return if any {
            None
        } else {
            refusal("what the agent sent names no tool and no command", SETTINGS)
        };
    };
    let tool = tool.to_lowercase();
    if SHELL_TOOLS.contains(&tool.as_str()) && !any {
        return refusal(format!("the call of {tool} holds no command"), SETTINGS);
    }
    let stack = ["terraform", "tofu", "terragrunt", "pulumi"]
        .iter()
        .any(|name| tool.contains(name));
    let verb = ["apply", "destroy", "delete", "import"]
        .iter()
        .any(|verb| tool.contains(verb));
    if stack && verb {
        return refusal(
            format!("the tool {tool} changes resources without a checked plan"),
            "use a saved plan and whose guard",
        );
    }
    None
}

/// A command that touches the receipts themselves. Only a hint to those who mean well: a receipt is no signature.
fn forges(text: &str) -> Option<Refusal> {
    let folder = receipts::folder()
        .map(|folder| folder.display().to_string())
        .filter(|folder| folder.len() > 4);
    (text.contains("WHOSE_RECEIPTS")
        || text.contains("whose/receipts")
        || folder.is_some_and(|folder| text.contains(&folder)))
    .then(|| Refusal {
        command: String::new(),
        why: "the command touches the receipts, which are written by 'whose check' alone".to_owned(),
        hint: "check the plan instead".to_owned(),
    })
}

fn in_receipts(path: &Path) -> bool {
    let mut plain = PathBuf::new();
    for part in path.components() {
        match part {
            std::path::Component::ParentDir => drop(plain.pop()),
            std::path::Component::CurDir => {}
            part => plain.push(part),
        }
    }
    receipts::folder().is_some_and(|folder| plain.starts_with(folder))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn denied(json: &str) -> bool {
        decide_on(json.as_bytes(), Path::new("/nowhere")).is_some()
    }

    #[test]
    fn the_forms_of_several_agents() {
        for json in [
            r#"{"session_id":"x","cwd":"/tmp","hook_event_name":"PreToolUse","tool_name":"Bash","tool_input":{"command":"terraform destroy","description":"x"}}"#,
            r#"{"hook_event_name":"PreToolUse","tool_name":"shell","tool_input":{"command":["bash","-lc","terraform destroy"],"workdir":"/tmp"}}"#,
            r#"{"hook_event_name":"BeforeTool","tool_name":"run_shell_command","tool_input":{"command":"terraform destroy"}}"#,
            r#"{"hook_event_name":"beforeShellExecution","command":"terraform destroy","cwd":"/tmp"}"#,
            r#"{"toolName":"bash","toolArgs":"{\"command\":\"terraform destroy\"}"}"#,
            r#"{"tool_name":"mcp__aws__call_aws","tool_input":{"cli_command":"aws ec2 delete-vpc --vpc-id vpc-1"}}"#,
            r#"{"tool_name":"mcp__terraform__apply_run","tool_input":{"id":"x"}}"#,
            r#"{"tool_name":"run","tool_input":{"commands":["ls","terraform destroy"]}}"#,
            r#"{"tool_name":"exec","tool_input":{"command":"terraform","args":["destroy"]}}"#,
            r#"{"tool_name":"exec","tool_input":{"argv":["terraform","destroy"]}}"#,
            r#"{"tool_name":"run_command","tool_input":{"CommandLine":"terraform destroy","Cwd":"/tmp"}}"#,
            r#"{"hook_event_name":"beforeMCPExecution","tool_name":"call_aws","tool_input":{"cli_command":"aws ec2 delete-vpc --vpc-id vpc-1"}}"#,
            r#"{"hook_event_name":"PermissionRequest","tool_name":"Bash","tool_input":{"command":"terraform destroy"}}"#,
            r#"{"tool_name":"Write","tool_input":{"file_path":"/srv/.git/hooks/pre-commit","content":"terraform destroy"}}"#,
        ] {
            assert!(denied(json), "{json}");
            let reads = json
                .replace("destroy", "plan")
                .replace("delete-vpc", "describe-vpcs")
                .replace("apply_run", "list_runs");
            assert!(!denied(&reads), "{reads}");
        }
    }

    #[test]
    fn a_crash_and_an_answer_that_comes_too_late_are_denials() {
        let long = Duration::from_secs(3600);
        assert!(within(long, || None).is_none());
        assert!(within(long, || refusal("x", "y")).is_some());
        assert!(within(long, || panic!("as a test")).is_some());
        let never = || {
            std::thread::park_timeout(Duration::from_secs(3600));
            None
        };
        assert!(within(Duration::from_millis(1), never).is_some());
    }

    #[test]
    fn what_is_not_understood_is_denied() {
        for json in [
            "",
            "{",
            "[]",
            "null",
            "\"terraform destroy\"",
            "{}",
            r#"{"tool_name":"Bash"}"#,
            r#"{"tool_name":"Bash","tool_input":{}}"#,
            r#"{"tool_name":"Bash","tool_input":{"command":1}}"#,
            r#"{"tool_name":"Bash","tool_input":{"command":[1]}}"#,
            r#"{"tool_name":"Bash","tool_input":[]}"#,
            r#"{"tool_name":"Bash","tool_input":{"command":"echo 'not closed"}}"#,
        ] {
            assert!(denied(json), "{json}");
        }
        assert!(decide_on(&[0xff, 0xfe], Path::new("/")).is_some());
    }

    #[test]
    fn other_tools_and_events_go_on() {
        for json in [
            r#"{"hook_event_name":"PreToolUse","tool_name":"Read","tool_input":{"file_path":"/tmp/main.tf"}}"#,
            r#"{"hook_event_name":"PreToolUse","tool_name":"Write","tool_input":{"file_path":"/tmp/a.md","content":"terraform destroy"}}"#,
            r#"{"hook_event_name":"SessionStart"}"#,
        ] {
            assert!(!denied(json), "{json}");
        }
    }
}
