//! Programs that hear signals although the tests may run below `nohup` or in the background of a script.

use std::process::Command;

/// The same command, below an `env` that sets what signals do.
pub(crate) fn with_signals(plain: &Command, option: &str) -> Command {
    let mut command = Command::new("/usr/bin/env");
    command.arg(option).arg(plain.get_program()).args(plain.get_args());
    for (name, value) in plain.get_envs() {
        match value {
            Some(value) => command.env(name, value),
            None => command.env_remove(name),
        };
    }
    if let Some(folder) = plain.get_current_dir() {
        command.current_dir(folder);
    }
    command
}

pub(crate) fn hearing(plain: &Command) -> Command {
    with_signals(plain, "--default-signal=HUP,INT,TERM")
}
