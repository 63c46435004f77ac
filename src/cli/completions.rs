//! `whose completions`.

use clap_complete::Shell;

use super::exit::Exit;
use super::failure::Failure;
use super::ui::Ui;

/// Prints the completions of a shell
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  whose completions bash > ~/.local/share/bash-completion/completions/whose
  whose completions zsh > ~/.zfunc/_whose
  whose completions fish > ~/.config/fish/completions/whose.fish")]
pub(crate) struct Args {
    /// The shell
    #[arg(value_enum)]
    shell: Shell,
}

pub(crate) fn run(args: &Args, ui: &mut Ui) -> Result<Exit, Failure> {
    let mut bytes = Vec::new();
    clap_complete::generate(
        args.shell,
        &mut super::command(super::Color::Never),
        "whose",
        &mut bytes,
    );
    ui.report(&String::from_utf8_lossy(&bytes))?;
    Ok(Exit::Clean)
}
