//! Any bytes as a seed: columns, types and rows. The first byte chooses the options.
#![no_main]

use libfuzzer_sys::fuzz_target;
use rsdbt::inside::adapter::{Seed, SeedOptions};
use rsdbt::inside::diagnostic::render;

fuzz_target!(|bytes: &[u8]| {
    let Some((&options, bytes)) = bytes.split_first() else { return };
    let options = SeedOptions {
        delimiter: b",;\t|"[usize::from(options & 3)],
        text_columns: if options & 4 == 0 { Vec::new() } else { vec!["id".to_owned(), "name".to_owned()] },
        keep_leading_zeros: options & 8 != 0,
    };
    match Seed::parse(bytes.to_vec(), "seeds/codes.csv", &options) {
        Ok(seed) => {
            let rows = seed.rows(1000);
            let _ = format!("{rows:?}");
        }
        Err(problem) => drop(render(&problem)),
    }
});
