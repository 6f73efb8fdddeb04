// Column lineage: what a column is made of, what is made of it.

const EDGE_KINDS = { d: "direct", e: "derived", f: "filter", j: "join", g: "group", o: "order" };

function keyOf(node, column) {
  return `${node}\n${column ?? ""}`;
}

function outsideName(at) {
  const all = allColumns();
  return (all && all.outside[-1 - at]) || "?";
}

function placeName(at) {
  return at < 0 ? outsideName(at) : nodes[at].name;
}

function columnsOf(at) {
  const all = allColumns();
  return (all && at >= 0 && all.nodes[at]) || {};
}

/// Edges into a column: `[node, column, kind, candidates]`, the node null where it is not known.
function columnParents(at, column) {
  const own = columnsOf(at).columns || [];
  const found = own.find(([name]) => name === column) || own.find(([name]) => name === "*");
  if (!found) return [];
  // A star passes each column on under its own name.
  return found[1].map((edge) => (edge[1] === "*" && edge[0] !== null ? [edge[0], column, edge[2]] : edge));
}

let turned = null;
function columnChildren(at, column) {
  if (!turned) {
    turned = new Map();
    const all = allColumns();
    (all ? all.nodes : []).forEach((node, to) => {
      for (const [name, edges] of (node && node.columns) || []) {
        for (const [from, source, kind] of edges) {
          if (from === null) continue;
          const key = keyOf(from, source);
          if (!turned.has(key)) turned.set(key, []);
          turned.get(key).push([to, name, kind]);
        }
      }
    });
  }
  const passed = (turned.get(keyOf(at, "*")) || []).map(([to, name, kind]) => [to, name === "*" ? column : name, kind]);
  return [...(turned.get(keyOf(at, column)) || []), ...passed];
}

function hasColumnLineage(node) {
  const own = columnsOf(node.index);
  return Boolean(own.columns || own.failure);
}

/// All that is connected to one column, in both directions.
function columnPaths(at, column, influences) {
  const cells = new Map();
  const edges = [];
  const unknown = [];
  const cell = (node, name) => {
    const key = keyOf(node, name);
    if (cells.has(key)) return false;
    cells.set(key, { node, column: name });
    return true;
  };
  cell(at, column);
  const walk = (step) => {
    const queue = [[at, column]];
    const seen = new Set([keyOf(at, column)]);
    while (queue.length) {
      const [node, name] = queue.shift();
      for (const [other, source] of step(node, name)) {
        cell(other, source);
        const key = keyOf(other, source);
        if (seen.has(key) || source === null) continue;
        seen.add(key);
        queue.push([other, source]);
      }
    }
  };
  walk((node, name) => {
    const next = [];
    for (const [from, source, kind, candidates] of columnParents(node, name)) {
      if (from === null) unknown.push({ node, column: name, what: source, candidates: candidates || [] });
      else {
        edges.push({ from: keyOf(from, source), to: keyOf(node, name), kind });
        next.push([from, source]);
      }
    }
    if (influences) {
      for (const [from, source, kind] of columnsOf(node).every || []) {
        if (from === null) continue;
        cell(from, source);
        cell(node, null);
        edges.push({ from: keyOf(from, source), to: keyOf(node, null), kind });
      }
    }
    return next;
  });
  walk((node, name) =>
    columnChildren(node, name).map(([to, target, kind]) => {
      edges.push({ from: keyOf(node, name), to: keyOf(to, target), kind });
      return [to, target];
    }),
  );
  const once = new Map(edges.map((edge) => [`${edge.from}\t${edge.to}\t${edge.kind}`, edge]));
  return { cells, edges: [...once.values()], unknown };
}

function columnLink(at, column, label) {
  if (at < 0) return h("span", { class: "mono" }, `${outsideName(at)}${column ? `.${column}` : ""}`);
  const node = nodes[at];
  return h("a", { class: "mono", href: linkTo(node, column ? { column } : {}) }, label || `${node.name}${column ? `.${column}` : " (rows)"}`);
}

/// The path of a column as nested lists.
function columnTrail(at, column) {
  const limit = 80;
  let left = limit;
  const branch = (node, name, step, seen) => {
    const steps = step(node, name);
    const items = [];
    for (const [other, source, kind, candidates] of steps) {
      if (left <= 0) break;
      left -= 1;
      const word = h("span", { class: "kind" }, EDGE_KINDS[kind]);
      if (other === null) {
        const from = (candidates || []).map((place, index) => [index ? " or " : " of ", columnLink(place, null, placeName(place))]);
        items.push(h("li", {}, h("span", { class: "chip warn" }, "unknown"), " ", h("code", {}, source), from, word));
        continue;
      }
      const key = keyOf(other, source);
      const deeper = other >= 0 && source !== null && !seen.has(key) ? branch(other, source, step, new Set([...seen, key])) : null;
      items.push(h("li", {}, columnLink(other, source), word, deeper));
    }
    return items.length ? h("ul", {}, items) : null;
  };
  const up = branch(at, column, columnParents, new Set([keyOf(at, column)]));
  const down = branch(at, column, columnChildren, new Set([keyOf(at, column)]));
  const own = columnsOf(at);
  const every = (own.every || []).slice(0, 24).map(([node, name, kind, candidates], index) => [
    index ? ", " : "",
    node === null ? h("span", {}, "unknown ", h("code", {}, name), candidates.length ? ` of ${candidates.map(placeName).join(" or ")}` : "") : columnLink(node, name),
    h("span", { class: "kind" }, EDGE_KINDS[kind]),
  ]);
  return h(
    "div",
    { class: "trail" },
    own.failure ? h("p", { class: "soft" }, "The SQL could not be read, so nothing is known of its columns: ", h("code", {}, own.failure)) : null,
    up ? [h("h4", {}, "Comes from"), h("div", {}, up)] : own.failure ? null : h("p", { class: "faint" }, nodes[at].type === "source" || nodes[at].type === "seed" ? "Enters the project here." : "Made of no column."),
    down ? [h("h4", {}, "Goes to"), h("div", {}, down)] : null,
    every.length ? [h("h4", {}, "Rows decided by"), h("div", {}, every)] : null,
    left <= 0 ? h("p", { class: "faint" }, `The first ${limit} steps; the graph shows all.`) : null,
  );
}
