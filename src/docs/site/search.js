// Search over names, columns, descriptions and SQL, the likeliest first.

let hay = null;
function haystack() {
  hay = hay || nodes.map((node) => ({
    name: node.name.toLowerCase(),
    label: (node.label || "").toLowerCase(),
    columns: node.columns.map((column) => column.name.toLowerCase()),
    notes: node.columns.map((column) => (column.description || "").toLowerCase()),
    description: (node.description || "").toLowerCase(),
    rest: [node.id, node.path, node.owner, node.group, ...node.tags].filter(Boolean).join(" ").toLowerCase(),
  }));
  return hay;
}

let sql = null;
function sqlText() {
  const code = allCode();
  if (!sql && code) sql = code.map((texts) => (texts ? texts[0].toLowerCase() : ""));
  return sql || [];
}

function wordsOf(query) {
  return query.toLowerCase().split(/\s+/).filter(Boolean);
}

/// How well one word fits one node: points, and the field that holds it.
function fit(entry, word) {
  if (entry.name === word) return [100, "name"];
  if (entry.name.startsWith(word)) return [80 - Math.min(20, entry.name.length / 4), "name"];
  const at = entry.name.indexOf(word);
  if (at >= 0) return [(/[._]/.test(entry.name[at - 1]) ? 66 : 56) - Math.min(16, entry.name.length / 5), "name"];
  if (entry.label.includes(word)) return [50, "label"];
  const column = entry.columns.findIndex((name) => name === word);
  if (column >= 0) return [44, "column", column];
  const part = entry.columns.findIndex((name) => name.includes(word));
  if (part >= 0) return [34, "column", part];
  if (entry.rest.includes(word)) return [24, "detail"];
  if (entry.description.includes(word)) return [20, "description"];
  const note = entry.notes.findIndex((text) => text.includes(word));
  if (note >= 0) return [16, "note", note];
  return null;
}

function search(query, limit = 60) {
  const words = wordsOf(query);
  if (!words.length) return [];
  const entries = haystack();
  const texts = words.some((word) => word.length > 2) ? sqlText() : [];
  const hits = [];
  for (let at = 0; at < entries.length; at += 1) {
    let points = 0;
    let best = null;
    const fits = words.every((word) => {
      let found = fit(entries[at], word);
      if (!found && texts[at] && texts[at].includes(word)) found = [6, "SQL"];
      if (!found) return false;
      points += found[0];
      if (!best || found[0] < best[0]) best = found;
      return true;
    });
    if (!fits) continue;
    const node = nodes[at];
    points += Math.min(4, Math.log2(1 + node.children.length)) - (node.type === "macro" ? 8 : 0);
    hits.push({ node, points, field: best[1], at: best[2] });
  }
  hits.sort((a, b) => b.points - a.points || (a.node.name < b.node.name ? -1 : 1));
  return Object.assign(hits.slice(0, limit), { total: hits.length });
}

/// The line under a hit that shows why it is one.
function snippet(hit, words) {
  const around = (text) => {
    const lower = text.toLowerCase();
    const at = Math.max(0, Math.min(...words.map((word) => lower.indexOf(word)).filter((found) => found >= 0), text.length) - 36);
    const cut = text.slice(at, at + 150).replace(/\s+/g, " ");
    return marked((at > 0 ? "…" : "") + cut, words);
  };
  const { node, field } = hit;
  if (field === "column") return ["column ", marked(node.columns[hit.at].name, words)];
  if (field === "note") return [`${node.columns[hit.at].name}: `, around(node.columns[hit.at].description)];
  if (field === "SQL") return around(codeOf(node)[0] || "");
  if (field === "description") return around(node.description);
  if (field === "detail") return around([node.path, node.owner, node.group, ...node.tags].filter(Boolean).join(" · "));
  return node.description ? node.description.split("\n")[0].slice(0, 150) : "";
}
