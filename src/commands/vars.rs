//! The variables of a project and of the command line.

use crate::config::{ProjectFile, Yaml};
use crate::context::functions::Vars;
use crate::options::Flags;
use crate::options::table::VARS;

/// `vars:` of one project as nodes of `package` see them.
pub(super) fn package_vars(file: &ProjectFile, package: &str) -> Vars {
    let Some(vars) = file.vars.as_ref().and_then(|vars| vars.as_mapping()) else { return Vars::default() };
    let mut merged = Vars::of_yaml(vars);
    if let Some(own) = vars.get(package).and_then(Yaml::as_mapping) {
        merged.extend(&Vars::of_yaml(own));
    }
    merged
}

/// Those of the command line.
pub(super) fn given_vars(flags: &Flags) -> Vars {
    match flags.written_vars().and_then(Yaml::as_mapping) {
        Some(written) => Vars::of_yaml(written),
        None => Vars::of_json(flags.mapping(&VARS)),
    }
}
