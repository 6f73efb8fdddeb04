//! Any text as a Jinja file.
#![no_main]

use std::sync::LazyLock;

use rsdbt::inside::fuzzed::Templates;

static TEMPLATES: LazyLock<Templates> =
    LazyLock::new(|| Templates::new().unwrap_or_else(|| panic!("the built-in macros cannot be read")));

libfuzzer_sys::fuzz_target!(|text: &str| TEMPLATES.compile(text));
