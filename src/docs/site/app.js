// Addresses, the search box, keys, light and dark.

const main = byId("main");
let graph = null;
let here = null;

function go(address) {
  if (location.hash === address) route();
  else location.hash = address;
}

const PAGES = { tests: testsPage, nodes: nodesPage, runs: runsPage };

function route() {
  const [path, query] = location.hash.replace(/^#!?\/?/, "").split("?");
  const [kind, ...rest] = path.split("/");
  const parameters = new URLSearchParams(query || "");
  const node = nodes[places.get(decode(rest.join("/")))];
  here = null;
  if (kind === "graph") {
    if (!graph || !graph.element.isConnected) {
      graph = graphPage();
      main.replaceChildren(graph.element);
    }
    const shown = parameters.get("select") || "";
    if (document.activeElement !== byId("query")) byId("query").value = shown;
    if (parameters.get("column")) complete.then(() => graph.update(parameters));
    else graph.update(parameters);
  } else if (node) {
    here = node;
    main.replaceChildren(nodePage(node, parameters));
    main.scrollTop = 0;
  } else if (PAGES[kind]) {
    main.replaceChildren(PAGES[kind](parameters));
    main.scrollTop = 0;
  } else if (kind && kind !== "overview") {
    document.title = index.meta.project;
    main.replaceChildren(h("article", { class: "page" }, h("h1", {}, "Not here"), h("p", { class: "soft" }, "The project has no ", h("code", {}, decode(rest.join("/")) || kind), ". It may have been renamed or removed."), h("p", {}, h("a", { href: "#!/overview" }, "To the overview"))));
  } else main.replaceChildren(overviewPage());
  byId("to-graph").classList.toggle("on", kind === "graph");
  byId("to-nodes").classList.toggle("on", kind === "nodes");
  byId("to-runs").classList.toggle("on", kind === "runs");
  byId("to-graph").href = node && node.at ? `#!/graph?${new URLSearchParams({ select: `2+${selfName(node)}+2`, node: node.id })}` : "#!/graph";
  side.mark(node);
}

function decode(text) {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

// The search box: words search, a selector shows its nodes.
const finder = (() => {
  const box = byId("query");
  const list = byId("results");
  let hits = [];
  let at = 0;
  const close = () => {
    list.hidden = true;
    box.setAttribute("aria-expanded", "false");
  };
  const choose = (next) => {
    const rows = list.querySelectorAll(".hit");
    at = Math.max(0, Math.min(rows.length - 1, next));
    rows.forEach((row, index) => row.setAttribute("aria-selected", String(index === at)));
    if (rows[at]) rows[at].scrollIntoView({ block: "nearest" });
  };
  const row = (address, node, below, where) =>
    h("a", { class: "hit", role: "option", href: address, onclick: close }, h("div", { class: "line" }, node ? dot(node) : null, h("span", { class: "name" }, where.name), h("span", { class: "where" }, where.kind)), below ? h("div", { class: "snippet" }, below) : null);
  const show = () => {
    const query = box.value.trim();
    if (!query) return close();
    if (isSelector(query)) {
      const set = select(query);
      const address = `#!/graph?${new URLSearchParams({ select: query })}`;
      hits = [row(address, null, null, { name: `Graph of ${count(set.size, "node")}`, kind: "Enter" }), ...[...set].slice(0, 40).map((index) => row(linkTo(nodes[index]), nodes[index], null, { name: nodes[index].name, kind: KINDS[nodes[index].type] || nodes[index].type }))];
      list.replaceChildren(...hits);
    } else {
      const words = wordsOf(query);
      const found = search(query);
      hits = found.map((hit) => row(linkTo(hit.node, hit.field === "column" || hit.field === "note" ? { column: hit.node.columns[hit.at].name } : {}), hit.node, snippet(hit, words), { name: marked(hit.node.label && hit.field === "label" ? hit.node.label : hit.node.name, words), kind: KINDS[hit.node.type] || hit.node.type }));
      const more = found.total > found.length ? h("div", { class: "hint" }, `${(found.total - found.length).toLocaleString("en")} more`) : null;
      list.replaceChildren(...(hits.length ? hits : [h("div", { class: "hint" }, "Nothing found. Try a part of a name, a column, or a selection such as tag:nightly or +orders.")]), ...(more ? [more] : []));
    }
    list.hidden = false;
    box.setAttribute("aria-expanded", "true");
    choose(0);
  };
  const soon = later(nodes.length > 1500 ? 60 : 0, show);
  box.addEventListener("input", soon);
  box.addEventListener("focus", () => box.value && document.activeElement === box && soon());
  box.addEventListener("keydown", (event) => {
    if (event.key === "ArrowDown") choose(at + 1);
    else if (event.key === "ArrowUp") choose(at - 1);
    else if (event.key === "Enter") {
      show();
      const target = list.querySelectorAll(".hit")[at];
      if (!target) return;
      close();
      box.blur();
      go(target.getAttribute("href"));
    } else if (event.key === "Escape") {
      close();
      box.blur();
    } else return;
    event.preventDefault();
  });
  document.addEventListener("pointerdown", (event) => byId("search").contains(event.target) || close());
  return {
    close,
    focus() {
      box.focus();
      box.select();
    },
  };
})();

const KEYS = [
  ["Everywhere", [["/ or Ctrl K", "search or select"], ["g", "graph of what is open"], ["o", "overview"], ["n", "all nodes, filtered"], ["r", "runs, where there is a run log"], ["j / k", "next, previous in the list"], ["b", "hide the list"], ["d", "light or dark"], ["?", "this help"]]],
  ["On a node", [["u", "lineage upstream"], ["w", "lineage downstream"], ["c", "code"]]],
  ["In the graph", [["arrows", "walk along the edges"], ["Enter", "open"], ["f", "focus: one step each way"], ["[ and ]", "one step more upstream, downstream"], ["+ - 0", "zoom, fit"], ["Esc", "let go"]]],
  ["Selections", [["+orders", "with everything upstream"], ["2+orders+1", "two steps up, one down"], ["@orders", "downstream and all it needs"], ["tag:x,path:models/marts", "both at once"], ["source:raw column:email status:error", "any of them"], ["+orders -tag:old", "without"], ["+orders --exclude tag:old", "the same, as on the command line"]]],
];

function showHelp() {
  const dialog = byId("shortcuts");
  dialog.replaceChildren();
  fill(dialog, {}, [
    h("h2", {}, "Keyboard and selections"),
    KEYS.map(([title, keys]) => [h("h3", {}, title), h("table", {}, keys.map(([key, text]) => h("tr", {}, h("td", {}, title === "Selections" ? h("code", {}, key) : h("kbd", {}, key)), h("td", {}, text))))]),
    h("p", {}, h("button", { class: "button", onclick: () => dialog.close() }, "Close")),
  ]);
  dialog.showModal();
  dialog.scrollTop = 0;
}

function setTheme(theme) {
  document.documentElement.dataset.theme = theme;
}

function turnTheme() {
  const next = document.documentElement.dataset.theme === "dark" ? "light" : "dark";
  setTheme(next);
  memory.set("theme", next);
}

document.addEventListener("keydown", (event) => {
  if ((event.ctrlKey || event.metaKey) && event.key === "k") {
    event.preventDefault();
    finder.focus();
    return;
  }
  const typing = /^(INPUT|TEXTAREA|SELECT)$/.test(event.target.tagName) || byId("shortcuts").open;
  if (typing || event.ctrlKey || event.metaKey || event.altKey) return;
  if (graph && graph.element.isConnected && graph.key(event)) {
    event.preventDefault();
    return;
  }
  const actions = {
    "/": () => finder.focus(),
    g: () => go(byId("to-graph").getAttribute("href")),
    o: () => go("#!/overview"),
    n: () => go("#!/nodes"),
    r: () => index.runs && go("#!/runs"),
    j: () => side.next(1),
    k: () => side.next(-1),
    b: () => byId("menu").click(),
    d: turnTheme,
    "?": showHelp,
    u: () => here && here.at && go(`#!/graph?${new URLSearchParams({ select: `+${selfName(here)}`, node: here.id })}`),
    w: () => here && here.at && go(`#!/graph?${new URLSearchParams({ select: `${selfName(here)}+`, node: here.id })}`),
    c: () => document.querySelector("h2#code")?.scrollIntoView(),
  };
  if (actions[event.key]) {
    event.preventDefault();
    actions[event.key]();
  }
});

byId("to-runs").hidden = !index.runs;
setTheme(memory.get("theme") || (matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light"));
byId("home").textContent = index.meta.project;
byId("home").title = index.meta.project;
byId("theme").addEventListener("click", turnTheme);
byId("help").addEventListener("click", showHelp);
byId("menu").addEventListener("click", () => {
  document.body.classList.toggle("wide");
  document.body.classList.toggle("listed");
});
window.addEventListener("hashchange", () => {
  finder.close();
  route();
});
route();
