//! Which values decide which, and that the rows of a group share their key.

use super::analysis::Analysis;
use super::flow::{Flow, Group, Value};

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
        }
        Ok(())
    }
}
