// The page of the run log: when each job ran and how it went, the last runs, and what failed in them.

const RUNS = index.runs || [];
const MOST_RUNS = 60;
const [RUN, COMMAND, JOB, STATUS, STARTED, LASTED, NODES, FAILED, ATTEMPT, INTERVAL] = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9];

/// A job's name, or the command that somebody ran.
function runName(run) {
  return run[JOB] || `rsdbt ${run[COMMAND]}`;
}

function runsPage() {
  document.title = `Runs · ${index.meta.project}`;
  const newest = [...RUNS].reverse();
  return h(
    "article",
    { class: "page" },
    h("h1", {}, "Runs"),
    h("p", { class: "soft" }, RUNS.length ? `${count(RUNS.length, "run")} of the last 90 days, from the run log` : "The run log has no run of this project and target."),
    RUNS.length ? [timelines(), failedInRuns(), h("h2", {}, "Last runs"), h("div", { class: "card", style: { overflow: "auto" } }, h("table", { class: "grid" }, h("tbody", {}, newest.slice(0, MOST_RUNS).map(runRow))))] : null,
  );
}

/// A line for each job, all in the same time.
function timelines() {
  const first = RUNS[0][STARTED];
  const last = Math.max(...RUNS.map((run) => run[STARTED] + run[LASTED]));
  const span = Math.max(1, last - first);
  const byName = new Map();
  for (const run of RUNS) byName.set(runName(run), [...(byName.get(runName(run)) || []), run]);
  const left = (run) => (100 * (run[STARTED] - first)) / span;
  const mark = (run) => h("i", { style: { "--c": toneOf(run[STATUS]), left: `${Math.min(99.3, left(run))}%`, width: `${(100 * run[LASTED]) / span}%` }, title: `${moment(1000 * run[STARTED])}: ${run[STATUS]} in ${seconds(run[LASTED])}` });
  const line = ([name, runs]) => {
    const bad = runs.filter((run) => !TONES[run[STATUS]]).length;
    const said = `${count(runs.length, "run")}, ${bad ? `${bad} failed` : "none failed"}, the last one ${moment(1000 * runs[runs.length - 1][STARTED])}`;
    return h("tr", {}, h("td", { class: "job" }, h("div", {}, name), h("div", { class: "faint small" }, said)), h("td", { class: "time" }, h("div", { class: "line", role: "img", "aria-label": `${name}: ${said}` }, runs.map(mark))));
  };
  return [
    h("h2", {}, "Timeline", h("span", { class: "faint" }, `${moment(1000 * first)} to ${moment(1000 * last)}`)),
    h("div", { class: "card" }, h("table", { class: "grid timeline" }, h("tbody", {}, [...byName].sort(([a], [b]) => (a < b ? -1 : 1)).map(line)))),
  ];
}

function runRow(run) {
  const bad = !TONES[run[STATUS]];
  return h(
    "tr",
    {},
    h("td", { class: "figure" }, moment(1000 * run[STARTED])),
    h("td", {}, runName(run), run[INTERVAL] ? h("span", { class: "faint" }, ` for ${run[INTERVAL]}`) : null, run[ATTEMPT] > 1 ? h("span", { class: "faint" }, ` attempt ${run[ATTEMPT]}`) : null),
    h("td", {}, h("span", { class: `chip ${bad ? "bad" : run[STATUS] === "success" ? "good" : ""}` }, h("span", { class: "dot", style: { "--c": toneOf(run[STATUS]) } }), run[STATUS])),
    h("td", { class: "faint figure" }, seconds(run[LASTED])),
    h("td", { class: "faint figure" }, count(run[NODES], "node"), run[FAILED] ? `, ${run[FAILED]} failed` : ""),
  );
}

/// What failed last, with the text and the SQL of then.
function failedInRuns() {
  const list = index.failures || [];
  if (!list.length) return null;
  const started = new Map(RUNS.map((run) => [run[RUN], run]));
  const entry = ([number, id, status, message, sql]) => {
    const node = nodes[places.get(id)];
    const test = tests.findIndex((one) => one.id === id);
    const owner = test >= 0 ? ofTest.get(test) : null;
    const name = node ? h("a", { href: linkTo(node) }, node.name) : owner ? [h("a", { href: linkTo(owner) }, owner.name), `: ${tests[test].label}`] : id;
    const run = started.get(number);
    return h(
      "tr",
      {},
      h("td", { class: "figure" }, run ? moment(1000 * run[STARTED]) : ""),
      h("td", {}, name, h("div", { class: "faint small" }, run ? runName(run) : "")),
      h("td", { class: "wide" }, h("div", { class: "soft" }, firstLine(message) || status), sql || (message || "").includes("\n") ? h("details", {}, h("summary", {}, "Details"), message ? h("pre", { class: "said" }, message) : null, sql ? codeBlock(sql) : null) : null),
    );
  };
  return [h("h2", {}, "Failures", h("span", { class: "faint" }, list.length)), h("div", { class: "card", style: { overflow: "auto" } }, h("table", { class: "grid" }, h("tbody", {}, list.map(entry))))];
}
