#!/usr/bin/env python3
"""Check manifests against dbt's published JSON schema and the package dbt-artifacts-parser.

    python tests/record/validate_manifest.py SCHEMA MANIFEST ...

SCHEMA is dbt-core's schemas/dbt/manifest/v12.json. Needs the packages jsonschema and dbt-artifacts-parser.
"""
import json
import sys

import jsonschema
from dbt_artifacts_parser.parser import parse_manifest_v12


def problems(validator, manifest):
    for error in validator.iter_errors(manifest):
        # `anyOf` over the kinds of nodes: tell what is wrong with the kind that it is
        nearest = jsonschema.exceptions.best_match([error])
        yield f"{'/'.join(map(str, nearest.absolute_path))}: {nearest.message[:200]}"


def main(schema, *manifests):
    with open(schema) as file:
        validator = jsonschema.Draft202012Validator(json.load(file))
    failed = False
    for path in manifests:
        with open(path) as file:
            manifest = json.load(file)
        found = list(problems(validator, manifest))
        parse_manifest_v12(manifest)
        print(f"{path}: {len(found)} problems, {len(manifest['nodes'])} nodes")
        print("".join(f"  {problem}\n" for problem in found[:20]), end="")
        failed = failed or bool(found)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
