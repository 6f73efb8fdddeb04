//! Any text as a YAML file, and as a properties file.
#![no_main]

libfuzzer_sys::fuzz_target!(|text: &str| rsdbt::inside::fuzzed::yaml(text));
