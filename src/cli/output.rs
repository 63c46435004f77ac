//! Where reports go, in which format, and which exit code they lead to.

use std::path::{Path, PathBuf};

use clap::ValueEnum;

use super::config;
use super::exit::Exit;
use super::fail_on::FailOn;
use super::failure::Failure;
use super::gather::Gathered;
use super::look::LookArgs;
use super::target::Target;
use super::ui::Ui;
use crate::findings::Finding;
use crate::findings::ignores::{self, Ignore};
use crate::report::human::Look;
use crate::report::{Document, View, csv, html, human, json, markdown};

#[derive(Clone, Debug, clap::Args)]
pub(crate) struct OutputArgs {
    /// The format of the report; a file's is told by its ending (.json, .md, .html, .csv, .txt) where none is given
    #[arg(long, value_enum, value_name = "FORMAT", help_heading = "Report")]
    format: Option<Format>,
    /// Writes the report to a file instead of stdout ('-' is stdout); may be repeated, with the formats by the endings
    #[arg(short, long, value_name = "FILE", help_heading = "Report")]
    output: Vec<PathBuf>,
    /// Findings that make the exit code 3: a severity (info, low, medium, high, critical) and worse, codes of
    /// findings, or never; may be repeated or separated by commas [default: medium]
    #[arg(long, value_name = "SEVERITY|CODE", value_delimiter = ',', help_heading = "Report")]
    fail_on: Vec<String>,
    #[command(flatten)]
    look: LookArgs,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// For people
    #[default]
    Human,
    /// The contract whose.report/1
    Json,
    /// For pull requests and job summaries
    Markdown,
    /// One self-contained page: search, a page for each resource, pictures of stacks
    Html,
    /// One row for each live resource; cells that a spreadsheet would take for formulas start with '
    Csv,
}

impl Format {
    fn of_ending(path: &Path) -> Option<Self> {
        match path.extension()?.to_str()?.to_ascii_lowercase().as_str() {
            "json" => Some(Self::Json),
            "md" | "markdown" => Some(Self::Markdown),
            "html" | "htm" => Some(Self::Html),
            "csv" => Some(Self::Csv),
            "txt" => Some(Self::Human),
            _ => None,
        }
    }
}

/// Validated: every place was tried, every code is known.
#[derive(Debug)]
pub(crate) struct Output {
    stdout: Option<Format>,
    files: Vec<(Format, Target)>,
    fail_on: FailOn,
    ignores: Vec<Ignore>,
    look: Look,
}

/// What a report comes to.
pub(crate) struct End<'a> {
    /// Those that count for the exit code.
    pub(crate) findings: &'a [Finding],
    pub(crate) complete: bool,
    pub(crate) interrupted: bool,
}

impl OutputArgs {
    /// Validates; where the command line does not say what fails, `config` does, and else `default`.
    pub(crate) fn settle(self, ui: &Ui, config: &config::Settings, default: &str) -> Result<Output, Failure> {
        let default = [default.to_owned()];
        let fail_on = match &config.fail_on {
            _ if !self.fail_on.is_empty() => FailOn::parse(&self.fail_on)?,
            Some(words) => FailOn::parse(words)?,
            None => FailOn::parse(&default)?,
        };
        let look = self.look.settle(ui);
        if self.output.len() > 1 && self.format.is_some() {
            return Err(Failure::usage(
                "--format says nothing where --output is given more than once",
                "leave --format out; the endings .json, .md, .html, .csv and .txt tell the formats",
            ));
        }
        let mut output = Output {
            stdout: self.output.is_empty().then(|| self.format.unwrap_or_default()),
            files: Vec::new(),
            fail_on,
            ignores: config.ignores.clone(),
            look,
        };
        for path in &self.output {
            let format = self.format.or_else(|| Format::of_ending(path)).unwrap_or_default();
            if path.as_os_str() == "-" {
                output.stdout = Some(format);
            } else {
                output.files.push((format, Target::open(path)?));
            }
        }
        Ok(output)
    }
}

impl Output {
    /// What need not be reported.
    pub(crate) fn ignores(&self) -> &[Ignore] {
        &self.ignores
    }

    /// Writes the report everywhere and says what it comes to.
    pub(crate) fn deliver(self, gathered: &Gathered, ui: &mut Ui) -> Result<Exit, Failure> {
        let ledger = &gathered.ledger;
        let mut document = Document::new(ledger);
        document.findings = ignores::apply(document.findings, &self.ignores, ledger);
        let view = View::new(ledger, &document);
        let end = End {
            findings: &document.findings,
            complete: document.coverage.complete,
            interrupted: gathered.interrupted,
        };
        self.write(&end, ui, |format, look| match format {
            Format::Human => human::render(&view, look),
            Format::Json => json::render(&document),
            Format::Markdown => markdown::render(&view, look),
            Format::Html => html::render(ledger, &view),
            Format::Csv => csv::render(&document),
        })
    }

    /// Writes what `render` makes to every place, and says what it comes to.
    pub(crate) fn write(
        self,
        end: &End<'_>,
        ui: &mut Ui,
        render: impl Fn(Format, Look) -> String,
    ) -> Result<Exit, Failure> {
        for (format, target) in self.files {
            let look = Look {
                width: 100,
                ..self.look
            };
            let text = render(format, look);
            let text = if format == Format::Human {
                anstream::adapter::strip_str(&text).to_string()
            } else {
                text
            };
            target.write(&text)?;
        }
        if let Some(format) = self.stdout {
            ui.report(&render(format, self.look))?;
        }
        let hits = end.findings.iter().filter(|finding| self.fail_on.hits(finding)).count();
        let noun = if hits == 1 { "finding" } else { "findings" };
        let exit = if end.interrupted {
            ui.note("interrupted: what was not listed until then is a gap (exit 130)");
            Exit::Interrupted
        } else if !end.complete {
            ui.note("incomplete: something could not be seen or read (exit 4)");
            Exit::Incomplete
        } else if hits > 0 {
            ui.note(&format!("{hits} {noun} {} (exit 3)", self.fail_on.words()));
            Exit::Findings
        } else {
            Exit::Clean
        };
        Ok(exit)
    }
}
