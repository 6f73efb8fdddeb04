// The page of one node.

function dot(node) {
  return h("span", { class: "dot", style: { "--c": layerColor(node) } });
}

function stateChip(state, words) {
  const tone = { error: "bad", fail: "bad", warn: "warn", stale: "warn", good: "good" }[state] || "";
  return h("span", { class: `chip ${tone}` }, h("span", { class: "dot", style: { "--c": STATES[state][1] } }), words || STATES[state][0]);
}

function testChip(test) {
  const state = testState(test);
  const words = state === "fail" && test.failures ? `${test.label}: ${test.failures}` : test.label;
  return h("span", { class: `chip ${{ fail: "bad", warn: "warn", good: "good" }[state] || ""}`, title: [test.id, test.message].filter(Boolean).join("\n") }, h("span", { class: "dot", style: { "--c": STATES[state][1] } }), words);
}

function fact(name, value) {
  return value === undefined || value === null || value === "" ? null : h("div", {}, h("dt", {}, name), h("dd", {}, value));
}

function nodePage(node, query) {
  const title = node.label || node.name;
  document.title = `${title} · ${index.meta.project}`;
  const page = h("article", { class: "page" });
  fill(page, {}, [
    h("div", { class: "crumbs" }, [KINDS[node.type] || node.type, node.package, ...(node.path || "").split("/").slice(0, -1)].filter(Boolean).join(" / ")),
    h("h1", {}, title),
    node.relation ? h("div", { class: "mono soft" }, node.relation.replace(/"/g, "")) : null,
    chips(node),
    facts(node),
  ]);
  if (node.deprecated) page.append(h("div", { class: "note" }, `Deprecated from ${moment(node.deprecated) || node.deprecated}`));
  if (node.message && node.state === "error") page.append(h("div", { class: "note bad mono" }, node.message));
  const description = node.description || (node.type === "source" ? node.sourceDescription : "");
  page.append(h("h2", { id: "description" }, "Description"), description ? markdown(description) : h("p", { class: "faint" }, "Nobody has described this yet."));
  if (node.at && (node.parents.length || node.children.length)) page.append(...around(node));
  if (node.columns.length) page.append(...columnTable(node, query.get("column")));
  page.append(...storedPart(node), ...historyPart(node));
  if (node.arguments && node.arguments.length) page.append(...argumentTable(node));
  const loose = node.tests.filter((at) => !tests[at].column);
  if (loose.length) page.append(h("h2", { id: "tests" }, "Tests"), testTable(loose));
  page.append(...links(node));
  const slot = h("div", {});
  page.append(slot);
  complete.then(() => slot.append(...codePart(node)));
  if (node.meta && Object.keys(node.meta).length) page.append(h("h2", {}, "Meta"), h("pre", { class: "card code", tabindex: 0 }, h("span", { class: "ln" }, JSON.stringify(node.meta, null, 2))));
  return page;
}

function chips(node) {
  const tag = (name) => h("a", { class: "chip", href: `#!/graph?select=${encodeURIComponent(`tag:${name}`)}` }, `# ${name}`);
  return h(
    "div",
    { class: "chips" },
    stateChip(node.state, node.state === "good" && node.status === undefined && !node.tests.length ? "Fresh" : undefined),
    h("span", { class: "chip" }, dot(node), node.layer),
    node.materialized && node.type === "model" ? h("span", { class: "chip" }, node.materialized) : null,
    node.access && node.access !== "protected" ? h("span", { class: "chip" }, node.access) : null,
    node.contract ? h("span", { class: "chip" }, "contract") : null,
    node.maturity ? h("span", { class: "chip" }, `${node.maturity} maturity`) : null,
    node.tags.map(tag),
  );
}

function facts(node) {
  const url = node.url && safeUrl(node.url);
  const fresh = node.freshness;
  const entries = [
    fact("Owner", node.owner),
    fact("Group", node.group),
    fact("Kind", node.kind || (node.tableType && node.tableType.toLowerCase().replace("base ", "")) || node.materialized),
    fact("Strategy", node.strategy),
    fact("Loader", node.loader),
    fact("Freshness", fresh && [h("span", {}, `${seconds(fresh.age)} old`), h("span", { class: "faint" }, fresh.loaded ? ` at ${moment(fresh.loaded)}` : "")]),
    fact("Last run", node.status && [node.status, node.seconds === undefined ? "" : h("span", { class: "faint" }, ` in ${seconds(node.seconds)}`)]),
    fact("Rows written", node.rows > 0 ? node.rows.toLocaleString("en") : null),
    fact("Rows", storedRows(node)),
    fact("Size", storedSize(node)),
    fact("File", node.path && h("span", { class: "mono" }, node.path)),
    fact("Link", node.url && (url ? h("a", { href: url, target: "_blank", rel: "noopener noreferrer" }, node.url) : node.url)),
  ].filter(Boolean);
  return entries.length ? h("dl", { class: "card facts" }, entries) : null;
}

function around(node) {
  const near = new Set([node.index, ...node.parents.slice(0, 24), ...node.children.slice(0, 24)].filter((at) => nodes[at].at));
  const box = h("div", { class: "card mini graph" });
  box.style.position = "relative";
  box.style.height = `${Math.min(420, Math.max(130, Math.max(node.parents.length, node.children.length, 1) * 46 + 50))}px`;
  const view = graphView(box, { pick: (at) => at !== null && go(linkTo(nodes[at])), open() {}, column() {} }, true);
  requestAnimationFrame(() => {
    view.state.picked = node.index;
    view.show(near);
  });
  const expression = (up, down) => `#!/graph?${new URLSearchParams({ select: `${up}${selfName(node)}${down}`, node: node.id })}`;
  return [
    h("h2", { id: "lineage" }, "Lineage", h("span", { class: "tools" }, [["Upstream", "+", ""], ["Downstream", "", "+"], ["Both", "+", "+"]].map(([label, up, down]) => h("a", { class: "button", href: expression(up, down) }, label)))),
    box,
  ];
}

/// The shortest way to name a node in a selection.
function selfName(node) {
  const same = drawn.filter((other) => other.name === node.name || other.name.split(".").pop() === node.name);
  return same.length > 1 ? node.id : node.name;
}

function columnTable(node, open) {
  const body = h("tbody", {});
  let shown = null;
  const toggle = (column, row) => {
    const again = shown && shown.name === column.name;
    if (shown) {
      shown.row.classList.remove("open");
      shown.detail.remove();
      shown = null;
    }
    if (again) return;
    const link = `#!/graph?${new URLSearchParams({ column: `${node.id}:${column.name}` })}`;
    const detail = h("tr", { class: "open" }, h("td", { colspan: 4 }, columnTrail(node.index, column.name), h("a", { class: "button", href: link }, "Show in the graph")));
    row.classList.add("open");
    row.after(detail);
    shown = { name: column.name, row, detail };
    history.replaceState(null, "", linkTo(node, { column: column.name }));
  };
  for (const column of node.columns) {
    const row = h(
      "tr",
      { class: "pick", tabindex: 0, "data-column": column.name, onclick: () => complete.then(() => toggle(column, row)), onkeydown: (event) => (event.key === "Enter" || event.key === " ") && (event.preventDefault(), complete.then(() => toggle(column, row))) },
      h("td", { class: "name" }, column.name),
      h("td", { class: "type" }, column.type || "", isRequired(node, column.name) ? h("span", { class: "faint" }, " not null") : null),
      h("td", {}, column.description ? markdown(column.description) : ""),
      h("td", {}, h("div", { class: "tests" }, (column.tests || []).map((at) => testChip(tests[at])), (column.tags || []).map((tag) => h("span", { class: "chip" }, `# ${tag}`)))),
    );
    body.append(row);
    if (column.name === open) {
      complete.then(() => {
        toggle(column, row);
        row.scrollIntoView({ block: "center" });
      });
    }
  }
  return [
    h("h2", { id: "columns" }, "Columns", h("span", { class: "faint" }, node.columns.length)),
    h("div", { class: "card", style: { overflow: "auto" } }, h("table", { class: "grid" }, h("thead", {}, h("tr", {}, ["Name", "Type", "Description", "Tests"].map((name) => h("th", {}, name)))), body)),
  ];
}

function argumentTable(node) {
  const rows = node.arguments.map((argument) => h("tr", {}, h("td", { class: "name" }, argument.name), h("td", { class: "type" }, argument.type || ""), h("td", {}, argument.description ? markdown(argument.description) : "")));
  return [h("h2", {}, "Arguments"), h("div", { class: "card" }, h("table", { class: "grid" }, h("tbody", {}, rows)))];
}

function testTable(list) {
  const rows = list.map((at) => h("tr", {}, h("td", {}, testChip(tests[at])), h("td", { class: "soft" }, tests[at].description || tests[at].message || ""), h("td", { class: "faint mono" }, tests[at].path || "")));
  return h("div", { class: "card", style: { overflow: "auto" } }, h("table", { class: "grid" }, h("tbody", {}, rows)));
}

function links(node) {
  const list = (title, indexes) =>
    h("div", { class: "card" }, h("h3", {}, `${title} · ${indexes.length}`), h("ul", {}, indexes.map((at) => nodes[at]).sort((a, b) => (a.name < b.name ? -1 : 1)).map((other) => h("li", {}, h("a", { href: linkTo(other) }, dot(other), other.label || other.name, h("span", { class: "soft" }, KINDS[other.type] || other.type))))));
  if (!node.parents.length && !node.children.length) return [];
  return [h("h2", { id: "used" }, "Depends on, used by"), h("div", { class: "links" }, list("Depends on", node.parents), list("Used by", node.children))];
}

function codePart(node) {
  const [raw, compiled] = codeOf(node);
  if (!raw && !compiled) return [];
  const texts = [raw && ["Raw", raw], compiled && ["Compiled", compiled]].filter(Boolean);
  const box = h("div", { class: "card" });
  const buttons = texts.map(([label, text]) =>
    h("button", {
      class: "button",
      onclick: (event) => {
        box.replaceChildren(codeBlock(text));
        for (const button of buttons) button.classList.toggle("on", button === event.currentTarget);
      },
    }, label),
  );
  const copy = h("button", {
    class: "button",
    onclick: async () => {
      const at = buttons.findIndex((button) => button.classList.contains("on"));
      try {
        await navigator.clipboard.writeText(texts[at][1]);
        copy.textContent = "Copied";
      } catch {
        copy.textContent = "Not allowed";
      }
      setTimeout(() => (copy.textContent = "Copy"), 1200);
    },
  }, "Copy");
  buttons[0].click();
  return [h("h2", { id: "code" }, "Code", h("span", { class: "tools" }, texts.length > 1 ? buttons : null, copy)), box];
}
