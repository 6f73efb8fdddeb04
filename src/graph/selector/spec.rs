//! Selectors combined: blanks and repeated options unite, commas intersect, `--exclude` subtracts.

use crate::diagnostic::Result;

use super::syntax::{Criteria, IndirectSelection};

/// How the parts of a group combine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Operator {
    Union,
    Intersection,
    /// The first part without the others.
    Difference,
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Spec {
    Criteria(Box<Criteria>),
    Group(Group),
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Group {
    pub operator: Operator,
    pub parts: Vec<Spec>,
    pub indirect: IndirectSelection,
    /// What to name in the warning when nothing is found.
    pub expected: Option<String>,
}

const DEFAULT_INCLUDES: [&str; 5] = ["fqn:*", "source:*", "exposure:*", "metric:*", "semantic_model:*"];

impl Spec {
    /// What `--select` and `--exclude` say. Nothing to include means everything.
    pub(crate) fn from_options(
        include: &[String],
        exclude: &[String],
        indirect: IndirectSelection,
    ) -> Result<Self> {
        let included = if include.is_empty() {
            union(DEFAULT_INCLUDES.into_iter(), Expect::Nothing, indirect)?
        } else {
            union(words(include), Expect::Nodes, indirect)?
        };
        let excluded = union(words(exclude), Expect::Nodes, indirect)?;
        Ok(Self::Group(Group {
            operator: Operator::Difference,
            parts: vec![included, excluded],
            indirect: IndirectSelection::Eager,
            expected: None,
        }))
    }
}

/// Whether finding nothing is worth a warning.
#[derive(Clone, Copy, PartialEq)]
enum Expect {
    Nodes,
    Nothing,
}

fn words(options: &[String]) -> impl Iterator<Item = &str> {
    options.iter().flat_map(|option| option.split(' '))
}

fn union<'a>(
    specs: impl Iterator<Item = &'a str>,
    expect: Expect,
    indirect: IndirectSelection,
) -> Result<Spec> {
    let mut parts = Vec::new();
    for text in specs {
        let criteria =
            text.split(',').map(|part| Ok(Spec::Criteria(Box::new(Criteria::parse(part, indirect)?))));
        parts.push(Spec::Group(Group {
            operator: Operator::Intersection,
            parts: criteria.collect::<Result<_>>()?,
            indirect,
            expected: (expect == Expect::Nodes).then(|| text.to_owned()),
        }));
    }
    Ok(Spec::Group(Group { operator: Operator::Union, parts, indirect, expected: None }))
}
