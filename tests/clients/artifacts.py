"""dbt-artifacts-parser reads all four artifacts: artifacts.py TARGET RUN_RESULTS SOURCES."""

import json
import sys
from pathlib import Path

from dbt_artifacts_parser import parser

target, run_results_path, sources_path = map(Path, sys.argv[1:])


def read(path):
    return json.loads(path.read_text())


manifest = parser.parse_manifest(read(target / "manifest.json"))
assert type(manifest).__name__ == "ManifestV12", type(manifest)
models = {key for key in manifest.nodes if key.startswith("model.")}
assert models == {f"model.ad_mart.{name}" for name in ("m1_d_ad_mart_metrics", "ad_lineitem", "unit")}, models

catalog = parser.parse_catalog(read(target / "catalog.json"))
assert models <= set(catalog.nodes), set(catalog.nodes)
assert all(catalog.nodes[key].columns for key in models)

results = parser.parse_run_results(read(run_results_path)).results
seen = {result.unique_id: result.status.value for result in results}
assert models <= set(seen), seen
assert set(seen.values()) <= {"success", "pass", "no-op"}, seen

(source,) = parser.parse_sources(read(sources_path)).results
assert source.unique_id == "source.fresh.raw.orders", source
assert source.status.value == "pass", source
assert source.max_loaded_at, source

print(f"dbt-artifacts-parser: {len(manifest.nodes)} nodes, {len(catalog.nodes)} tables, {len(results)} results, 1 source")
