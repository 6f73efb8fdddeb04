// The project as the page knows it. Code and column lineage are read when they are first needed.

const index = JSON.parse(byId("data-index").textContent);
const nodes = index.nodes;
const tests = index.tests;
const places = new Map(nodes.map((node, at) => [node.id, at]));
const complete = new Promise((resolve) => {
  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", resolve);
  else resolve();
});

nodes.forEach((node, at) => {
  node.index = at;
  node.parents = [...new Set(node.parents || [])].filter((parent) => parent !== at);
  node.children = [];
  node.columns = node.columns || [];
  node.tags = node.tags || [];
  node.tests = node.tests || [];
});
for (const node of nodes) for (const parent of node.parents) nodes[parent].children.push(node.index);

const drawn = nodes.filter((node) => node.at);

/// Large parts of the data, each parsed once.
function part(id) {
  let value;
  return () => {
    if (value === undefined) {
      const element = byId(id);
      if (!element) return null;
      value = JSON.parse(element.textContent);
      element.remove();
    }
    return value;
  };
}
const allCode = part("data-code");
const allColumns = part("data-columns");

function codeOf(node) {
  const code = allCode();
  return (code && code[node.index]) || [];
}

const KINDS = {
  model: "Model", source: "Source", seed: "Seed", snapshot: "Snapshot", exposure: "Exposure", analysis: "Analysis", metric: "Metric",
  semantic_model: "Semantic model", saved_query: "Saved query", function: "Function", macro: "Macro",
};
const SECTIONS = {
  model: "Models", source: "Sources", seed: "Seeds", snapshot: "Snapshots", exposure: "Exposures", analysis: "Analyses", metric: "Metrics",
  semantic_model: "Semantic models", saved_query: "Saved queries", function: "Functions", macro: "Macros",
};

// How things went last, the worst first.
const STATES = {
  error: ["Error", "var(--bad)"], fail: ["Test failed", "var(--bad)"], stale: ["Stale", "var(--warn)"], warn: ["Warning", "var(--warn)"],
  skipped: ["Skipped", "var(--skip)"], good: ["Fine", "var(--good)"], none: ["Not run", "var(--l8)"], idle: ["Nothing to run", "var(--line)"],
};

/// Whether a run can say anything of it: a table or view, or something that is tested or dated.
function canRun(node) {
  if (node.tests.length || node.freshness) return true;
  return ["model", "seed", "snapshot", "function"].includes(node.type) && node.materialized !== "ephemeral";
}

/// The first line that says what is wrong, not only where.
function firstLine(message) {
  const lines = (message || "").split("\n").map((line) => line.trim()).filter(Boolean);
  return lines.find((line) => !/^(Database|Compilation|Runtime|Parsing|Dependency) Error\b/.test(line)) || lines[0] || "";
}

function testState(test) {
  if (["fail", "error", "runtime error"].includes(test.status)) return "fail";
  if (test.status === "warn") return "warn";
  if (test.status === "skipped") return "skipped";
  return ["pass", "success"].includes(test.status) ? "good" : "none";
}

function stateOf(node) {
  const seen = new Set(node.tests.map((at) => testState(tests[at])));
  if (["error", "fail", "runtime error", "partial success"].includes(node.status)) return "error";
  if (seen.has("fail")) return "fail";
  if (node.freshness && ["error", "runtime error"].includes(node.freshness.status)) return "stale";
  if (seen.has("warn") || node.status === "warn" || (node.freshness && node.freshness.status === "warn")) return "warn";
  if (node.status === "skipped") return "skipped";
  if (["success", "pass"].includes(node.status) || seen.has("good") || (node.freshness && node.freshness.status === "pass")) return "good";
  return canRun(node) ? "none" : "idle";
}
for (const node of nodes) node.state = stateOf(node);

// Layers get colours in the order in which data flows through them.
const layers = (() => {
  const deep = new Map();
  const depthOf = (node) => {
    if (!deep.has(node.index)) {
      deep.set(node.index, 0);
      deep.set(node.index, Math.max(0, ...node.parents.map((parent) => depthOf(nodes[parent]) + 1)));
    }
    return deep.get(node.index);
  };
  const depth = new Map();
  // From left to right, so that no call goes deep.
  for (const node of [...drawn].sort((a, b) => a.at[0] - b.at[0])) {
    const entry = depth.get(node.layer) || [0, 0];
    depth.set(node.layer, [entry[0] + depthOf(node), entry[1] + 1]);
  }
  const first = ["source", "seed"];
  const rank = (layer) => (first.includes(layer) ? first.indexOf(layer) - 9 : layer === "exposure" ? 1e9 : depth.get(layer)[0] / depth.get(layer)[1]);
  return [...depth.keys()].sort((a, b) => rank(a) - rank(b) || (a < b ? -1 : 1));
})();
const layerColors = new Map(layers.map((layer, at) => [layer, `var(--l${Math.min(at, 7)})`]));

function layerColor(node) {
  const own = node.color;
  if (own && /^(#[0-9a-fA-F]{3,8}|[a-zA-Z]+)$/.test(own)) return own;
  return layerColors.get(node.layer) || "var(--l8)";
}

function kindSection(node) {
  return node.type === "source" ? "source" : ["exposure", "macro", "seed", "snapshot"].includes(node.type) ? node.type : node.type;
}

/// A link that survives regeneration: unique ids, in the form that dbt's own site has.
function linkTo(node, extra) {
  const query = new URLSearchParams(extra || {}).toString();
  return `#!/${kindSection(node)}/${encodeURIComponent(node.id)}${query ? `?${query}` : ""}`;
}

/// Everything upstream or downstream, as deep as `depth`.
function reach(start, edges, depth = Infinity) {
  const seen = new Set(start);
  let edge = [...start];
  for (let step = 0; step < depth && edge.length; step += 1) {
    const next = [];
    for (const at of edge) {
      for (const other of nodes[at][edges]) {
        if (!seen.has(other)) {
          seen.add(other);
          next.push(other);
        }
      }
    }
    edge = next;
  }
  return seen;
}
