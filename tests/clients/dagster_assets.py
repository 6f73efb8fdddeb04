"""Dagster loads the manifest's assets and follows a build to its end: dagster_assets.py BINARY PROJECT."""

import json
import sys
from pathlib import Path

import dagster
from dagster_dbt import DbtCliResource, dbt_assets

binary, project_path = sys.argv[1], Path(sys.argv[2])
manifest_path = project_path / "target/rsdbt/manifest.json"
manifest = json.loads(manifest_path.read_text())
resource = DbtCliResource(project_dir=project_path, profiles_dir=project_path, dbt_executable=binary)

# The last event of each node that tells how it ended.
invocation = resource.cli(["build"], manifest=manifest)
events = [event.raw_event for event in invocation.stream_raw_events()]
ended = {}
for event in events:
    node = event["data"].get("node_info", {})
    if node.get("node_finished_at"):
        ended[node["unique_id"]] = node["node_status"]
assert invocation.process.returncode == 0, invocation.process.returncode
assert "StatsLine" in [event["info"]["name"] for event in events], "the events break off before the end"
assert set(ended) == set(manifest["nodes"]) | set(manifest["exposures"]), ended
assert set(ended.values()) <= {"success", "pass", "no-op"}, ended
results = {result["unique_id"] for result in invocation.get_artifact("run_results.json")["results"]}
assert results == set(ended), results


@dbt_assets(manifest=manifest_path)
def ad_mart(context: dagster.AssetExecutionContext, dbt: DbtCliResource):
    yield from dbt.cli(["build"], context=context).stream()


# a schema that is configured is part of an asset's key
tables = {
    "/".join(filter(None, [node["config"].get("schema"), node["name"]]))
    for node in manifest["nodes"].values()
    if node["resource_type"] in ("model", "seed")
}
assert {key.to_user_string() for key in ad_mart.keys} == tables, ad_mart.keys
above = {key.to_user_string() for key in ad_mart.asset_deps[dagster.AssetKey("m1_d_ad_mart_metrics")]}
assert above == {"sample/ad_impression", "sample/ad_click", "ad_lineitem", "unit"}, above

result = dagster.materialize([ad_mart], resources={"dbt": resource})
assert result.success
built = {event.asset_key.to_user_string() for event in result.get_asset_materialization_events()}
assert built == tables, built
checks = result.get_asset_check_evaluations()
assert {check.check_name for check in checks} == {key.name for key in ad_mart.check_keys}, checks
assert all(check.passed for check in checks), checks

print(f"dagster-dbt: {len(events)} events of {len(ended)} nodes, {len(built)} assets, {len(checks)} checks")
