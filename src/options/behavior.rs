//! dbt's changes of behavior, which only `flags:` of the project switches, with the defaults of the dbt that is emulated.

/// A change of behavior and whether it is on where the project does not say.
#[derive(Debug)]
pub(crate) struct Behavior {
    pub(super) key: &'static str,
    pub(super) default: bool,
}

const fn behavior(key: &'static str, default: bool) -> Behavior {
    Behavior { key, default }
}

pub(crate) const REQUIRE_EXPLICIT_PACKAGE_OVERRIDES_FOR_BUILTIN_MATERIALIZATIONS: Behavior =
    behavior("require_explicit_package_overrides_for_builtin_materializations", true);
pub(crate) const REQUIRE_RESOURCE_NAMES_WITHOUT_SPACES: Behavior =
    behavior("require_resource_names_without_spaces", true);
pub(crate) const SOURCE_FRESHNESS_RUN_PROJECT_HOOKS: Behavior =
    behavior("source_freshness_run_project_hooks", true);
pub(crate) const SKIP_NODES_IF_ON_RUN_START_FAILS: Behavior =
    behavior("skip_nodes_if_on_run_start_fails", false);
pub(crate) const STATE_MODIFIED_COMPARE_MORE_UNRENDERED_VALUES: Behavior =
    behavior("state_modified_compare_more_unrendered_values", false);
pub(crate) const REQUIRE_BATCHED_EXECUTION: Behavior =
    behavior("require_batched_execution_for_custom_microbatch_strategy", false);
pub(crate) const REQUIRE_ALL_WARNINGS_HANDLED_BY_WARN_ERROR: Behavior =
    behavior("require_all_warnings_handled_by_warn_error", false);
pub(crate) const REQUIRE_YAML_OF_TIME_SPINES: Behavior =
    behavior("require_yaml_configuration_for_mf_time_spines", false);
pub(crate) const REQUIRE_NESTED_CUMULATIVE_TYPE_PARAMS: Behavior =
    behavior("require_nested_cumulative_type_params", false);
pub(crate) const VALIDATE_MACRO_ARGS: Behavior = behavior("validate_macro_args", false);
pub(crate) const REQUIRE_UNIQUE_PROJECT_RESOURCE_NAMES: Behavior =
    behavior("require_unique_project_resource_names", false);
pub(crate) const REQUIRE_REF_SEARCHES_NODE_PACKAGE_BEFORE_ROOT: Behavior =
    behavior("require_ref_searches_node_package_before_root", false);

pub(crate) const LATEST_VERSION_POINTER_ENABLED_BY_DEFAULT: Behavior =
    behavior("latest_version_pointer_enabled_by_default", false);
pub(crate) const REQUIRE_GENERIC_TEST_ARGUMENTS_PROPERTY: Behavior =
    behavior("require_generic_test_arguments_property", true);

pub(super) const ALL: &[Behavior] = &[
    REQUIRE_BATCHED_EXECUTION,
    behavior("require_event_names_in_deprecations", false),
    REQUIRE_EXPLICIT_PACKAGE_OVERRIDES_FOR_BUILTIN_MATERIALIZATIONS,
    REQUIRE_RESOURCE_NAMES_WITHOUT_SPACES,
    SOURCE_FRESHNESS_RUN_PROJECT_HOOKS,
    SKIP_NODES_IF_ON_RUN_START_FAILS,
    STATE_MODIFIED_COMPARE_MORE_UNRENDERED_VALUES,
    behavior("state_modified_compare_vars", false),
    REQUIRE_YAML_OF_TIME_SPINES,
    REQUIRE_NESTED_CUMULATIVE_TYPE_PARAMS,
    VALIDATE_MACRO_ARGS,
    REQUIRE_ALL_WARNINGS_HANDLED_BY_WARN_ERROR,
    REQUIRE_GENERIC_TEST_ARGUMENTS_PROPERTY,
    REQUIRE_UNIQUE_PROJECT_RESOURCE_NAMES,
    REQUIRE_REF_SEARCHES_NODE_PACKAGE_BEFORE_ROOT,
    behavior("require_valid_schema_from_generate_schema_name", false),
    behavior("require_sql_header_in_test_configs", false),
    behavior("allow_jinja_file_extensions", false),
    behavior("support_custom_ref_kwargs", false),
    LATEST_VERSION_POINTER_ENABLED_BY_DEFAULT,
    behavior("enable_truthy_nulls_equals_macro", false),
    behavior("postgres_skip_autocommit_transaction_statements", true),
];
