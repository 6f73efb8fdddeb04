//! dbt's `Relation`: a table's or view's path, how to quote it, and how it prints into SQL.
//!
//! `ref`, `source` and `this` return it, `api.Relation` makes it.

mod attributes;
mod changes;
mod class;
mod index_changes;
mod methods;
mod policy;

use std::sync::Arc;

use minijinja::Value;

pub(crate) use class::RelationClass;
pub(crate) use policy::Policy;

use crate::adapter::{quote_identifier, quote_odd_identifier};
use crate::diagnostic::{Diagnostic, Result};

/// Postgres cuts longer names off silently; dbt refuses them.
const NAME_LIMIT: usize = 63;

/// What kind of object a relation is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum RelationType {
    Table,
    View,
    Cte,
    MaterializedView,
    Ephemeral,
    External,
    PointerTable,
    Function,
}

impl RelationType {
    const ALL: [Self; 8] = [
        Self::Table,
        Self::View,
        Self::Cte,
        Self::MaterializedView,
        Self::Ephemeral,
        Self::External,
        Self::PointerTable,
        Self::Function,
    ];

    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Table => "table",
            Self::View => "view",
            Self::Cte => "cte",
            Self::MaterializedView => "materialized_view",
            Self::Ephemeral => "ephemeral",
            Self::External => "external",
            Self::PointerTable => "pointer_table",
            Self::Function => "function",
        }
    }

    pub(crate) fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == name)
    }
}

/// A restriction to rows of a time window, for microbatch models and `--sample`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct EventTimeFilter {
    /// The event-time column, as SQL.
    pub field_name: String,
    /// As it is to be printed: `2024-01-01 00:00:00+00:00`.
    pub start: Option<String>,
    pub end: Option<String>,
}

impl EventTimeFilter {
    /// The condition, or nothing when the window is open on both sides.
    fn condition(&self) -> Option<String> {
        let field = &self.field_name;
        match (&self.start, &self.end) {
            (Some(start), Some(end)) => Some(format!("{field} >= '{start}' and {field} < '{end}'")),
            (Some(start), None) => Some(format!("{field} >= '{start}'")),
            (None, Some(end)) => Some(format!("{field} < '{end}'")),
            (None, None) => None,
        }
    }
}

/// A path to something in the database.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Details {
    pub database: Option<String>,
    pub schema: Option<String>,
    pub identifier: Option<String>,
    pub kind: Option<RelationType>,
    pub quote_policy: Policy,
    pub include_policy: Policy,
    /// Made by dbt, so that unquoted names match in any case.
    pub dbt_created: bool,
    /// `--empty` reads no rows: 0.
    pub limit: Option<u64>,
    pub event_time_filter: Option<EventTimeFilter>,
    pub require_alias: bool,
    /// Set for a relation of the information schema.
    pub information_schema: Option<InformationSchema>,
    pub output: Output,
}

/// In which of the run's outputs it is known to be, where these are several. No part of what it is called.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Output(pub(crate) Option<usize>);

impl PartialEq for Output {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl Eq for Output {}

/// A relation that is the information schema, or one of its views.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct InformationSchema {
    pub view: Option<String>,
}

/// A path to something in the database; cheap to clone.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Relation(Arc<Details>);

impl std::ops::Deref for Relation {
    type Target = Details;

    fn deref(&self) -> &Details {
        &self.0
    }
}

impl Relation {
    pub(crate) fn new(database: Option<&str>, schema: Option<&str>, identifier: Option<&str>) -> Self {
        Self(Arc::new(Details {
            database: database.map(str::to_owned),
            schema: schema.map(str::to_owned),
            identifier: identifier.map(str::to_owned),
            kind: None,
            quote_policy: Policy::default(),
            include_policy: Policy::default(),
            dbt_created: false,
            limit: None,
            event_time_filter: None,
            require_alias: true,
            information_schema: None,
            output: Output::default(),
        }))
    }

    /// What a `ref` to an ephemeral model is: the name of its CTE.
    pub(crate) fn ephemeral(identifier: &str) -> Self {
        Self::new(None, None, Some(&Self::ephemeral_name(identifier))).changed(|details| {
            details.kind = Some(RelationType::Cte);
            details.quote_policy.identifier = false;
        })
    }

    /// The name of an ephemeral model's CTE, as SQL.
    pub(crate) fn ephemeral_name(identifier: &str) -> String {
        quote_odd_identifier(&format!("__dbt__cte__{identifier}"))
    }

    /// A copy with changes.
    #[must_use]
    pub(crate) fn changed(&self, change: impl FnOnce(&mut Details)) -> Self {
        let mut details = Details::clone(self);
        change(&mut details);
        Self(Arc::new(details))
    }

    #[must_use]
    pub(crate) fn of_type(&self, kind: RelationType) -> Self {
        self.changed(|details| details.kind = Some(kind))
    }

    #[must_use]
    pub(crate) fn with_quoting(&self, policy: Policy) -> Self {
        self.changed(|details| details.quote_policy = policy)
    }

    #[must_use]
    pub(crate) fn with_limit(&self, limit: Option<u64>) -> Self {
        self.changed(|details| details.limit = limit)
    }

