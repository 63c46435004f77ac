//! What code speaks of: words that delete, and code that hides what it runs.

/// The words of code that delete: names of tools or libraries with verbs, whatever stands between them.
///
/// Quotes, pluses and blanks are taken out first, so that `"terra" + "form"` reads as one word.
pub(super) fn mentions(code: &str) -> Option<&'static str> {
    let dense: String = code
        .to_lowercase()
        .chars()
        .filter(char::is_ascii_alphanumeric)
        .collect();
    let has = |words: &[&'static str]| words.iter().copied().find(|word| dense.contains(word));
    let stack = has(&["terraform", "opentofu", "tofu", "terragrunt", "pulumi", "cdktf"]);
    if let Some(tool) = stack
        && has(&[
            "destroy",
            "apply",
            "autoapprove",
            "staterm",
            "statepush",
            "statemv",
            "forceunlock",
            "stateabsent",
        ])
        .is_some()
    {
        return Some(tool);
    }
    // Bare letters of the name occur in many words: it must be a word or a library.
    let words = code.to_lowercase();
    let aws = words
        .split(|c: char| !(c.is_ascii_alphanumeric() || c == '_'))
        .any(|word| {
            matches!(
                word,
                "aws" | "paws" | "boto3" | "boto" | "botocore" | "aioboto3" | "awscli" | "aws_sdk"
            )
        })
        || has(&["boto3", "botocore", "awssdk", "awscli", "pythonmawscli", "amazonawscom"]).is_some();
    (aws && has(&[
        "delete",
        "terminate",
        "release",
        "deregister",
        "purge",
        "removebucket",
        "schedulekeydeletion",
        "s3rb",
        "s3rm",
        "emptybucket",
        "backupretentionperiod0",
        "deletionprotectionfalse",
        "skipfinalsnapshot",
    ])
    .is_some())
    .then_some("deletions in AWS")
}

/// The same for a program in a file, which may speak of many things: the tool and the verb stand side by side, or
/// a call deletes a thing of an account rather than an item in it.
pub(super) fn program_mentions(code: &str) -> Option<&'static str> {
    const CALLS: &[&str] = &[
        "terminateinstances",
        "deletevpc",
        "deletesubnet",
        "deletesecuritygroup",
        "deletevolume",
        "deletesnapshot",
        "deletenatgateway",
        "deletedbinstance",
        "deletedbcluster",
        "deletedbsnapshot",
        "deletecluster",
        "deleteservice",
        "deletebucket",
        "deletestack",
        "deleteloadbalancer",
        "deletetargetgroup",
        "deletetable",
        "deletefilesystem",
        "deletehostedzone",
        "deleteloggroup",
        "deletesecret",
        "deleterepository",
        "deletefunction",
        "deletereplicationgroup",
        "deletecachecluster",
        "schedulekeydeletion",
        "releaseaddress",
        "deregisterimage",
    ];
    let dense: String = code
        .to_lowercase()
        .chars()
        .filter(char::is_ascii_alphanumeric)
        .collect();
    for tool in ["terraform", "tofu", "terragrunt", "pulumi"] {
        let near = |(at, _): (usize, &str)| {
            let rest = &dense[at..(at + 60).min(dense.len())];
            rest.contains("destroy") || rest.contains("apply") || rest.contains("staterm")
        };
        if dense.match_indices(tool).any(near) {
            return Some(tool);
        }
    }
    let library = ["boto3", "botocore", "awssdk", "aws"]
        .iter()
        .any(|name| dense.contains(name));
    (library && CALLS.iter().any(|call| dense.contains(call))).then_some("deletions in AWS")
}

/// Code that decodes something and runs it.
pub(super) fn hides(code: &str) -> Option<&'static str> {
    let lower = code.to_lowercase();
    let decodes = [
        "base64",
        "b64decode",
        "fromhex",
        "unhexlify",
        "codecs.decode",
        "rot13",
        "rot_13",
        "chr(",
        "fromcharcode",
        "atob(",
        "zlib.decompress",
        "marshal.loads",
        "unpack(",
        "frombase64string",
        "-encodedcommand",
        "[::-1]",
        ".reverse",
    ]
    .into_iter()
    .find(|word| lower.contains(word))?;
    [
        "subprocess",
        "os.system",
        "os.exec",
        "os.popen",
        "popen",
        "exec(",
        "execsync",
        "spawn",
        "eval",
        "child_process",
        "system(",
        "`",
        "pty.",
        "shell",
        "__import__",
        "iex",
    ]
    .into_iter()
    .any(|word| lower.contains(word))
    .then_some(decodes)
}
