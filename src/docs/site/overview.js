// The first page, and the page of the graph.

function overviewPage() {
  document.title = index.meta.project;
  const byType = new Map();
  for (const node of nodes) byType.set(node.type, (byType.get(node.type) || 0) + 1);
  const tiles = Object.keys(SECTIONS).filter((type) => byType.has(type)).map((type) => {
    const inside = [h("b", {}, byType.get(type).toLocaleString("en")), h("span", {}, byType.get(type) === 1 ? KINDS[type] : SECTIONS[type])];
    return h("a", { class: "card tile", href: `#!/nodes?type=${type}` }, inside);
  });
  if (tests.length) tiles.push(h("a", { class: "card tile", href: "#!/tests" }, h("b", {}, tests.length.toLocaleString("en")), h("span", {}, tests.length === 1 ? "Test" : "Tests")));
  const { meta } = index;
  const made = [meta.generated && `Generated ${moment(meta.generated)}`, meta.run && `last ${meta.run.command || "run"} ${moment(meta.run.generated)}${meta.run.elapsed ? ` in ${seconds(meta.run.elapsed)}` : ""}`, meta.catalog ? null : "no catalog: column types are those that the project declares"];
  return h(
    "article",
    { class: "page" },
    h("h1", {}, meta.project),
    h("p", { class: "soft" }, made.filter(Boolean).join(" · ")),
    meta.overview ? markdown(meta.overview) : null,
    nodes.some((node) => node.type !== "macro") ? h("div", { class: "tiles" }, tiles) : emptyProject(),
    health(),
    coverage(),
    slowest(),
    exposures(),
    hubs(),
  );
}

function emptyProject() {
  return h("div", { class: "note" }, "The project has no models yet. Put a file with a query into ", h("code", {}, "models/"), ", for example ", h("code", {}, "models/first.sql"), " with ", h("code", {}, "select 1 as id"), ", then ", h("code", {}, "rsdbt build"), " and ", h("code", {}, "rsdbt docs generate"), ".");
}

/// How much of the project is described and tested, and how many tests pass.
function coverage() {
  const models = nodes.filter((node) => node.type === "model");
  if (!models.length) return null;
  const columns = models.flatMap((node) => node.columns);
  const ran = tests.filter((test) => !["none", "skipped"].includes(testState(test)));
  const part = (name, list, fits, address) => {
    if (!list.length) return null;
    const some = list.filter(fits).length;
    const text = `${some.toLocaleString("en")} of ${list.length.toLocaleString("en")}`;
    return fact(name, [address ? h("a", { href: address }, text) : text, h("span", { class: "faint" }, ` ${Math.floor((100 * some) / list.length)} %`)]);
  };
  return [
    h("h2", {}, "Coverage"),
    h("dl", { class: "card facts" }, [
      part("Tests that pass", ran, (test) => testState(test) === "good", "#!/tests"),
      part("Models with a description", models, (node) => node.description),
      part("Columns with a description", columns, (column) => column.description),
      part("Models with a test", models, (node) => node.tests.length),
    ]),
  ];
}

function slowest() {
  const list = drawn.filter((node) => node.seconds > 0).sort((a, b) => b.seconds - a.seconds).slice(0, 5);
  if (list.length < 2) return null;
  const most = list[0].seconds;
  const rows = list.map((node) => h("tr", { class: "pick", onclick: () => go(linkTo(node)) }, h("td", {}, dot(node), " ", h("a", { href: linkTo(node) }, node.name)), h("td", { class: "lasts" }, h("i", { style: { width: `${Math.max(1, (100 * node.seconds) / most)}%` } })), h("td", { class: "faint" }, seconds(node.seconds))));
  return [h("h2", {}, "Slowest in the last run"), h("div", { class: "card" }, h("table", { class: "grid" }, h("tbody", {}, rows)))];
}

