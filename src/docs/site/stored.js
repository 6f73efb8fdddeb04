// A table as the server stores it, and how the runs of a node went.

function bytes(number) {
  const units = ["B", "kB", "MB", "GB", "TB"];
  let at = 0;
  while (number >= 1000 && at < units.length - 1) {
    number /= 1000;
    at += 1;
  }
  return `${number >= 100 || !at ? Math.round(number) : number.toFixed(1)} ${units[at]}`;
}

/// Rows as the last ANALYZE counted them.
function storedRows(node) {
  const rows = node.stored && node.stored.rows;
  return typeof rows === "number" ? `about ${Math.round(rows).toLocaleString("en")}` : null;
}

function storedSize(node) {
  if (!node.stored || typeof node.stored.bytes !== "number") return null;
  const { bytes: size, partitions } = node.stored;
  return [bytes(size), partitions ? h("span", { class: "faint" }, ` in ${count(partitions, "partition")}`) : null];
}

function isRequired(node, column) {
  return Boolean(node.stored && (node.stored.required || []).includes(column));
}

/// Constraints, then indexes that are not one's own.
function storedPart(node) {
  if (!node.stored) return [];
  const sizes = new Map((node.stored.indexes || []).map(([name, , size]) => [name, bytes(size)]));
  const constraints = (node.stored.constraints || []).map(([name, definition, isValid]) => ["Constraint", name, definition, isValid ? sizes.get(name) || "" : "not validated"]);
  const own = new Set(constraints.map(([, name]) => name));
  const indexes = (node.stored.indexes || []).filter(([name]) => !own.has(name)).map(([name, definition, size, isValid]) => ["Index", name, definition.replace(/^CREATE (UNIQUE )?INDEX .*? USING /, "$1"), isValid ? bytes(size) : "invalid"]);
  const rows = [...constraints, ...indexes];
  if (!rows.length) return [];
  const row = ([kind, name, definition, said]) => h("tr", {}, h("td", { class: "soft" }, kind), h("td", { class: "name" }, name), h("td", { class: "type" }, definition), h("td", { class: "faint figure" }, said));
  return [
    h("h2", { id: "constraints" }, "Constraints and indexes", h("span", { class: "faint" }, rows.length)),
    h("div", { class: "card", style: { overflow: "auto" } }, h("table", { class: "grid" }, h("tbody", {}, rows.map(row)))),
  ];
}

const TONES = { success: "good", pass: "good", warn: "warn", skipped: "skip", "no-op": "skip", reused: "good", interrupted: "skip" };

function toneOf(status) {
  return `var(--${TONES[status] || "bad"})`;
}

/// A bar for each run, the last one to the right.
function barChart(title, points, valueOf, textOf) {
  const values = points.map(valueOf);
  const most = Math.max(...values);
  const last = points.length - 1;
  const said = `${title} of ${count(points.length, "run")}: at most ${textOf(most)}, in the last one ${textOf(values[last])}`;
  const bar = (point, at) => h("i", { style: { "--c": toneOf(point[4]), height: `${most ? Math.max(3, (100 * values[at]) / most) : 3}%` }, title: `${moment(1000 * point[1])}: ${textOf(values[at])}, ${point[4]}` });
  return h("figure", { class: "chart" }, h("figcaption", {}, title, h("span", { class: "faint" }, `at most ${textOf(most)}`)), h("div", { class: "bars", role: "img", "aria-label": said }, points.map(bar)));
}

function historyPart(node) {
  const points = (node.history || []).filter((point) => typeof point[1] === "number");
  if (points.length < 2) return [];
  const counted = points.filter((point) => typeof point[3] === "number" && point[3] >= 0);
  return [
    h("h2", { id: "runs" }, "Runs", h("span", { class: "faint" }, `since ${moment(1000 * points[0][1])}`)),
    h("div", { class: "card charts" }, barChart("Time", points, (point) => point[2], seconds), counted.length > 1 ? barChart("Rows", counted, (point) => point[3], (rows) => rows.toLocaleString("en")) : null),
  ];
}
