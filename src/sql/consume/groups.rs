//! Which values decide which, and that the rows of a group share their key.

use super::Named;
use super::analysis::Analysis;
use super::flow::{Choice, Flow, Group, Value};

impl Analysis<'_> {
    pub(super) fn new_value(&mut self, value: Value) -> usize {
        self.values.push(value);
        self.values.len() - 1
    }

    pub(super) fn is_of_window(&self, value: usize) -> bool {
        match &self.values[value] {
            Value::Atom => false,
            Value::Window => true,
            Value::Of(others) => others.iter().any(|&other| self.is_of_window(other)),
        }
    }

    pub(super) fn is_decided_by(&self, value: usize, group: &Group) -> bool {
        group.by.contains(&value)
            || match &self.values[value] {
                Value::Atom | Value::Window => false,
                Value::Of(others) => others.iter().all(|&other| self.is_decided_by(other, group)),
            }
    }

    /// The rows of a group must share their key, or a row would leave for one of another key.
    pub(super) fn check_groups(&self, flow: &Flow) -> Result<(), String> {
        for group in &self.groups {
            for key in &self.staging.key {
                let decided = flow.column(key).is_some_and(|value| self.is_decided_by(value, group));
                if !decided {
                    return Err(format!(
                        "its {} keeps one row of several keys (`{key}` is not part of it)",
                        group.what
                    ));
                }
            }
            self.check_choice(flow, group)?;
        }
        Ok(())
    }

    /// An older row than others that leave with it would be all that is known of its key.
    fn check_choice(&self, flow: &Flow, group: &Group) -> Result<(), String> {
        let newest = &self.staging.newest;
        let Some(value) = flow.column(newest).filter(|&value| !self.is_decided_by(value, group)) else {
            return Ok(());
        };
        let what = group.what;
        match group.choice {
            Some(Choice::Any) => Err(format!(
                "its {what} keeps any row of a key, and newer ones would be lost (order it by `{newest}` desc nulls last)"
            )),
            Some(Choice::First { by, is_ascending: Some(true), .. }) if self.is_made_of(value, by) => {
                Err(format!(
                    "its {what} keeps the oldest row of a key, and newer ones would be lost (order it by `{newest}` desc nulls last)"
                ))
            }
            _ => Ok(()),
        }
    }

    fn is_made_of(&self, value: usize, other: usize) -> bool {
        let group = Group { by: vec![other], what: "", choice: None };
        matches!(self.values[value], Value::Atom | Value::Of(_)) && self.is_decided_by(value, &group)
    }

    /// The columns behind those of the result, where they are the same.
    pub(super) fn staged_columns(&self, flow: &Flow) -> Option<Named> {
        let name_of = |is: &dyn Fn(usize) -> bool| {
            self.staged.iter().find(|column| is(column.value)).map(|column| column.name.to_string())
        };
        let key = self.staging.key.iter().map(|key| {
            let value = flow.column(key)?;
            name_of(&|staged| staged == value)
        });
        let newest = flow.column(&self.staging.newest)?;
        let newest = name_of(&|staged| staged == newest || self.is_made_of(newest, staged))?;
        Some(Named { key: key.collect::<Option<_>>()?, newest })
    }

    /// A row without the value comes before the newest one of its key.
    pub(super) fn puts_nulls_first(&self, flow: &Flow) -> bool {
        let value = flow.column(&self.staging.newest);
        self.groups.iter().any(|group| match (group.choice, value) {
            (Some(Choice::First { by, nulls_first: true, .. }), Some(value)) => self.is_made_of(value, by),
            _ => false,
        })
    }
}