function health() {
  const relevant = drawn.filter((node) => node.state !== "idle");
  const counts = Object.keys(STATES).map((state) => [state, relevant.filter((node) => node.state === state)]).filter(([, list]) => list.length);
  if (!counts.length || (counts.length === 1 && counts[0][0] === "none")) return null;
  const troubled = relevant.filter((node) => ["error", "fail", "stale", "warn"].includes(node.state));
  const order = Object.keys(STATES);
  troubled.sort((a, b) => order.indexOf(a.state) - order.indexOf(b.state) || b.children.length - a.children.length);
  const why = (node) => {
    if (node.state === "error") return firstLine(node.message);
    if (node.state === "stale" || (node.freshness && node.freshness.status === "warn")) return `data is ${seconds(node.freshness.age)} old`;
    return node.tests.map((at) => tests[at]).filter((test) => ["fail", "warn"].includes(testState(test))).map((test) => `${test.column ? `${test.column}: ` : ""}${test.label}${test.failures ? `, ${count(test.failures, "row")}` : ""}`).join("; ");
  };
  return [
    h("h2", {}, "Health"),
    h("div", { class: "bar" }, counts.map(([state, list]) => h("i", { style: { "--c": STATES[state][1], width: `${(100 * list.length) / relevant.length}%` }, title: `${STATES[state][0]}: ${list.length}` }))),
    h("div", { class: "chips" }, counts.map(([state, list]) => h("a", { class: "chip", href: `#!/graph?${new URLSearchParams({ select: `status:${state}`, color: "status" })}` }, h("span", { class: "dot", style: { "--c": STATES[state][1] } }), `${STATES[state][0]} ${list.length.toLocaleString("en")}`))),
    troubled.length
      ? h("div", { class: "card", style: { "margin-top": "14px", overflow: "auto" } }, h("table", { class: "grid" }, h("tbody", {}, troubled.slice(0, 30).map((node) => h("tr", { class: "pick", onclick: () => go(linkTo(node)) }, h("td", {}, stateChip(node.state)), h("td", {}, h("a", { href: linkTo(node) }, node.name)), h("td", { class: "soft" }, why(node)), h("td", { class: "faint" }, count(reach([node.index], "children").size - 1, "node downstream", "nodes downstream")))))))
      : null,
  ];
}

function exposures() {
  const list = drawn.filter((node) => node.type === "exposure");
  if (!list.length) return null;
  const rows = list.map((node) => h("tr", { class: "pick", onclick: () => go(linkTo(node)) }, h("td", {}, h("a", { href: linkTo(node) }, node.label || node.name)), h("td", { class: "soft" }, node.kind || ""), h("td", { class: "soft" }, node.owner || ""), h("td", { class: "faint" }, count(reach([node.index], "parents").size - 1, "node upstream", "nodes upstream"))));
  return [h("h2", {}, "Exposures"), h("div", { class: "card", style: { overflow: "auto" } }, h("table", { class: "grid" }, h("tbody", {}, rows)))];
}

function hubs() {
  const top = drawn.filter((node) => node.children.length > 1).sort((a, b) => b.children.length - a.children.length).slice(0, 8);
  if (!top.length) return null;
  return [h("h2", {}, "Most used"), h("div", { class: "card" }, h("table", { class: "grid" }, h("tbody", {}, top.map((node) => h("tr", { class: "pick", onclick: () => go(linkTo(node)) }, h("td", {}, dot(node), " ", h("a", { href: linkTo(node) }, node.name)), h("td", { class: "soft" }, short((node.description || "").split("\n")[0], 90)), h("td", { class: "faint" }, `used by ${node.children.length.toLocaleString("en")}`))))))];
}

