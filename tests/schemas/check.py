"""Every YAML file of the projects here is valid by the schema of its kind, and slips in them are not."""

import copy
import json
import pathlib
import subprocess
import sys

import jsonschema
import yaml

ROOT = pathlib.Path(__file__).resolve().parents[2]
NAMES = {"dbt_project.yml": "project", "profiles.yml": "profiles"}


def schema(program, name):
    text = subprocess.run([program, "schema", name], check=True, capture_output=True, text=True).stdout
    schema = json.loads(text)
    jsonschema.Draft7Validator.check_schema(schema)
    return jsonschema.Draft7Validator(schema)


def kind(path, content):
    if path.name in NAMES:
        return NAMES[path.name]
    if path.name == "jobs.yml" or path.parent.name == "jobs":
        return "jobs"
    # packages, selectors, lock files, pipelines and fixtures have no schema
    known = {"models", "seeds", "snapshots", "sources", "macros", "exposures", "unit_tests", "groups", "functions"}
    return "properties" if isinstance(content, dict) and known & set(content) else None


def main(program):
    validators = {name: schema(program, name) for name in ["project", "properties", "profiles", "jobs"]}
    folders = [ROOT / "tests/projects", ROOT / "models", ROOT / "seeds", ROOT / "src/builtin/starter"]
    paths = [path for folder in folders for path in sorted(folder.rglob("*.yml"))]
    paths += [ROOT / "dbt_project.yml", ROOT / "profiles.yml", ROOT / "profiles.example.yml"]
    checked, seen = 0, {}
    for path in paths:
        content = yaml.safe_load(path.read_text())
        name = "profiles" if path.name.startswith("profiles.") else kind(path, content)
        if name is None:
            continue
        problems = [f"{error.json_path}: {error.message}" for error in validators[name].iter_errors(content)]
        assert not problems, f"{path}: {problems}"
        checked += 1
        seen.setdefault(name, content)
    assert checked > 10, checked

    def refused(name, change, content=None):
        content = copy.deepcopy(seen[name] if content is None else content)
        change(content)
        assert not validators[name].is_valid(content), f"{name}: {content}"

    job = {"jobs": [{"name": "nightly", "cron": "0 2 * * *", "steps": ["build"]}]}
    assert validators["jobs"].is_valid(job)
    refused("jobs", lambda it: it["jobs"][0].update(step=["build"]), job)
    refused("jobs", lambda it: it["jobs"][0].pop("steps"), job)
    refused("project", lambda it: it.update({"model-path": ["models"]}))
    refused("project", lambda it: it.pop("name"))
    refused("project", lambda it: it.update(models={"shop": {"+enabled": 3}}))
    model = {"models": [{"name": "orders", "columns": [{"name": "id", "data_tests": ["unique"]}]}]}
    assert validators["properties"].is_valid(model)
    refused("properties", lambda it: it["models"][0].update(descripton="x"), model)
    refused("properties", lambda it: it.update(modles=[]), model)
    load = {"from": {"files": "landing/*.csv"}, "mode": "append", "null": ["", "-"], "rejects": {"max": "1%"}}
    source = {"sources": [{"name": "erp", "config": {"load": {"mode": "{{ var('mode') }}"}}, "tables": [{"name": "lines", "config": {"load": load}}]}]}
    assert validators["properties"].is_valid(source)
    lines = lambda it: it["sources"][0]["tables"][0]["config"]["load"]
    refused("properties", lambda it: lines(it).update(mode="apend"), source)
    refused("properties", lambda it: lines(it).update(delimeter=";"), source)
    refused("properties", lambda it: lines(it).update({"from": {"file": "x"}}), source)
    refused("properties", lambda it: it["models"][0].update(config={"enabled": 3}), model)
    profile = {"shop": {"target": "dev", "outputs": {"dev": {"type": "postgres", "host": "h"}}}}
    assert validators["profiles"].is_valid(profile)
    refused("profiles", lambda it: it["shop"]["outputs"]["dev"].update(hots="h"), profile)
    print(f"{checked} files are valid")


main(sys.argv[1])
