//! Column lineage, graph layout and page of a large project: `cargo bench --bench lineage [-- MODELS]`.
#![expect(clippy::print_stdout, clippy::unwrap_used, reason = "the numbers are the point")]

#[path = "../tests/docs/synthetic.rs"]
mod synthetic;

use rsdbt::inside::docs::{Artifacts, generate, trace_manifest};
use std::time::Instant;

fn main() {
    let count = std::env::args().find_map(|argument| argument.parse().ok()).unwrap_or(10_000);
    let manifest = synthetic::manifest(count);
    for threads in [1, 2] {
        let start = Instant::now();
        let lineage = trace_manifest(&manifest, None, threads);
        println!(
            "column lineage of {} nodes on {threads} threads: {:?}",
            lineage.nodes.len(),
            start.elapsed()
        );
    }
    let lineage = trace_manifest(&manifest, None, 2);
    let start = Instant::now();
    let artifacts =
        Artifacts { manifest: &manifest, catalog: None, run_results: None, sources: None, observed: None };
    let page = generate(artifacts, &lineage);
    println!("layout and page of {} MB: {:?}", page.len() >> 20, start.elapsed());
}