    #[must_use]
    pub(crate) fn with_event_time_filter(&self, filter: Option<EventTimeFilter>) -> Self {
        self.changed(|details| details.event_time_filter = filter)
    }

    #[must_use]
    pub(crate) fn in_output(&self, output: Option<usize>) -> Self {
        match output {
            Some(_) => self.changed(|details| details.output = Output(output)),
            None => self.clone(),
        }
    }

    /// Fails for names that Postgres would cut off; names without a type are tests and may be longer.
    ///
    /// # Errors
    /// A runtime error with dbt's wording.
    pub(crate) fn checked(self) -> Result<Self> {
        match (&self.identifier, self.kind) {
            (Some(identifier), Some(_)) if identifier.chars().count() > NAME_LIMIT => {
                let message = format!("Relation name '{identifier}' is longer than {NAME_LIMIT} characters");
                Err(Diagnostic::runtime("relation-name-too-long", message).boxed())
            }
            _ => Ok(self),
        }
    }

    /// As a template sees it.
    pub(crate) fn to_value(&self) -> Value {
        Value::from_object(self.clone())
    }

    /// The relation that a template handed over.
    pub(crate) fn from_value(value: &Value) -> Option<Self> {
        value.downcast_object_ref::<Self>().cloned()
    }

    /// The path alone, without limits and filters.
    pub(crate) fn render(&self) -> String {
        let parts = [
            (&self.database, self.include_policy.database, self.quote_policy.database),
            (&self.schema, self.include_policy.schema, self.quote_policy.schema),
            (&self.identifier, self.include_policy.identifier, self.quote_policy.identifier),
        ];
        let view = self.information_schema.as_ref().and_then(|schema| schema.view.as_ref());
        let parts = parts
            .into_iter()
            .filter(|(_, included, _)| *included)
            .filter_map(|(part, _, quoted)| Some((part.as_ref()?, quoted)))
            .chain(view.map(|view| (view, false)));
        let mut rendered = String::with_capacity(64);
        for (part, quoted) in parts {
            if !rendered.is_empty() {
                rendered.push('.');
            }
            if quoted {
                rendered.push_str(&quote_identifier(part));
            } else {
                rendered.push_str(part);
            }
        }
        rendered
    }

    /// What stands in SQL: the path, or a subquery when rows are limited or filtered.
    pub(crate) fn to_sql(&self) -> String {
        let rendered = self.render();
        if self.kind == Some(RelationType::Function) {
            return rendered;
        }
        let limited = self.limited(rendered);
        self.filtered(limited)
    }

    fn limited(&self, rendered: String) -> String {
        let alias = self.subquery_alias("limit");
        match self.limit {
            None => rendered,
            Some(0) => format!("(select * from {rendered} where false limit 0){alias}"),
            Some(limit) => format!("(select * from {rendered} limit {limit}){alias}"),
        }
    }

    fn filtered(&self, rendered: String) -> String {
        match self.event_time_filter.as_ref().and_then(EventTimeFilter::condition) {
            Some(condition) => {
                let alias = self.subquery_alias("et_filter");
                format!("(select * from {rendered} where {condition}){alias}")
            }
            None => rendered,
        }
    }

    fn subquery_alias(&self, purpose: &str) -> String {
        if !self.require_alias {
            return String::new();
        }
        let identifier = self.identifier.as_deref().unwrap_or("None");
        format!(" {}", quote_odd_identifier(&format!("_dbt_{purpose}_subq_{identifier}")))
    }

    /// Whether a search for a path means this relation.
    ///
    /// # Errors
    /// When only the case of the names differs, which dbt refuses to guess about.
    pub(crate) fn matches(
        &self,
        database: Option<&str>,
        schema: Option<&str>,
        identifier: Option<&str>,
    ) -> Result<bool> {
        let search = [
            (database, &self.database, self.quote_policy.database),
            (schema, &self.schema, self.quote_policy.schema),
            (identifier, &self.identifier, self.quote_policy.identifier),
        ];
        if search.iter().all(|(wanted, ..)| wanted.is_none()) {
            let message = "Tried to match relation, but no search path was passed!";
            return Err(Diagnostic::runtime("empty-relation-search", message).boxed());
        }
        let (mut exact, mut approximate) = (true, true);
        for (wanted, own, quoted) in search {
            let Some(wanted) = wanted else { continue };
            let own = own.as_deref().unwrap_or_default();
            let same_letters = own.to_lowercase() == wanted.to_lowercase();
            exact &= if self.dbt_created && !quoted { same_letters } else { own == wanted };
            let bare = |name: &str| name.to_lowercase().trim_matches('"').to_owned();
            approximate &= bare(own) == bare(wanted);
        }
        if approximate && !exact {
            return Err(self.approximate_match(&Self::new(database, schema, identifier)));
        }
        Ok(exact)
    }

    fn approximate_match(&self, searched: &Self) -> Box<Diagnostic> {
        let (searched, found) = (searched.render(), self.render());
        let message = format!(
            "When searching for a relation, dbt found an approximate match\nSearched for: {searched}\nFound: {found}"
        );
        Diagnostic::compilation("approximate-relation-match", message)
            .help(format!("drop {found}, or rename it so that the two differ by more than case"))
            .boxed()
    }
}

#[cfg(test)]
mod tests;
