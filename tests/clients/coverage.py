"""dbt-coverage printed a total that agrees with its report: coverage.py KIND REPORT OUTPUT."""

import json
import re
import sys
from pathlib import Path

kind, report_path, output_path = sys.argv[1:]
report = json.loads(Path(report_path).read_text())
output = Path(output_path).read_text()
tables = {table["name"]: table for table in report["tables"]}
for model in ("m1_d_ad_mart_metrics", "ad_lineitem", "unit"):
    table = tables[f"public.{model}"]
    if kind == "doc":
        assert table["covered"] == table["total"], f"each column of {model} has a description: {table}"
    else:
        assert 0 < table["covered"] <= table["total"], f"some columns of {model} have tests: {table}"
assert 0 < report["covered"] < report["total"], report
total = re.search(r"^Total .*?(\d+)/(\d+) +([\d.]+)%", output, re.M)
assert total, output
assert (int(total[1]), int(total[2])) == (report["covered"], report["total"]), output
print(f"dbt-coverage: {kind} {total[3]} % of {report['total']} columns")
