//! Any text as `--select` and `--exclude`, and as a selectors file, on a recorded project.
#![no_main]

use std::sync::LazyLock;

use rsdbt::inside::fuzzed::Selected;

static PROJECT: LazyLock<Selected> = LazyLock::new(|| {
    let manifest = include_str!("../../recorded/mart.manifest.json");
    Selected::of(manifest).unwrap_or_else(|| panic!("the recorded manifest cannot be read"))
});

libfuzzer_sys::fuzz_target!(|text: &str| PROJECT.by(text));
