use std::process::ExitCode;

fn main() -> ExitCode {
    whose::cli::main(std::env::args_os()).into()
}
