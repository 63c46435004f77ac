//! `whose kinds`.

use clap::ValueEnum;
use serde::Serialize;

use super::exit::Exit;
use super::failure::Failure;
use super::look::LookArgs;
use super::ui::Ui;
use crate::kinds::registry::{self, Disposition};
use crate::report::json;
use crate::report::text::{counted, pad, wrap};

/// Prints what becomes of each Terraform type: listed, part of something that is listed, or not inventoried
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  whose kinds
  whose kinds subnet
  whose kinds --format json | jq -r '.[] | select(.disposition == \"described\") | .type'")]
pub(crate) struct Args {
    /// Prints only types with this in their name
    #[arg(value_name = "TEXT")]
    filter: Option<String>,
    /// The format
    #[arg(long, value_enum, value_name = "FORMAT", default_value_t = Format::Human)]
    format: Format,
    #[command(flatten)]
    look: LookArgs,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    /// One type a line
    Human,
    /// An array of {type, disposition, of, why}
    Json,
}

/// What becomes of one Terraform type; a contract of `--format json`.
#[derive(Debug, Serialize)]
struct Row {
    r#type: &'static str,
    disposition: &'static str,
    /// The kind that it is another name for, or a part of.
    of: Option<&'static str>,
    why: Option<&'static str>,
}

/// The whole table, by type.
fn table() -> Vec<Row> {
    registry::types()
        .into_iter()
        // Backups that no Terraform type stands for are kinds of ours, and no types of the provider.
        .filter(|(_, disposition)| !matches!(disposition, Disposition::Kind(kind) if kind.import_id.is_empty()))
        .map(|(r#type, disposition)| {
            let (word, of, why) = match disposition {
                Disposition::Kind(kind) if registry::is_described(kind.name) => ("described", None, None),
                Disposition::Kind(_) => ("listed", None, None),
                Disposition::Alias(kind) => ("alias", Some(kind.name), Some("another name for the same resource")),
                Disposition::Adopter(kind) => ("alias", Some(kind.name), Some("takes over a default that AWS made")),
                Disposition::Facet(kind, _) => (
                    "part_of",
                    Some(kind.name),
                    Some("counts as a claim on what it belongs to"),
                ),
                Disposition::NotInventoried(why) => ("not_inventoried", None, Some(why)),
                Disposition::Unknown => ("not_inventoried", None, Some("no kind knows it")),
            };
            Row {
                r#type,
                disposition: word,
                of,
                why,
            }
        })
        .collect()
}

pub(crate) fn run(args: &Args, ui: &mut Ui) -> Result<Exit, Failure> {
    let mut rows = table();
    if let Some(text) = &args.filter {
        rows.retain(|row| row.r#type.contains(text.as_str()));
    }
    let text = match args.format {
        Format::Json => json::pretty(&rows),
        Format::Human => human(&rows, args.look.settle(ui).width),
    };
    ui.report(&text)?;
    if rows.is_empty() {
        ui.warn("no type has that in its name");
    }
    Ok(Exit::Clean)
}

/// One type a line, never broken, because types are typed into commands; the reason below it where one is missing
/// from the inventory.
fn human(rows: &[Row], columns: usize) -> String {
    let mut out = String::new();
    let longest = rows.iter().map(|row| row.r#type.len()).max().unwrap_or(0).min(44);
    for row in rows {
        let what = match (row.disposition, row.of) {
            ("part_of", Some(of)) => format!("part of {of}"),
            (word, Some(of)) => format!("{word} of {of}"),
            (word, None) => word.replace('_', " "),
        };
        out.push_str(&format!("{}  {what}\n", pad(row.r#type, longest)));
        if let (None, Some(why)) = (row.of, row.why) {
            for line in wrap(why, columns.saturating_sub(4)) {
                out.push_str(&format!("    {line}\n"));
            }
        }
    }
    if !rows.is_empty() {
        out.push('\n');
    }
    let count = |word: &str| rows.iter().filter(|row| row.disposition == word).count();
    let parts: Vec<String> = ["described", "listed", "alias", "part_of", "not_inventoried"]
        .into_iter()
        .map(|word| (count(word), word.replace('_', " ")))
        .filter(|(count, _)| *count > 0)
        .map(|(count, word)| format!("{count} {word}"))
        .collect();
    out.push_str(&counted(rows.len() as u64, "type", "types"));
    if !parts.is_empty() {
        out.push_str(": ");
        out.push_str(&parts.join(", "));
    }
    out.push('\n');
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_type_stands_once() {
        let rows = table();
        let mut types: Vec<&str> = rows.iter().map(|row| row.r#type).collect();
        types.dedup();
        assert_eq!(types.len(), rows.len());
        for row in &rows {
            assert_eq!(
                row.of.is_some(),
                matches!(row.disposition, "alias" | "part_of"),
                "{row:?}"
            );
        }
    }
}
