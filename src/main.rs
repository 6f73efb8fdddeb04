//! The `rsdbt` executable.

fn main() -> std::process::ExitCode {
    std::process::ExitCode::SUCCESS
}
