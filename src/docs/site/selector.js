// dbt's selection syntax over the nodes of the page: `+orders`, `tag:nightly,path:models/marts`, `2+x+1`, `@x`.

const METHODS = ["access", "column", "config", "exposure", "file", "fqn", "group", "layer", "metric", "name", "owner", "package", "path", "resource_type", "source", "status", "tag", "test"];
const SELECTOR_TOKEN = /^(@)?(?:(\d*)\+)?(?:([a-z_]+)((?:\.\w+)*):)?([^+]*?)(?:\+(\d*))?$/;

/// Whether a query means nodes rather than words to search for.
function isSelector(query) {
  return query.trim().split(/[\s,]+/).some((token) => {
    if (token === "--select" || token === "--exclude") return true;
    const parts = SELECTOR_TOKEN.exec(token);
    if (!parts || !(parts[5] || parts[3])) return false;
    return Boolean(parts[1]) || token.startsWith("+") || /^\d+\+/.test(token) || /\+\d*$/.test(token) || METHODS.includes(parts[3]);
  });
}

function glob(pattern) {
  const escaped = pattern.replace(/[.+^${}()|\\]/g, "\\$&").replace(/\*/g, ".*").replace(/\?/g, ".");
  try {
    return new RegExp(`^${escaped}$`, "i");
  } catch {
    return /^$/;
  }
}

function fqnOf(node) {
  if (!node.fqn) {
    const folders = (node.path || "").split("/").slice(1, -1);
    node.fqn = [node.package || "", ...folders, ...node.name.split(".")];
  }
  return node.fqn;
}

const MATCHES = {
  access: (node, test) => test(node.access),
  column: (node, test) => node.columns.some((column) => test(column.name)),
  config: (node, test, key) => (key === "tags" ? node.tags.some(test) : test(String(node[key] ?? ""))),
  exposure: (node, test) => node.type === "exposure" && test(node.name),
  file: (node, test) => test((node.path || "").split("/").pop()) || test((node.path || "").split("/").pop().replace(/\.\w+$/, "")),
  fqn: (node, test) => {
    const fqn = fqnOf(node);
    if (test(node.name) || test(node.id) || test(node.name.split(".").pop())) return node.type !== "macro";
    return fqn.some((_, at) => test(fqn.slice(0, at + 1).join(".")) || (at > 0 && test(fqn.slice(1, at + 1).join(".")))) && node.type !== "macro";
  },
  group: (node, test) => test(node.group),
  layer: (node, test) => test(node.layer),
  metric: (node, test) => node.type === "metric" && test(node.name),
  name: (node, test) => test(node.name),
  owner: (node, test) => test(node.owner),
  package: (node, test) => test(node.package),
  path: (node, test, _, value) => test(node.path) || (node.path || "").startsWith(`${value.replace(/\/$/, "")}/`),
  resource_type: (node, test) => test(node.type),
  source: (node, test) => node.type === "source" && (test(node.name) || test(node.source) || test(`${node.package}.${node.name}`)),
  status: (node, test) => test(node.state) || test(node.status),
  tag: (node, test) => node.tags.some(test),
  test: (node, test) => node.tests.some((at) => test(tests[at].label.split(" ")[0])),
};

function selectToken(token) {
  const parts = SELECTOR_TOKEN.exec(token);
  if (!parts) return new Set();
  const [, at, up, method, key, value, down] = parts;
  if (!value) return new Set();
  const pattern = glob(value);
  const test = (text) => text !== undefined && text !== null && pattern.test(text);
  const match = MATCHES[method || (value.includes("/") ? "path" : /\.(sql|csv|py)$/.test(value) ? "file" : "fqn")];
  const found = new Set();
  if (!match) return found;
  for (const node of drawn) if (match(node, test, (key || "").slice(1), value)) found.add(node.index);
  const hasUp = up !== undefined;
  const hasDown = down !== undefined;
  let result = new Set(found);
  if (at) {
    result = reach(reach(found, "children"), "parents");
  } else {
    if (hasUp) for (const other of reach(found, "parents", up ? Number(up) : Infinity)) result.add(other);
    if (hasDown) for (const other of reach(found, "children", down ? Number(down) : Infinity)) result.add(other);
  }
  return result;
}

/// Spaces unite, commas intersect; a token that begins with `-`, and what follows `--exclude`, is taken away.
function select(query) {
  const result = new Set();
  const without = new Set();
  let excludes = false;
  for (const union of query.trim().split(/\s+/).filter(Boolean)) {
    if (union === "--select" || union === "--exclude") {
      excludes = union === "--exclude";
      continue;
    }
    const minus = excludes || union.startsWith("-");
    const sets = (union.startsWith("-") ? union.slice(1) : union).split(",").map(selectToken);
    const joint = sets.reduce((a, b) => new Set([...a].filter((at) => b.has(at))));
    for (const at of joint) (minus ? without : result).add(at);
  }
  for (const at of without) result.delete(at);
  return result;
}
