//! One view on anything that can stand in the graph.

use serde_json::Value;

use super::{
    Config, Exposure, Metric, Node, ResourceType, SavedQuery, SemanticModel, SourceDefinition, UnitTest,
};

#[derive(Debug, Clone, Copy)]
pub(crate) enum Resource<'a> {
    Node(&'a Node),
    Source(&'a SourceDefinition),
    Exposure(&'a Exposure),
    Metric(&'a Metric),
    SavedQuery(&'a SavedQuery),
    SemanticModel(&'a SemanticModel),
    UnitTest(&'a UnitTest),
}

macro_rules! same_field {
    ($resource:expr, $field:ident) => {
        match $resource {
            Self::Node(it) => &it.$field,
            Self::Source(it) => &it.$field,
            Self::Exposure(it) => &it.$field,
            Self::Metric(it) => &it.$field,
            Self::SavedQuery(it) => &it.$field,
            Self::SemanticModel(it) => &it.$field,
            Self::UnitTest(it) => &it.$field,
        }
    };
}

impl<'a> Resource<'a> {
    pub(crate) fn unique_id(self) -> &'a str {
        same_field!(self, unique_id)
    }

    pub(crate) fn name(self) -> &'a str {
        same_field!(self, name)
    }

    pub(crate) fn package_name(self) -> &'a str {
        same_field!(self, package_name)
    }

    pub(crate) fn path(self) -> &'a str {
        same_field!(self, path)
    }

    pub(crate) fn original_file_path(self) -> &'a str {
        same_field!(self, original_file_path)
    }

    pub(crate) fn fqn(self) -> &'a [String] {
        same_field!(self, fqn)
    }

    pub(crate) fn config(self) -> &'a Config {
        same_field!(self, config)
    }

    pub(crate) fn resource_type(self) -> ResourceType {
        match self {
            Self::Node(node) => node.resource_type(),
            Self::Source(_) => ResourceType::Source,
            Self::Exposure(_) => ResourceType::Exposure,
            Self::Metric(_) => ResourceType::Metric,
            Self::SavedQuery(_) => ResourceType::SavedQuery,
            Self::SemanticModel(_) => ResourceType::SemanticModel,
            Self::UnitTest(_) => ResourceType::UnitTest,
        }
    }

    /// Semantic models have no tags, unit tests have them in their config only.
    pub(crate) fn tags(self) -> Vec<&'a str> {
        let texts = |tags: &'a [String]| tags.iter().map(String::as_str).collect();
        match self {
            Self::Node(it) => texts(&it.tags),
            Self::Source(it) => texts(&it.tags),
            Self::Exposure(it) => texts(&it.tags),
            Self::Metric(it) => texts(&it.tags),
            Self::SavedQuery(it) => texts(&it.tags),
            Self::SemanticModel(_) => Vec::new(),
            Self::UnitTest(it) => match it.config.get("tags") {
                Some(Value::String(tag)) => vec![tag],
                Some(Value::Array(tags)) => tags.iter().filter_map(Value::as_str).collect(),
                _ => Vec::new(),
            },
        }
    }

    pub(crate) fn patch_path(self) -> Option<&'a str> {
        match self {
            Self::Node(node) => node.patch_path.as_deref(),
            Self::Source(source) => source.patch_path.as_deref(),
            _ => None,
        }
    }

    /// The unique ids that it reads.
    pub(crate) fn parents(self) -> &'a [String] {
        match self {
            Self::Node(it) => &it.depends_on.nodes,
            Self::Source(_) => &[],
            Self::Exposure(it) => &it.depends_on.nodes,
            Self::Metric(it) => &it.depends_on.nodes,
            Self::SavedQuery(it) => &it.depends_on.nodes,
            Self::SemanticModel(it) => &it.depends_on.nodes,
            Self::UnitTest(it) => &it.depends_on.nodes,
        }
    }

    pub(crate) fn group(self) -> Option<&'a str> {
        match self {
            Self::Node(it) => it.group.as_deref(),
            Self::Metric(it) => it.group.as_deref(),
            Self::SavedQuery(it) => it.group.as_deref(),
            Self::SemanticModel(it) => it.group.as_deref(),
            Self::Source(_) | Self::Exposure(_) | Self::UnitTest(_) => None,
        }
    }

    /// dbt: a resource without the key is enabled.
    pub(crate) fn is_enabled(self) -> bool {
        self.config().get("enabled").and_then(Value::as_bool).unwrap_or(true)
    }
}
