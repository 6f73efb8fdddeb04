//! The operating system's account for the server: stock PostgreSQL refuses to run as root.

use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::Command;

use super::Source;

/// Numbers of an account to give up root for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Account {
    pub(super) uid: u32,
    pub(super) gid: u32,
}

impl Account {
    /// None when the server may run as who we are. The bundled server has no check for root.
    pub(super) fn for_server(source: Source) -> Option<Self> {
        let is_root = rustix::process::getuid().is_root();
        if !is_root || source == Source::Bundled {
            return None;
        }
        let accounts = std::fs::read_to_string("/etc/passwd").unwrap_or_default();
        ["postgres", "nobody"].iter().find_map(|name| Self::parse(&accounts, name))
    }

    fn parse(accounts: &str, name: &str) -> Option<Self> {
        let line = accounts.lines().find(|line| line.split(':').next() == Some(name))?;
        let mut fields = line.split(':').skip(2);
        Some(Self { uid: fields.next()?.parse().ok()?, gid: fields.next()?.parse().ok()? })
    }

    pub(super) fn apply(self, command: &mut Command) {
        command.uid(self.uid).gid(self.gid);
    }

    pub(super) fn own(self, path: &Path) -> std::io::Result<()> {
        std::os::unix::fs::chown(path, Some(self.uid), Some(self.gid))
    }

    /// Whether the account can reach what is below the directory.
    pub(super) fn can_traverse(self, dir: &Path) -> bool {
        use std::os::unix::fs::MetadataExt;
        dir.ancestors().all(|part| {
            std::fs::metadata(part).is_ok_and(|data| {
                let mode = data.mode();
                mode & 0o001 != 0
                    || data.uid() == self.uid && mode & 0o100 != 0
                    || data.gid() == self.gid && mode & 0o010 != 0
            })
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_account_is_found_by_its_whole_name() {
        let accounts = "root:x:0:0::/root:/bin/sh\npostgres2:x:5:5:::\npostgres:x:104:106::/var:/bin/sh\n";
        assert_eq!(Account::parse(accounts, "postgres"), Some(Account { uid: 104, gid: 106 }));
        assert_eq!(Account::parse(accounts, "nobody"), None);
    }
}
