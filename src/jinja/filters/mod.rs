//! Jinja2's filters, tests and globals where minijinja has none or another idea of them.

mod checks;
mod filter;
mod globals;
mod lazy;
mod lipsum;
mod path;
mod sequences;
mod texts;
mod values;

use filter::{add, flag, or};
use minijinja::Environment;

pub(super) use path::is_tolerant;

/// Must run before other modules install theirs: those know more types of values.
pub(super) fn install(environment: &mut Environment<'static>) {
    checks::remove_foreign(environment);
    checks::install(environment);
    globals::install(environment);
    sequences::install(environment);
    lazy::install(environment);
    texts::install(environment);
    values::install(environment);
}
