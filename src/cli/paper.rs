//! Where a report goes that is no `whose.report`: changes, triage, what can be restored.

use std::path::PathBuf;

use clap::ValueEnum;

use super::failure::Failure;
use super::look::LookArgs;
use super::target::Target;
use super::ui::Ui;
use crate::report::human::Look;

#[derive(Clone, Debug, clap::Args)]
pub(crate) struct PaperArgs {
    /// The format of the report; a file's is told by its ending (.json, .md, .txt) where none is given
    #[arg(long, value_enum, value_name = "FORMAT", help_heading = "Report")]
    format: Option<Format>,
    /// Writes the report to a file instead of stdout
    #[arg(short, long, value_name = "FILE", help_heading = "Report")]
    output: Option<PathBuf>,
    #[command(flatten)]
    look: LookArgs,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// For people
    #[default]
    Human,
    /// For machines
    Json,
    /// For pull requests and job summaries
    Markdown,
}

/// Validated: the place was tried.
#[derive(Debug)]
pub(crate) struct PaperOutput {
    format: Format,
    target: Option<Target>,
    look: Look,
}

impl PaperArgs {
    pub(crate) fn settle(self, ui: &Ui) -> Result<PaperOutput, Failure> {
        let path = self.output.filter(|path| path.as_os_str() != "-");
        let of_ending = path.as_deref().and_then(|path| match path.extension()?.to_str()? {
            "json" => Some(Format::Json),
            "md" | "markdown" => Some(Format::Markdown),
            _ => None,
        });
        let mut look = self.look.settle(ui);
        if path.is_some() {
            look.width = 100;
        }
        Ok(PaperOutput {
            format: self.format.or(of_ending).unwrap_or_default(),
            target: path.as_deref().map(Target::open).transpose()?,
            look,
        })
    }
}

impl PaperOutput {
    /// Renders in the format that was asked for, and writes.
    pub(crate) fn deliver(self, render: impl FnOnce(Format, Look) -> String, ui: &mut Ui) -> Result<(), Failure> {
        let text = render(self.format, self.look);
        match self.target {
            Some(target) => target.write(&anstream::adapter::strip_str(&text).to_string()),
            None => ui.report(&text),
        }
    }
}
