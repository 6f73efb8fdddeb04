//! What tools that read the log ask of a parse, although each is a full one.

use serde_json::Value as Json;
use sha2::{Digest, Sha256};

use super::invocation::Invocation;
use crate::config::{DBT_VERSION, Environment};
use crate::jinja::python;
use crate::manifest::{Manifest, Resource};
use crate::options::table::{PARTIAL_PARSE, PROFILE, TARGET, VARS};
use crate::run::{self, Event};

pub(super) fn begun(invocation: &Invocation) {
    let flags = &invocation.flags;
    if !flags.is(&PARTIAL_PARSE) {
        invocation.emitter.emit(Event::PartialParsingNotEnabled {});
    }
    let mut vars = flags.mapping(&VARS);
    vars.sort_keys();
    for (_, value) in vars.iter_mut().filter(|(name, _)| Environment::is_secret(name)) {
        *value = "*****".into();
    }
    let vars = python::repr(&python::from_json(&Json::Object(vars)));
    invocation.emitter.emit(Event::StateCheckVarsHash {
        checksum: crate::hex::digits(Sha256::digest(vars.as_bytes())),
        vars,
        profile: flags.text(&PROFILE).unwrap_or_default().to_owned(),
        target: flags.text(&TARGET).unwrap_or_default().to_owned(),
        version: DBT_VERSION.to_owned(),
    });
}

/// References without a version that will mean another one some day.
pub(super) fn unpinned(invocation: &Invocation, manifest: &Manifest) {
    for unpinned in manifest.unpinned_refs() {
        let event = Event::UnpinnedRefNewVersionAvailable {
            ref_node_name: unpinned.target.name.clone(),
            ref_node_package: unpinned.target.package_name.clone(),
            ref_node_version: unpinned.target.version().map(ToString::to_string).unwrap_or_default(),
            ref_max_version: unpinned.newest.to_string(),
        };
        let info = run::node_info(manifest, Resource::Node(unpinned.node));
        invocation.emitter.emit_for(&info, event);
    }
}
