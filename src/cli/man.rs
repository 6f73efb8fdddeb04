//! A man page for the program and each command, from the same definition as the help.

use std::io;
use std::path::Path;

use clap_mangen::Man;

/// Writes `rsdbt.1` and its like into a folder.
pub(crate) fn write(folder: &Path) -> io::Result<()> {
    let mut command = super::command();
    command.build();
    pages(&command, "rsdbt", folder)
}

fn pages(command: &clap::Command, name: &str, folder: &Path) -> io::Result<()> {
    let mut page = Vec::new();
    Man::new(command.clone()).title(name.to_owned()).render(&mut page)?;
    crate::output::write(&folder.join(format!("{name}.1")), page)?;
    let is_shown = |inner: &&clap::Command| !inner.is_hide_set() && inner.get_name() != "help";
    for inner in command.get_subcommands().filter(is_shown) {
        pages(inner, &format!("{name}-{}", inner.get_name()), folder)?;
    }
    Ok(())
}
