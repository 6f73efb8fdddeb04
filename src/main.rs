//! The `rsdbt` executable.

fn main() -> std::process::ExitCode {
    rsdbt::commands::main(std::env::args())
}
