//! Metrics: carried into the manifest, computed by MetricFlow. The short forms of the YAML (a measure by its
//! bare name, a filter as one text, `7 days`) deserialize into the long forms that the manifest holds.

use serde::{Deserialize, Deserializer, Serialize};
use serde_json::{Map, Value};

use crate::hashed::IndexMap;

use super::{Config, DependsOn, RefArgs, ResourceType, lenient};

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Metric {
    pub name: String,
    pub resource_type: ResourceType,
    pub package_name: String,
    pub path: String,
    pub original_file_path: String,
    pub unique_id: String,
    pub fqn: Vec<String>,
    #[serde(deserialize_with = "lenient::or_default")]
    pub description: String,
    #[serde(deserialize_with = "lenient::or_default")]
    pub label: String,
    /// `simple`, `ratio`, `cumulative`, `derived` or `conversion`.
    #[serde(rename = "type")]
    pub kind: String,
    #[serde(deserialize_with = "lenient::or_default")]
    pub type_params: MetricParams,
    pub filter: Option<Filter>,
    pub metadata: Option<Value>,
    pub time_granularity: Option<String>,
    #[serde(deserialize_with = "lenient::or_default")]
    pub meta: Map<String, Value>,
    #[serde(deserialize_with = "lenient::one_or_many")]
    pub tags: Vec<String>,
    #[serde(deserialize_with = "lenient::or_default")]
    pub config: Config,
    #[serde(deserialize_with = "lenient::or_default")]
    pub unrendered_config: Config,
    #[serde(deserialize_with = "lenient::or_default")]
    pub sources: Vec<Vec<String>>,
    #[serde(deserialize_with = "lenient::or_default")]
    pub depends_on: DependsOn,
    #[serde(deserialize_with = "lenient::or_default")]
    pub refs: Vec<RefArgs>,
    #[serde(deserialize_with = "lenient::or_default")]
    pub metrics: Vec<Vec<String>>,
    pub created_at: f64,
    pub group: Option<String>,
}

impl Default for Metric {
    fn default() -> Self {
        Self {
            name: String::new(),
            resource_type: ResourceType::Metric,
            package_name: String::new(),
            path: String::new(),
            original_file_path: String::new(),
            unique_id: String::new(),
            fqn: Vec::new(),
            description: String::new(),
            label: String::new(),
            kind: String::new(),
            type_params: MetricParams::default(),
            filter: None,
            metadata: None,
            time_granularity: None,
            meta: Map::new(),
            tags: Vec::new(),
            config: Config::new(),
            unrendered_config: Config::new(),
            sources: Vec::new(),
            depends_on: DependsOn::default(),
            refs: Vec::new(),
            metrics: Vec::new(),
            created_at: 0.0,
            group: None,
        }
    }
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct MetricParams {
    pub measure: Option<MetricInputMeasure>,
    #[serde(deserialize_with = "lenient::or_default")]
    pub input_measures: Vec<MetricInputMeasure>,
    pub numerator: Option<MetricInput>,
    pub denominator: Option<MetricInput>,
    pub expr: Option<String>,
    pub window: Option<TimeWindow>,
    pub grain_to_date: Option<String>,
    pub metrics: Option<Vec<MetricInput>>,
    pub conversion_type_params: Option<ConversionParams>,
    pub cumulative_type_params: Option<CumulativeParams>,
    pub metric_aggregation_params: Option<MetricAggregation>,
}

impl Default for MetricParams {
    fn default() -> Self {
        Self {
            measure: None,
            input_measures: Vec::new(),
            numerator: None,
            denominator: None,
            expr: None,
            window: None,
            grain_to_date: None,
            metrics: Some(Vec::new()),
            conversion_type_params: None,
            cumulative_type_params: None,
            metric_aggregation_params: None,
        }
    }
}

/// A conjunction of `where` templates.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub(crate) struct Filter {
    pub where_filters: Vec<FilterPart>,
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct FilterPart {
    pub where_sql_template: String,
}

impl<'de> Deserialize<'de> for Filter {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(untagged)]
        enum Form {
            Text(String),
            Texts(Vec<String>),
            Parts { where_filters: Vec<FilterPart> },
            // manifest v10
            Part(FilterPart),
        }
        let part = |where_sql_template| FilterPart { where_sql_template };
        let where_filters = match Form::deserialize(deserializer)? {
            Form::Text(text) => vec![part(text)],
            Form::Texts(texts) => texts.into_iter().map(part).collect(),
            Form::Parts { where_filters } => where_filters,
            Form::Part(part) => vec![part],
        };
        Ok(Self { where_filters })
    }
}

#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub(crate) struct MetricInputMeasure {
    pub name: String,
    pub filter: Option<Filter>,
    pub alias: Option<String>,
    pub join_to_timespine: bool,
    pub fill_nulls_with: Option<i64>,
}

