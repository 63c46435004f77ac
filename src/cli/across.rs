//! How far apart copies are looked for; the option of every command that shows duplicate sets.

use clap::ValueEnum;

use crate::ledger::duplicates::Across;

#[derive(Clone, Copy, Debug, clap::Args)]
pub(crate) struct AcrossArgs {
    /// Looks for duplicates across regions or accounts too [default: within one account and region]
    #[arg(long, value_enum, value_name = "WHAT", help_heading = "Report")]
    duplicates_across: Option<What>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum What {
    /// Same account, any region: a stack for a second region is a copy, too
    Regions,
    /// Any account, any region
    Accounts,
}

impl AcrossArgs {
    pub(crate) fn settle(self) -> Across {
        match self.duplicates_across {
            None => Across::Nothing,
            Some(What::Regions) => Across::Regions,
            Some(What::Accounts) => Across::Accounts,
        }
    }
}
