"""Cosmos lists the project with the binary and renders a DAG of it: airflow_dag.py BINARY PROJECT."""

import sys
from datetime import datetime
from pathlib import Path

from cosmos import DbtDag, ExecutionConfig, ProfileConfig, ProjectConfig, RenderConfig
from cosmos.constants import InvocationMode, LoadMode

binary, project_path = sys.argv[1], Path(sys.argv[2])
run_it = {"dbt_executable_path": binary, "invocation_mode": InvocationMode.SUBPROCESS}
dag = DbtDag(
    dag_id="ad_mart",
    start_date=datetime(2024, 1, 1),
    schedule=None,
    project_config=ProjectConfig(dbt_project_path=project_path),
    profile_config=ProfileConfig(
        profile_name="ad_mart", target_name="dev", profiles_yml_filepath=project_path / "profiles.yml"
    ),
    execution_config=ExecutionConfig(**run_it),
    render_config=RenderConfig(load_method=LoadMode.DBT_LS, dbt_deps=False, **run_it),
)

nodes = dag.dbt_graph.nodes
expected = {
    "model.ad_mart.ad_lineitem": {"seed.ad_mart.ad_lineitem_staging"},
    "model.ad_mart.unit": {"seed.ad_mart.unit_staging"},
    "model.ad_mart.m1_d_ad_mart_metrics": {
        "seed.ad_mart.ad_impression",
        "seed.ad_mart.ad_click",
        "model.ad_mart.ad_lineitem",
        "model.ad_mart.unit",
    },
}
for key, parents in expected.items():
    assert set(nodes[key].depends_on) == parents, (key, nodes[key].depends_on)
models = {key for key, node in nodes.items() if node.resource_type.value == "model"}
assert models == set(expected), models

mart = dag.get_task("m1_d_ad_mart_metrics.run")
before = {"ad_lineitem.test", "unit.test", "ad_impression.test", "ad_click.test"}
assert mart.upstream_task_ids == before, mart.upstream_task_ids
assert dag.get_task("ad_lineitem.test").upstream_task_ids == {"ad_lineitem.run"}

# The commands of the tasks run without a scheduler and its database.
chain = ["ad_lineitem_staging_seed", "ad_lineitem.run", "ad_lineitem.test", "m1_d_ad_mart_metrics.run"]
for task_id in chain:
    task = dag.get_task(task_id)
    result = task.build_and_run_cmd(context={"run_id": "clients"}, cmd_flags=task.add_cmd_flags())
    assert result.exit_code == 0, result
    assert " ERROR=0 " in result.output and " PASS=0 " not in result.output, result.output

print(f"astronomer-cosmos: {len(nodes)} nodes, {len(dag.tasks)} tasks, {len(chain)} of them run")
