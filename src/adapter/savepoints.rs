//! Whether the open transaction's work is undone: by a rollback, or by going back to a savepoint from before it.

use crate::sql::RelationName;
use crate::sql::split::statements;

/// What the project's texts do with savepoints once the node has done its work. `rollback to` is a command of its
/// own: no function or block can hide one.
#[derive(Debug, Default)]
pub(super) struct Savepoints {
    worked: bool,
    /// Those since the work, oldest first.
    since: Vec<String>,
    /// A text of the project has rolled back what the transaction had written: nobody may call that a success.
    undone: bool,
}

#[derive(Debug, PartialEq, Eq)]
enum Command {
    Set(String),
    Release(String),
    GoBack(String),
}

impl Savepoints {
    /// The node's work is done: what follows must not undo it.
    pub(super) fn note_work(&mut self) {
        self.worked = true;
    }

    /// The text, which has been carried out, rolled back what had been written.
    pub(super) fn note_rollback(&mut self) {
        self.undone = true;
    }

    /// Whether what had been written is gone.
    pub(super) fn is_undone(&self) -> bool {
        self.undone
    }

    /// The text has been carried out: it may have gone back to before the work.
    pub(super) fn follow(&mut self, sql: &str) {
        if !self.worked || !may_have(sql) {
            return;
        }
        for command in statements(sql).into_iter().filter_map(command_of) {
            let (Command::Set(name) | Command::Release(name) | Command::GoBack(name)) = &command;
            let place = self.since.iter().rposition(|known| known == name);
            match (&command, place) {
                (Command::Set(_), _) => self.since.push(name.clone()),
                (Command::Release(_), Some(place)) => self.since.truncate(place),
                (Command::Release(_), None) => self.since.clear(),
                (Command::GoBack(_), Some(place)) => self.since.truncate(place + 1),
                (Command::GoBack(_), None) => self.undone = true,
            }
        }
    }
}

fn may_have(sql: &str) -> bool {
    let sql = sql.as_bytes();
    let has = |word: &[u8]| sql.windows(word.len()).any(|part| part.eq_ignore_ascii_case(word));
    has(b"savepoint") || has(b"rollback") || has(b"release")
}

fn command_of(statement: &str) -> Option<Command> {
    let mut words = super::ending::words(statement);
    let first = words.next()?.to_ascii_lowercase();
    let rest: Vec<&str> = words.collect();
    let is = |at: usize, word: &str| rest.get(at).is_some_and(|found| found.eq_ignore_ascii_case(word));
    let name = |at: usize| {
        let Ok(RelationName { name, .. }) = rest.get(at)?.parse();
        Some(name.to_string())
    };
    let after = |at: usize| if is(at, "savepoint") && rest.len() > at + 1 { at + 1 } else { at };
    match first.as_str() {
        "savepoint" => name(0).map(Command::Set),
        "release" => name(after(0)).map(Command::Release),
        "rollback" => {
            let to = usize::from(is(0, "work") || is(0, "transaction"));
            if is(to, "to") { name(after(to + 1)).map(Command::GoBack) } else { None }
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_are_told_with_their_names() {
        for (sql, expected) in [
            ("SAVEPOINT Part", Some(Command::Set("part".into()))),
            ("/* {\"node_id\": 1} */\nsavepoint \"A b\"\"\" -- x", Some(Command::Set("A b\"".into()))),
            ("release savepoint a", Some(Command::Release("a".into()))),
            ("release savepoint", Some(Command::Release("savepoint".into()))),
            ("rollback to a", Some(Command::GoBack("a".into()))),
            ("rollback /* x */ work to savepoint \"a\"", Some(Command::GoBack("a".into()))),
            ("rollback", None),
            ("select 'rollback to a'", None),
        ] {
            assert_eq!(command_of(sql), expected, "{sql}");
        }
    }

    #[test]
    fn only_savepoints_since_the_work_may_be_gone_back_to() {
        let mut savepoints = Savepoints::default();
        let undone_after = |savepoints: &mut Savepoints, sql: &str| {
            savepoints.follow(sql);
            savepoints.is_undone()
        };
        assert!(!undone_after(&mut savepoints, "savepoint a; select 1; rollback to a"));
        savepoints.note_work();
        assert!(!undone_after(&mut savepoints, "savepoint b; savepoint a"));
        assert!(!undone_after(&mut savepoints, "rollback to a; rollback to b; rollback to b"));
        assert!(!undone_after(&mut savepoints, "savepoint c; release b"));
        assert!(undone_after(&mut savepoints, "rollback to a"));
    }
}
