// The list at the side, by files or by database: sections, folders, nodes; only rows in sight exist.

const byName = (a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0);

/// A tree whose first level is `section` and whose further ones are `folders`, each of a node.
function treeOf(list, section, folders) {
  const tree = new Map();
  const placeIn = (places, name, key) => {
    if (!places.has(key)) places.set(key, { name, key, folders: new Map(), leaves: [], size: 0 });
    const place = places.get(key);
    place.size += 1;
    return place;
  };
  for (const node of list) {
    const [key, name] = section(node);
    let place = placeIn(tree, name, key);
    for (const part of folders(node)) place = placeIn(place.folders, part, `${place.key}/${part}`);
    place.leaves.push(node);
  }
  const sort = (place) => {
    place.leaves.sort(byName);
    place.folders.forEach(sort);
  };
  tree.forEach(sort);
  return tree;
}

/// The parts of a relation's quoted name.
function relationOf(node) {
  return [...(node.relation || "").matchAll(/"((?:[^"]|"")*)"/g)].map((part) => part[1].replace(/""/g, '"'));
}

const TREES = {
  files: {
    label: "Project",
    nodes: () => nodes,
    section: (node) => [`section ${node.type}`, SECTIONS[node.type] || node.type],
    folders: (node) => {
      if (node.type === "source") return [node.source || ""];
      if (node.type === "exposure") return [];
      const parts = (node.path || "").split("/").slice(1, -1);
      return node.package === index.meta.project ? parts : [node.package, ...parts];
    },
    name: (node) => (node.type === "source" ? node.name.slice((node.source || "").length + 1) : node.name),
    order: (tree) => [...new Set([...Object.keys(SECTIONS).map((type) => `section ${type}`), ...tree.keys()])].flatMap((key) => tree.get(key) || []),
  },
  database: {
    label: "Database",
    nodes: () => nodes.filter((node) => relationOf(node).length === 3),
    section: (node) => [`database ${relationOf(node)[0]}`, relationOf(node)[0]],
    folders: (node) => relationOf(node).slice(1, 2),
    name: (node) => relationOf(node)[2],
    order: (tree) => [...tree.values()].sort(byName),
  },
};

const side = (() => {
  const open = new Set(["section model"]);
  const rows = h("div", { class: "rows", tabindex: "-1" });
  let marked = null;
  let list = [];
  let form;
  let tree;
  const flat = () => {
    const found = [];
    const add = (place, depth) => {
      found.push({ place, depth });
      if (!open.has(place.key)) return;
      for (const child of [...place.folders.values()].sort(byName)) add(child, depth + 1);
      for (const node of place.leaves) found.push({ node, depth: depth + 1 });
    };
    for (const place of form.order(tree)) add(place, 0);
    return found;
  };
  const view = rowsOf(rows, 28, (item) => {
    const pad = { "padding-left": `${12 + item.depth * 14}px` };
    if (item.node) {
      const { node } = item;
      const bad = ["error", "fail", "warn", "stale"].includes(node.state);
      return h("a", { class: `row${node === marked ? " here" : ""}`, href: linkTo(node), title: node.id, style: pad }, h("span", { class: "turn" }), dot(node), h("span", { class: "label" }, form.name(node)), bad ? h("span", { class: "flag", style: { "--c": STATES[node.state][1] }, title: STATES[node.state][0] }) : null);
    }
    const { place } = item;
    const isOpen = open.has(place.key);
    return h("button", { class: `row group${item.depth === 0 ? " section" : ""}`, "aria-expanded": String(isOpen), style: pad, onclick: () => toggle(place.key) }, h("span", { class: "turn" }, isOpen ? "▾" : "▸"), h("span", { class: "label" }, place.name), h("span", { class: "count" }, place.size.toLocaleString("en")));
  });
  const refresh = () => view.set((list = flat()));
  const toggle = (key) => {
    if (!open.delete(key)) open.add(key);
    refresh();
  };
  // Few nodes: show them all at once.
  const expand = (place) => {
    open.add(place.key);
    for (const child of place.folders.values()) expand(child);
  };
  const turns = Object.entries(TREES).map(([kind, { label }]) => h("button", { "data-tree": kind, onclick: () => turn(kind) }, label));
  if (TREES.database.nodes().length) byId("side").append(h("div", { class: "turns", role: "group", "aria-label": "List by" }, turns));
  byId("side").append(rows);
  const turn = (kind) => {
    form = TREES[kind];
    tree = treeOf(form.nodes(), form.section, form.folders);
    memory.set("tree", kind);
    for (const button of turns) button.setAttribute("aria-pressed", String(button.dataset.tree === kind));
    for (const place of tree.values()) if (nodes.length < 120 && place.key !== "section macro") expand(place);
    mark(marked);
  };
  const mark = (node) => {
    marked = node || null;
    if (node) {
      let [key] = form.section(node);
      open.add(key);
      for (const part of form.folders(node)) open.add((key = `${key}/${part}`));
    }
    refresh();
    const at = node ? list.findIndex((item) => item.node === node) : -1;
    if (at >= 0) view.reveal(at);
  };
  turn(memory.get("tree") === "database" && TREES.database.nodes().length ? "database" : "files");
  return {
    mark,
    next(step) {
      const leaves = list.filter((item) => item.node).map((item) => item.node);
      const at = leaves.indexOf(marked);
      const node = leaves[at < 0 ? 0 : Math.min(leaves.length - 1, Math.max(0, at + step))];
      if (node) go(linkTo(node));
    },
  };
})();

