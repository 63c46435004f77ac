//! The name of a state, which is the project of its claims where neither the config nor a tag says another.

/// Names for the state at `source`, from the shortest to the longest; there is at least one.
///
/// The shortest is the file's name without `.tfstate`, `.json` and `.backup`. Where that is one of the names that
/// every state has (`terraform`, `default`, `errored`), it is the folder's name, and in a workspace
/// (`terraform.tfstate.d/WS/terraform.tfstate`, or S3's `env:/WS/KEY`) the name and the workspace: `shop-staging`.
/// Each longer one has one more folder in front: `vpc`, `prod/vpc`, `infra/prod/vpc`. The reader of many states takes
/// the first that no other state has.
pub(super) fn names(source: &str) -> Vec<String> {
    if source == "-" {
        return vec!["stdin".to_owned()];
    }
    let path = source.split_once("://").map_or(source, |(_, path)| path);
    let mut folders: Vec<&str> = path
        .split(['/', '\\'])
        .filter(|part| !matches!(*part, "" | "." | ".."))
        .collect();
    let file = folders.pop().unwrap_or_default();
    let stem = stem(file);

    let mut workspace = None;
    if let [.., folder, name] = folders[..]
        && folder == "terraform.tfstate.d"
    {
        workspace = Some(name);
        folders.truncate(folders.len() - 2);
    } else if let Some(at) = folders.iter().position(|folder| *folder == "env:")
        && at + 1 < folders.len()
    {
        workspace = Some(folders.remove(at + 1));
        folders.remove(at);
    }

    let says_nothing = matches!(stem, "terraform" | "default" | "errored" | "");
    let base = if says_nothing { folders.pop() } else { None }.unwrap_or(stem);
    let mut name = match workspace {
        Some(workspace) => format!("{base}-{workspace}"),
        None => base.to_owned(),
    };
    if name.is_empty() {
        "state".clone_into(&mut name);
    }
    let mut names = vec![name.clone()];
    for folder in folders.iter().rev() {
        name = format!("{folder}/{name}");
        names.push(name.clone());
    }
    names
}

/// The file's name without what says that it is a state.
fn stem(file: &str) -> &str {
    let mut stem = file;
    if let Some(rest) = stem.strip_suffix(".backup") {
        // `terraform.tfstate.1700000000.backup`
        stem = match rest.rsplit_once('.') {
            Some((before, time)) if !time.is_empty() && time.bytes().all(|b| b.is_ascii_digit()) => before,
            _ => rest,
        };
    }
    let bare = stem.strip_suffix(".json").unwrap_or(stem);
    let bare = bare.strip_suffix(".tfstate").unwrap_or(bare);
    if bare != stem || bare != file {
        return bare;
    }
    match stem.rsplit_once('.') {
        Some((before, _)) if !before.is_empty() => before,
        _ => stem,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_state_is_named_after_its_file_or_folder() {
        for (source, name) in [
            ("states/platform.tfstate", "platform"),
            ("platform.tfstate.json", "platform"),
            ("a/show.json", "show"),
            ("a/my.app.tfstate", "my.app"),
            ("a/prod.state", "prod"),
            ("envs/prod/terraform.tfstate", "prod"),
            ("envs/prod/terraform.tfstate.backup", "prod"),
            ("envs/prod/terraform.tfstate.1700000000.backup", "prod"),
            ("envs/prod/errored.tfstate", "prod"),
            ("shop/terraform.tfstate.d/staging/terraform.tfstate", "shop-staging"),
            ("terraform.tfstate.d/staging/terraform.tfstate", "terraform-staging"),
            ("terraform.tfstate", "terraform"),
            ("s3://bucket/network/terraform.tfstate", "network"),
            ("s3://bucket/env:/dev/network/terraform.tfstate", "network-dev"),
            ("s3://bucket/env:/dev/shop.tfstate", "shop-dev"),
            ("gs://bucket/prefix/default.tfstate", "prefix"),
            ("-", "stdin"),
            ("", "state"),
            (".tfstate", "state"),
            ("../terraform.tfstate", "terraform"),
        ] {
            assert_eq!(names(source)[0], name, "{source}");
        }
        assert_eq!(
            names("/infra/prod/vpc/terraform.tfstate"),
            ["vpc", "prod/vpc", "infra/prod/vpc"]
        );
    }
}