/// One graph page lives on while its address changes, so that places and zoom stay.
function graphPage() {
  const host = h("div", { class: "graph", id: "graph" });
  const said = h("span", { class: "said" });
  const colors = h("select", { "aria-label": "Colour by", onchange: () => change({ color: colors.value }) }, Object.entries(COLOR_MODES).map(([mode, [label]]) => h("option", { value: mode }, `Colour: ${label.toLowerCase()}`)));
  const influence = h("button", { class: "button", title: "Columns that filter, join, group or order", onclick: () => change({ influence: influence.classList.contains("on") ? null : "1" }) }, "Filters and joins");
  const all = h("button", { class: "button", onclick: () => go("#!/graph") }, "Whole project");
  const legend = h("div", { class: "legend" });
  const sheet = h("div", { class: "sheet", hidden: true });
  const view = graphView(host, { pick: (at) => change({ node: at === null || at < 0 ? null : nodes[at].id }), open: (at) => go(linkTo(nodes[at])), column: (at, column) => at >= 0 && change({ column: `${nodes[at].id}:${column}`, node: nodes[at].id }) }, false);
  host.append(
    h("div", { class: "controls" }, colors, h("button", { class: "button", "aria-label": "Zoom in", onclick: () => view.zoom(1.35) }, "+"), h("button", { class: "button", "aria-label": "Zoom out", onclick: () => view.zoom(1 / 1.35) }, "−"), h("button", { class: "button", title: "0", onclick: () => view.fit() }, "Fit"), all, influence, said),
    legend,
    sheet,
  );
  let query = new URLSearchParams();
  let drawnKey = null;

  function change(entries) {
    const next = new URLSearchParams(query);
    for (const [key, value] of Object.entries(entries)) value === null ? next.delete(key) : next.set(key, value);
    go(`#!/graph${next.size ? `?${next}` : ""}`);
  }

  function update(next) {
    query = next;
    const column = query.get("column");
    const expression = (query.get("select") || "").trim();
    const mode = COLOR_MODES[query.get("color")] ? query.get("color") : memory.get("color") || "layer";
    document.title = `${expression || "Graph"} · ${index.meta.project}`;
    colors.value = mode;
    memory.set("color", mode);
    view.state.color = COLOR_MODES[mode] ? mode : "layer";
    const key = JSON.stringify([column, expression, query.get("influence")]);
    const picked = places.get(query.get("node"));
    sheet.hidden = picked === undefined;
    if (key !== drawnKey) {
      drawnKey = key;
      view.state.picked = null;
      view.state.near = null;
      if (column) showColumn(column);
      else showNodes(expression);
    }
    influence.hidden = !column;
    influence.classList.toggle("on", Boolean(query.get("influence")));
    all.hidden = !column && !expression;
    view.pick(picked === undefined ? null : picked);
    paintLegend(Boolean(column), view.state.color);
    paintSheet(picked === undefined ? null : nodes[picked]);
  }

  function showNodes(expression) {
    const set = expression ? select(expression) : new Set(drawn.map((node) => node.index));
    const whole = set.size > 400;
    said.textContent = expression ? (set.size ? `${set.size.toLocaleString("en")} of ${count(drawn.length, "node")}` : `Nothing matches ${expression}`) : count(drawn.length, "node");
    view.show(set, { whole });
    const focus = places.get(query.get("node"));
    if (focus !== undefined && view.view.k < 0.4) view.center(focus, 0.7);
  }

  function showColumn(text) {
    const cut = text.lastIndexOf(":");
    const at = places.get(text.slice(0, cut));
    const name = text.slice(cut + 1);
    if (at === undefined) {
      said.textContent = `There is no ${text}`;
      view.show(new Set());
      return;
    }
    const { cells, edges, unknown } = columnPaths(at, name, Boolean(query.get("influence")));
    const byNode = new Map();
    for (const { node, column } of cells.values()) {
      if (!byNode.has(node)) byNode.set(node, []);
      if (column !== null) byNode.get(node).push(column);
    }
    view.show(new Set(byNode.keys()), { cells: byNode, columnEdges: edges, column: [at, name] });
    said.textContent = `${nodes[at].name}.${name}: ${count(cells.size - 1, "connected column")}${unknown.length ? `, ${unknown.length} unknown` : ""}`;
  }

  function paintLegend(columns, mode) {
    const lines = columns ? [["direct", "var(--accent)", ""], ["derived", "var(--l3)", ""], ["filter, join, group, order", "var(--l8)", "dash"]].map(([label, color, kind]) => h("span", {}, h("i", { class: kind, style: { "--c": color } }), label)) : [];
    legend.replaceChildren(...lines, ...COLOR_MODES[mode][2]().map(([label, color]) => h("span", {}, h("span", { class: "dot", style: { "--c": color } }), label)));
  }

  function paintSheet(node) {
    sheet.hidden = !node;
    if (!node) return;
    const expression = query.get("select") || "";
    const parts = SELECTOR_TOKEN.exec(expression);
    const self = selfName(node);
    const mine = parts && (parts[5] === self || parts[5] === node.id) && !parts[1];
    const depth = { up: mine ? (parts[2] === "" ? Infinity : Number(parts[2] || 0)) : 0, down: mine ? (parts[6] === "" ? Infinity : Number(parts[6] || 0)) : 0 };
    const around = (up, down) => change({ select: `${up === Infinity ? "+" : up > 0 ? `${up}+` : ""}${self}${down === Infinity ? "+" : down > 0 ? `+${down}` : ""}`, column: null, node: node.id });
    const button = (label, title, action) => h("button", { class: "button", title, onclick: action }, label);
    const shown = query.get("column");
    sheet.replaceChildren(
      h("button", { class: "icon close", "aria-label": "Close", onclick: () => change({ node: null }) }, "×"),
      h("div", { class: "crumbs" }, KINDS[node.type] || node.type),
      h("h2", {}, h("a", { href: linkTo(node) }, node.label || node.name)),
      h("div", { class: "chips" }, stateChip(node.state), h("span", { class: "chip" }, dot(node), node.layer), node.materialized && node.type === "model" ? h("span", { class: "chip" }, node.materialized) : null),
      node.description ? h("p", { class: "soft" }, short(node.description.split("\n\n")[0], 220)) : null,
      h("div", { class: "do" }, button("Focus", "f: one step each way", () => around(1, 1)), button("+1 up", "[ : one more step upstream", () => around(depth.up + 1, depth.down)), button("+1 down", "] : one more step downstream", () => around(depth.up, depth.down + 1)), button("All up", "everything upstream", () => around(Infinity, depth.down)), button("All down", "everything downstream", () => around(depth.up, Infinity)), h("a", { class: "button", href: linkTo(node) }, "Open")),
      node.columns.length
        ? h("ul", { class: "cols" }, node.columns.map((column) => {
            const text = `${node.id}:${column.name}`;
            return h("li", {}, h("button", { class: shown === text ? "on" : "", "aria-pressed": String(shown === text), onclick: () => change({ column: shown === text ? null : text }) }, column.name, h("span", { class: "soft" }, column.type || "")));
          }))
        : null,
    );
    sheet.steps = { up: () => around(depth.up + 1, depth.down), down: () => around(depth.up, depth.down + 1), focus: () => around(1, 1) };
  }

  function key(event) {
    const at = { ArrowLeft: "left", ArrowRight: "right", ArrowUp: "up", ArrowDown: "down" }[event.key];
    const picked = query.get("node");
    if (at) {
      const next = view.step(at);
      if (next !== null && next !== undefined && next >= 0) {
        change({ node: nodes[next].id });
        const place = view.state.at.get(next);
        const x = place.x * view.view.k + view.view.x;
        const y = place.y * view.view.k + view.view.y;
        const box = host.getBoundingClientRect();
        if (x < 0 || y < 40 || x > box.width - 420 || y > box.height - 60) view.center(next);
      }
    } else if (event.key === "Enter" && picked) go(linkTo(nodes[places.get(picked)]));
    else if (event.key === "f" && picked) sheet.steps.focus();
    else if (event.key === "[" && picked) sheet.steps.up();
    else if (event.key === "]" && picked) sheet.steps.down();
    else if (event.key === "+" || event.key === "=") view.zoom(1.35);
    else if (event.key === "-") view.zoom(1 / 1.35);
    else if (event.key === "0") view.fit();
    else if (event.key === "Escape") picked ? change({ node: null }) : go("#!/graph");
    else return false;
    return true;
  }

  return { element: host, update, key, view };
}
