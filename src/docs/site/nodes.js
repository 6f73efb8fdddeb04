// The page of all nodes: what words and filters leave of them, as a table and as a selection.

/// Filters, each with the values of a node and, where the selection language has it, its method.
const FILTERS = {
  type: ["Type", (node) => [node.type], "resource_type", (value) => SECTIONS[value] || value],
  tag: ["Tag", (node) => node.tags, "tag"],
  owner: ["Owner", (node) => [node.owner], "owner"],
  group: ["Group", (node) => [node.group], "group"],
  package: ["Package", (node) => [node.package], "package"],
  status: ["Status", (node) => [node.state], "status", (value) => (STATES[value] || [value])[0]],
};
const MOST_NODES = 500;

function nodesPage(query) {
  document.title = `Nodes · ${index.meta.project}`;
  const all = nodes.filter((node) => node.type !== "macro" || query.get("type") === "macro");
  const chosen = new Map(Object.keys(FILTERS).map((name) => [name, query.get(name) || ""]));
  const said = h("p", { class: "soft" });
  const listed = h("div", { class: "card" });
  const selected = h("a", { class: "button" });
  const words = h("input", { type: "search", class: "filter", placeholder: "Filter by name, file, description", "aria-label": "Filter nodes", value: query.get("q") || "" });
  const keep = () => {
    const next = new URLSearchParams();
    for (const [name, value] of chosen) if (value) next.set(name, value);
    if (words.value.trim()) next.set("q", words.value.trim());
    history.replaceState(null, "", `#!/nodes${next.size ? `?${next}` : ""}`);
  };
  const isLeft = (node, but) => [...chosen].every(([name, value]) => name === but || !value || FILTERS[name][1](node).includes(value));
  const show = () => {
    const wanted = wordsOf(words.value);
    const textOf = (node) => [node.name, node.path, node.description].filter(Boolean).join(" ").toLowerCase();
    const fits = all.filter((node) => wanted.every((word) => textOf(node).includes(word)));
    const left = fits.filter((node) => isLeft(node)).sort(byName);
    for (const [name, choice] of choices) offer(name, choice, fits.filter((node) => isLeft(node, name)), chosen.get(name));
    said.textContent = left.length > MOST_NODES ? `${MOST_NODES} of ${count(left.length, "node")}` : count(left.length, "node");
    const expression = selectionOf(chosen);
    selected.hidden = wanted.length > 0 || !expression || !left.some((node) => node.at);
    selected.textContent = `Graph of ${expression}`;
    selected.href = `#!/graph?${new URLSearchParams({ select: expression || "" })}`;
    listed.replaceChildren(left.length ? nodeTable(left.slice(0, MOST_NODES)) : h("p", { class: "hint" }, "No node is left. Take a filter away."));
  };
  const choices = Object.keys(FILTERS)
    .filter((name) => chosen.get(name) || new Set(all.flatMap(FILTERS[name][1]).filter(Boolean)).size > 1)
    .map((name) => [name, h("select", { "aria-label": FILTERS[name][0], onchange: (event) => (chosen.set(name, event.target.value), keep(), show()) })]);
  words.addEventListener("input", later(all.length > 2000 ? 80 : 0, () => (keep(), show())));
  show();
  return h("article", { class: "page" }, h("h1", {}, "Nodes"), h("div", { class: "filters" }, choices.map(([, choice]) => choice), words), h("div", { class: "filters" }, said, selected), listed);
}

/// The values that are left, each with the number of its nodes.
function offer(name, choice, left, value) {
  const [label, valuesOf, , titleOf] = FILTERS[name];
  const counts = new Map();
  for (const node of left) for (const one of new Set(valuesOf(node))) if (one) counts.set(one, (counts.get(one) || 0) + 1);
  if (value && !counts.has(value)) counts.set(value, 0);
  const title = (one) => (titleOf ? titleOf(one) : one);
  const options = [...counts].sort(([a], [b]) => (title(a) < title(b) ? -1 : 1)).map(([one, number]) => h("option", { value: one, selected: one === value }, `${title(one)} (${number.toLocaleString("en")})`));
  choice.replaceChildren(h("option", { value: "" }, `${label}: any`), ...options);
  choice.value = value;
}

/// The filters in the language of selections; null where a value cannot stand in it.
function selectionOf(chosen) {
  const parts = [...chosen].filter(([, value]) => value).map(([name, value]) => [FILTERS[name][2], value]);
  if (!parts.length || parts.some(([, value]) => /[\s,+*?]/.test(value))) return null;
  return parts.map(([method, value]) => `${method}:${value}`).join(",");
}

function nodeTable(list) {
  const hasOwners = list.some((node) => node.owner);
  const row = (node) => h(
    "tr",
    {},
    h("td", {}, dot(node), " ", h("a", { href: linkTo(node) }, node.label || node.name), node.description ? h("div", { class: "soft small" }, short(node.description.split("\n\n")[0], 140)) : null),
    h("td", { class: "soft" }, node.type === "model" ? node.materialized : KINDS[node.type] || node.type),
    h("td", {}, stateChip(node.state)),
    hasOwners ? h("td", { class: "soft owner" }, node.owner || "") : null,
    h("td", { class: "soft" }, node.tags.map((tag) => h("a", { class: "chip", href: `#!/nodes?tag=${encodeURIComponent(tag)}` }, `# ${tag}`))),
    h("td", { class: "faint figure" }, node.rows > 0 ? count(node.rows, "row") : ""),
    h("td", { class: "faint figure" }, node.seconds > 0 ? seconds(node.seconds) : ""),
  );
  return h("table", { class: "grid" }, h("tbody", {}, list.map(row)));
}
