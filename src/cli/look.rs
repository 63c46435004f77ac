//! How a report for people is laid out; the options that every such command has.

use super::ui::Ui;
use crate::report::human::Look;

#[derive(Clone, Copy, Debug, clap::Args)]
pub(crate) struct LookArgs {
    /// Shows every member of a long group; else 20 of each
    #[arg(long, help_heading = "Report")]
    all: bool,
    /// Columns of the report
    #[arg(long, hide = true, value_name = "COLUMNS")]
    width: Option<u16>,
}

impl LookArgs {
    pub(crate) fn settle(self, ui: &Ui) -> Look {
        Look {
            width: ui.width(self.width),
            all: self.all,
        }
    }
}
