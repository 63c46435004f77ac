//! The one writer: nothing else writes to stdout or stderr.
//!
//! stdout is the report and nothing else. Messages are made harmless here, because file names and error words are
//! foreign text; reports have done so themselves. A closed pipe is no error: the rest is not written, and the exit
//! code stays what it is.

use std::io::{self, IsTerminal, Write};
use std::sync::atomic::{AtomicU64, Ordering};

use anstream::{AutoStream, ColorChoice};
use anstyle::{AnsiColor, Style};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::exit::Exit;
use super::failure::Failure;
use super::{Color, Common};
use crate::report::text::{counted, plain};
use crate::scan::Event;

pub(crate) struct Ui {
    common: Common,
    choice: ColorChoice,
    /// The reader of stdout is gone.
    closed: bool,
}

impl Ui {
    pub(crate) fn new(common: Common) -> Self {
        let choice = match common.color {
            Color::Auto => ColorChoice::Auto,
            Color::Always => ColorChoice::Always,
            Color::Never => ColorChoice::Never,
        };
        Self {
            common,
            choice,
            closed: false,
        }
    }

    /// Starts the log of `-v`: this program's own events only, because the SDK's may hold what an API said.
    pub(crate) fn start_log(&self) {
        let filter = match self.common.verbose {
            0 => return,
            1 => "whose=info",
            _ => "whose=trace",
        };
        let color = AutoStream::choice(&io::stderr());
        let colored = match self.choice {
            ColorChoice::Auto => color != ColorChoice::Never,
            other => other == ColorChoice::Always,
        };
        let started = tracing_subscriber::fmt()
            .with_env_filter(tracing_subscriber::EnvFilter::new(filter))
            .with_writer(io::stderr)
            .with_ansi(colored)
            .without_time()
            .try_init();
        if started.is_err() {
            self.warn("the log was started already");
        }
    }

    /// Writes a report, whole or until the reader goes away.
    pub(crate) fn report(&mut self, text: &str) -> Result<(), Failure> {
        if self.closed {
            return Ok(());
        }
        let mut out = AutoStream::new(io::stdout().lock(), self.choice);
        match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => {
                self.closed = true;
                Ok(())
            }
            other => other.map_err(Failure::Stdout),
        }
    }

    /// Something that the user should know although the run goes on.
    pub(crate) fn warn(&self, text: &str) {
        if !self.common.quiet {
            self.message("warning", AnsiColor::Yellow.on_default().bold(), text);
        }
    }

    /// What the run came to, or what to do next.
    pub(crate) fn note(&self, text: &str) {
        if !self.common.quiet {
            self.message("note", AnsiColor::Cyan.on_default().bold(), text);
        }
    }

    fn hint(&self, text: &str) {
        self.message("hint", AnsiColor::Green.on_default().bold(), text);
    }

    /// The end of a run that failed.
    pub(crate) fn failed(&self, failure: &Failure) {
        let mut text = failure.to_string();
        let mut source = std::error::Error::source(failure);
        while let Some(error) = source {
            text.push_str(": ");
            text.push_str(&error.to_string());
            source = error.source();
        }
        self.message("error", AnsiColor::Red.on_default().bold(), &text);
        if let Some(hint) = failure.hint() {
            self.hint(&hint);
        }
    }

    /// A reason for a program that reads stderr: whole, and without a label.
    pub(crate) fn error_text(&self, text: &str) {
        self.error_stream(&format!("{}\n", plain(text)));
    }

    /// A hint to a warning.
    pub(crate) fn aside(&self, text: &str) {
        if !self.common.quiet {
            self.hint(text);
        }
    }

    fn message(&self, label: &str, style: Style, text: &str) {
        let text = plain(text);
        self.error_stream(&format!("{style}{label}:{style:#} {text}\n"));
    }

    /// There is nobody left to tell where stderr cannot be written.
    fn error_stream(&self, text: &str) {
        let mut err = AutoStream::new(io::stderr().lock(), self.choice);
        err.write_all(text.as_bytes()).and_then(|()| err.flush()).ok();
    }

    /// Help, the version, or a usage error, as clap words it.
    pub(crate) fn usage(&mut self, error: &clap::Error) -> Exit {
        let text = error.render().ansi().to_string();
        if error.use_stderr() {
            self.error_stream(&text);
            return Exit::Usage;
        }
        match self.report(&text) {
            Ok(()) => Exit::Clean,
            Err(failure) => {
                self.failed(&failure);
                failure.exit()
            }
        }
    }

    /// Columns for a report on stdout: `forced`, else the terminal's, else 100.
    pub(crate) fn width(&self, forced: Option<u16>) -> usize {
        forced
            .or_else(|| terminal_size::terminal_size_of(io::stdout()).map(|(width, _)| width.0))
            .map_or(100, |width| usize::from(width).clamp(40, 240))
    }

    /// Progress of a scan; invisible where stderr is no terminal.
    pub(crate) fn progress(&self) -> Progress {
        let shown = !self.common.quiet && self.common.verbose == 0 && io::stderr().is_terminal();
        let target = if shown {
            ProgressDrawTarget::stderr()
        } else {
            ProgressDrawTarget::hidden()
        };
        let bar = ProgressBar::with_draw_target(Some(0), target);
        if let Ok(style) = ProgressStyle::with_template("{bar:24} {pos}/{len} listings, {msg}") {
            bar.set_style(style.progress_chars("=> "));
        }
        Progress {
            bar,
            found: AtomicU64::new(0),
            gaps: AtomicU64::new(0),
        }
    }
}

/// Listings done, resources found, gaps.
pub(crate) struct Progress {
    bar: ProgressBar,
    found: AtomicU64,
    gaps: AtomicU64,
}

impl Progress {
    pub(crate) fn on(&self, event: Event) {
        match event {
            Event::Planned { listings } => {
                self.bar.set_length(listings as u64);
                self.say();
            }
            Event::Listed { found, gap } => {
                self.found.fetch_add(found as u64, Ordering::Relaxed);
                self.gaps.fetch_add(u64::from(gap), Ordering::Relaxed);
                self.bar.inc(1);
                self.say();
            }
        }
    }

    fn say(&self) {
        let (found, gaps) = (self.found.load(Ordering::Relaxed), self.gaps.load(Ordering::Relaxed));
        self.bar.set_message(format!(
            "{}, {}",
            counted(found, "resource", "resources"),
            counted(gaps, "gap", "gaps")
        ));
    }

    pub(crate) fn end(&self) {
        self.bar.finish_and_clear();
    }
}
