//! Any bytes as a seed: columns, types and rows. The first byte chooses the options.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| rsdbt::inside::fuzzed::csv(bytes));
