//! What templates ask of a set.

use std::cmp::Ordering;
use std::fmt;
use std::sync::Arc;

use minijinja::value::{DynObject, Enumerator, Object, ObjectRepr, Value};
use minijinja::{Error, State};

use super::items::items_of;
use super::{bind_required, no_arguments, repr, unknown_method, value_error};

use super::set::Set;
use super::set::{Members, check_hashable};

impl Set {
    fn combine(&self, method: &str, others: &[Value]) -> Result<Members, Error> {
        let mut members = self.snapshot();
        for other in others {
            let other = members_of(other)?;
            members = match method {
                "union" | "update" => members.union(&other).cloned().collect(),
                "intersection" | "intersection_update" => members.intersection(&other).cloned().collect(),
                "difference" | "difference_update" => members.difference(&other).cloned().collect(),
                _ => members.symmetric_difference(&other).cloned().collect(),
            };
        }
        Ok(members)
    }

    fn relate(&self, method: &str, args: &[Value]) -> Result<Value, Error> {
        let [other] = bind_required(method, args, ["other"], 1)?;
        let (members, other) = (self.snapshot(), members_of(&other)?);
        Ok(Value::from(match method {
            "issubset" => members.is_subset(&other),
            "issuperset" => members.is_superset(&other),
            _ => members.is_disjoint(&other),
        }))
    }

    fn change_member(&self, method: &str, args: &[Value]) -> Result<Value, Error> {
        let [member] = bind_required(method, args, ["elem"], 1)?;
        check_hashable(&member)?;
        let mut members = self.lock();
        if method == "add" {
            members.insert(member);
        } else if !members.shift_remove(&member) && method == "remove" {
            return Err(value_error(format!("no member {} in set", repr(&member))));
        }
        Ok(Value::from(()))
    }
}

pub(super) fn members_of(value: &Value) -> Result<Members, Error> {
    if let Some(set) = value.downcast_object_ref::<Set>() {
        return Ok(set.snapshot());
    }
    Set::new(items_of(value)?).map(|set| set.snapshot())
}

/// `a | b`, `a & b`, `a - b` and `a ^ b` of two sets.
pub(super) fn operate(method: &str, left: &Set, right: &Value) -> Result<Value, Error> {
    left.combine(method, std::slice::from_ref(right)).map(Set::value)
}

impl fmt::Debug for Set {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let members = self.snapshot();
        if members.is_empty() {
            return f.write_str("set()");
        }
        let members: Vec<String> = members.iter().map(repr).collect();
        write!(f, "{{{}}}", members.join(", "))
    }
}

impl Object for Set {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Iterable
    }

    fn enumerate(self: &Arc<Self>) -> Enumerator {
        Enumerator::Values(self.snapshot().into_iter().collect())
    }

    fn enumerator_len(self: &Arc<Self>) -> Option<usize> {
        Some(self.lock().len())
    }

    fn custom_cmp(self: &Arc<Self>, other: &DynObject) -> Option<Ordering> {
        let (ours, theirs) = (self.snapshot(), other.downcast_ref::<Self>()?.snapshot());
        if ours == theirs {
            return Some(Ordering::Equal);
        }
        let sorted = |members: Members| {
            let mut members: Vec<Value> = members.into_iter().collect();
            members.sort();
            members
        };
        Some(sorted(ours).cmp(&sorted(theirs)))
    }

    fn render(self: &Arc<Self>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self, f)
    }

    fn call_method(
        self: &Arc<Self>,
        _state: &mut State<'_, '_>,
        method: &str,
        args: &[Value],
    ) -> Result<Value, Error> {
        match method {
            "union" | "intersection" | "difference" | "symmetric_difference" => {
                self.combine(method, args).map(Self::value)
            }
            "update" | "intersection_update" | "difference_update" | "symmetric_difference_update" => {
                let members = self.combine(method, args)?;
                *self.lock() = members;
                Ok(Value::from(()))
            }
            "issubset" | "issuperset" | "isdisjoint" => self.relate(method, args),
            "add" | "discard" | "remove" => self.change_member(method, args),
            "pop" => {
                no_arguments(method, args)?;
                let popped = self.lock().shift_remove_index(0);
                popped.ok_or_else(|| value_error("pop from an empty set"))
            }
            "clear" => {
                no_arguments(method, args)?;
                self.lock().clear();
                Ok(Value::from(()))
            }
            "copy" => {
                no_arguments(method, args)?;
                Ok(Self::value(self.snapshot()))
            }
            _ => Err(unknown_method("set", method)),
        }
    }
}