impl<'de> Deserialize<'de> for MetricInputMeasure {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(untagged)]
        enum Form {
            Name(String),
            Full {
                name: String,
                #[serde(default)]
                filter: Option<Filter>,
                #[serde(default)]
                alias: Option<String>,
                #[serde(default)]
                join_to_timespine: bool,
                #[serde(default)]
                fill_nulls_with: Option<i64>,
            },
        }
        Ok(match Form::deserialize(deserializer)? {
            Form::Name(name) => Self { name, ..Self::default() },
            Form::Full { name, filter, alias, join_to_timespine, fill_nulls_with } => {
                Self { name, filter, alias, join_to_timespine, fill_nulls_with }
            }
        })
    }
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub(crate) struct MetricInput {
    pub name: String,
    pub filter: Option<Filter>,
    pub alias: Option<String>,
    pub offset_window: Option<TimeWindow>,
    pub offset_to_grain: Option<String>,
}

impl<'de> Deserialize<'de> for MetricInput {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(untagged)]
        enum Form {
            Name(String),
            Full {
                name: String,
                #[serde(default)]
                filter: Option<Filter>,
                #[serde(default)]
                alias: Option<String>,
                #[serde(default)]
                offset_window: Option<TimeWindow>,
                #[serde(default)]
                offset_to_grain: Option<String>,
            },
        }
        Ok(match Form::deserialize(deserializer)? {
            Form::Name(name) => Self { name, ..Self::default() },
            Form::Full { name, filter, alias, offset_window, offset_to_grain } => {
                Self { name, filter, alias, offset_window, offset_to_grain }
            }
        })
    }
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub(crate) struct TimeWindow {
    pub count: i64,
    pub granularity: String,
}

impl<'de> Deserialize<'de> for TimeWindow {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        use serde::de::Error;
        #[derive(Deserialize)]
        #[serde(untagged)]
        enum Form {
            Text(String),
            Full { count: i64, granularity: String },
        }
        match Form::deserialize(deserializer)? {
            Form::Full { count, granularity } => Ok(Self { count, granularity }),
            Form::Text(text) => {
                let mut words = text.split_whitespace();
                let (Some(count), Some(unit), None) = (words.next(), words.next(), words.next()) else {
                    return Err(D::Error::custom(format!(
                        "invalid window `{text}`, expected `<count> <unit>`"
                    )));
                };
                let count = count.parse().map_err(|_| {
                    D::Error::custom(format!("invalid window `{text}`, its count is not a whole number"))
                })?;
                let unit = unit.to_lowercase();
                // dbt: a plural of a standard granularity is stored in the singular
                let singular = unit.strip_suffix('s').filter(|unit| is_standard_granularity(unit));
                let granularity = singular.map_or(unit.clone(), str::to_owned);
                Ok(Self { count, granularity })
            }
        }
    }
}

pub(crate) fn is_standard_granularity(unit: &str) -> bool {
    matches!(
        unit,
        "nanosecond"
            | "microsecond"
            | "millisecond"
            | "second"
            | "minute"
            | "hour"
            | "day"
            | "week"
            | "month"
            | "quarter"
            | "year"
    )
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct ConversionParams {
    pub base_measure: MetricInputMeasure,
    pub conversion_measure: MetricInputMeasure,
    pub entity: String,
    #[serde(default = "conversion_rate")]
    pub calculation: String,
    #[serde(default)]
    pub window: Option<TimeWindow>,
    #[serde(default)]
    pub constant_properties: Option<Vec<ConstantProperty>>,
}

fn conversion_rate() -> String {
    "conversion_rate".to_owned()
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct ConstantProperty {
    pub base_property: String,
    pub conversion_property: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct CumulativeParams {
    pub window: Option<TimeWindow>,
    pub grain_to_date: Option<String>,
    pub period_agg: String,
    pub metric: Option<MetricInput>,
}

impl Default for CumulativeParams {
    fn default() -> Self {
        Self { window: None, grain_to_date: None, period_agg: "first".to_owned(), metric: None }
    }
}

#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct MetricAggregation {
    pub semantic_model: String,
    pub agg: String,
    pub agg_params: Option<MeasureAggregation>,
    pub agg_time_dimension: Option<String>,
    pub non_additive_dimension: Option<NonAdditiveDimension>,
    pub expr: Option<String>,
}

#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct MeasureAggregation {
    pub percentile: Option<f64>,
    pub use_discrete_percentile: bool,
    pub use_approximate_percentile: bool,
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct NonAdditiveDimension {
    pub name: String,
    pub window_choice: String,
    pub window_groupings: Vec<String>,
}

/// Metrics up to manifest v9 were another thing; dbt drops them on reading, and so do we.
pub(super) fn current<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<IndexMap<String, Metric>, D::Error> {
    let all: IndexMap<String, Value> = Option::deserialize(deserializer)?.unwrap_or_default();
    let modern = all.into_iter().filter(|(_, metric)| metric.get("type_params").is_some());
    modern
        .map(|(id, metric)| Ok((id, serde_json::from_value(metric).map_err(serde::de::Error::custom)?)))
        .collect()
}
