#!/usr/bin/env python3
"""Record what dbt lists for many selectors, as data for tests/parity/.

    python tests/record/dbt_ls.py [PROJECT ...]

Run it with the Python of an environment that has dbt-postgres (1.11) installed; no database is needed.
For each project under tests/projects it writes tests/recorded/PROJECT.selectors.json (arguments of `ls`, the
printed lines, the warnings, the error) and tests/recorded/PROJECT.manifest.json (what dbt made of the project,
without dbt's own macros). A project with a `before.json` (file -> [old text, new text] or null for "was not
there") is also parsed as it was before those edits: that manifest is the state to compare with, in state/.
"""
import json
import os
import pathlib
import re
import shutil
import sys
import tempfile

from dbt.cli.main import dbtRunner

TESTS = pathlib.Path(__file__).resolve().parent.parent
PROJECTS = TESTS / "projects"
RECORDED = TESTS / "recorded"


def parse(project):
    """dbt's manifest of a project, in memory; manifest.json lies in its target directory."""
    os.chdir(project)
    if (project / "packages.yml").exists():
        outcome = dbtRunner().invoke(["--quiet", "deps"])
        assert outcome.success, outcome.exception
    outcome = dbtRunner().invoke(["--quiet", "parse", "--no-partial-parse"])
    assert outcome.success, outcome.exception
    return outcome.result


def portable(manifest, project):
    """The manifest without this machine's paths and without the macros that dbt ships."""
    text = json.dumps(manifest).replace(str(project), "/project")
    manifest = json.loads(text)
    own = {name: macro for name, macro in manifest["macros"].items() if not macro["package_name"].startswith("dbt")}
    manifest["macros"] = own
    for key in ("generated_at", "invocation_started_at", "run_started_at"):
        manifest["metadata"][key] = "2026-01-01T00:00:00Z"
    manifest["metadata"]["invocation_id"] = "00000000-0000-0000-0000-000000000000"
    return without_times(manifest)


def without_times(value):
    if isinstance(value, dict):
        return {key: 0.0 if key == "created_at" else without_times(item) for key, item in value.items()}
    if isinstance(value, list):
        return [without_times(item) for item in value]
    return value


def edit(project, edits):
    """Turn the project into what it was before."""
    for path, change in edits.items():
        path = project / path
        if change is None:
            path.unlink()
        elif isinstance(change, str):
            path.write_text(change)
        else:
            text = path.read_text()
            assert change[0] in text, (path, change)
            path.write_text(text.replace(change[0], change[1]))


def record_state(name, scratch):
    """Parse the project as it was before; returns the whole manifest for dbt, writes ours to state/."""
    edits = json.loads((PROJECTS / name / "before.json").read_text())
    before = scratch / "before" / name
    shutil.copytree(PROJECTS / name, before)
    edit(before, edits)
    parse(before)
    manifest = json.loads((before / "target/manifest.json").read_text())
    write(PROJECTS / name / "state/manifest.json", portable(manifest, before))
    return manifest


def write(path, value):
    path.parent.mkdir(exist_ok=True)
    path.write_text(json.dumps(value, indent=1) + "\n")


def list_nodes(manifest, arguments):
    """One `dbt ls`: its lines, warnings and error."""
    warnings = []

    def note(event):
        if event.info.level == "warn" and "Deprecation" not in event.info.name:
            message = re.sub(r"\x1b\[\d+m", "", event.info.msg)
            warning = [event.info.name, message.replace("[WARNING]: ", "").strip()]
            # dbt says some things twice, rsdbt says them once
            if warning not in warnings:
                warnings.append(warning)

    if "--target" in arguments or "--vars" in arguments:
        manifest = None  # the project reads them, so that it must be parsed again
    command = ["--quiet", "--no-use-colors", "ls", *arguments]
    outcome = dbtRunner(manifest=manifest, callbacks=[note]).invoke(command)
    error = None if outcome.exception is None else str(outcome.exception).strip()
    return {"args": arguments, "lines": outcome.result or [], "warnings": warnings, "error": error}


def record(name):
    scratch = pathlib.Path(tempfile.mkdtemp())
    project = scratch / name
    shutil.copytree(PROJECTS / name, project)
    if (PROJECTS / name / "before.json").exists():
        write(project / "state/manifest.json", record_state(name, scratch))
    manifest = parse(project)
    written = json.loads((project / "target/manifest.json").read_text())
    write(RECORDED / f"{name}.manifest.json", portable(written, project))
    if (project / "current").exists():
        shutil.copytree(project / "current", project / "target", dirs_exist_ok=True)
    cases = []
    for line in (PROJECTS / name / "selectors.txt").read_text().splitlines():
        if line and not line.startswith("#"):
            cases.append(list_nodes(manifest, [word.replace("%20", " ") for word in line.split()]))
    lines = ",\n".join(" " + json.dumps(case) for case in cases)
    (RECORDED / f"{name}.selectors.json").write_text(f"[\n{lines}\n]\n")
    print(name, len(cases), "selections")
    shutil.rmtree(scratch)


if __name__ == "__main__":
    for name in sys.argv[1:] or ("mart", "shop", "layers"):
        record(name)
