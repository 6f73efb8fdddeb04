//! The kinds of things a project holds, as far as configs differ between them.

/// A kind of resource that dbt_project.yml and properties can configure.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Configurable {
    Model,
    Seed,
    Snapshot,
    Test,
    Analysis,
    Operation,
    Source,
    UnitTest,
    Exposure,
    Metric,
    SemanticModel,
    SavedQuery,
    Function,
    Group,
}

impl Configurable {
    pub(crate) const ALL: [Self; 14] = [
        Self::Model,
        Self::Seed,
        Self::Snapshot,
        Self::Test,
        Self::Analysis,
        Self::Operation,
        Self::Source,
        Self::UnitTest,
        Self::Exposure,
        Self::Metric,
        Self::SemanticModel,
        Self::SavedQuery,
        Self::Function,
        Self::Group,
    ];

    /// All that have a tree of their own in dbt_project.yml.
    pub(crate) const WITH_TREE: [Self; 11] = [
        Self::Model,
        Self::Seed,
        Self::Snapshot,
        Self::Source,
        Self::Test,
        Self::UnitTest,
        Self::Metric,
        Self::SemanticModel,
        Self::SavedQuery,
        Self::Exposure,
        Self::Function,
    ];

    /// The resource whose tree configures this one: analyses, operations and groups read `models:`, as in dbt.
    #[must_use]
    pub(crate) fn tree(self) -> Self {
        match self {
            Self::Analysis | Self::Operation | Self::Group => Self::Model,
            other => other,
        }
    }

    /// The key of its tree in dbt_project.yml.
    pub(crate) fn tree_key(self) -> &'static str {
        match self.tree() {
            Self::Seed => "seeds",
            Self::Snapshot => "snapshots",
            Self::Test => "data_tests",
            Self::Source => "sources",
            Self::UnitTest => "unit_tests",
            Self::Exposure => "exposures",
            Self::Metric => "metrics",
            Self::SemanticModel => "semantic-models",
            Self::SavedQuery => "saved-queries",
            Self::Function => "functions",
            Self::Model | Self::Analysis | Self::Operation | Self::Group => "models",
        }
    }

    /// dbt's name of the resource type, as in unique ids.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Model => "model",
            Self::Seed => "seed",
            Self::Snapshot => "snapshot",
            Self::Test => "test",
            Self::Analysis => "analysis",
            Self::Operation => "operation",
            Self::Source => "source",
            Self::UnitTest => "unit_test",
            Self::Exposure => "exposure",
            Self::Metric => "metric",
            Self::SemanticModel => "semantic_model",
            Self::SavedQuery => "saved_query",
            Self::Function => "function",
            Self::Group => "group",
        }
    }
}
