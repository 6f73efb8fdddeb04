// Markdown to elements. HTML in it stays text; links go only where a click is harmless.

function markdown(source) {
  const lines = String(source).replace(/\r\n?/g, "\n").split("\n");
  const root = h("div", { class: "text" });
  let at = 0;

  const isBlank = (line) => line === undefined || /^\s*$/.test(line);
  const opens = (line) => /^(#{1,6}\s|```|~~~|>|\s*([-*+]|\d+[.)])\s)/.test(line) || /^\s*([-*_])(\s*\1){2,}\s*$/.test(line);

  function list(indent) {
    const ordered = /^\s*\d/.test(lines[at]);
    const element = h(ordered ? "ol" : "ul", {});
    while (at < lines.length) {
      const item = /^(\s*)([-*+]|\d+[.)])\s+(.*)$/.exec(lines[at]);
      if (!item || item[1].length < indent) break;
      if (item[1].length > indent + 1 && element.lastChild) {
        element.lastChild.append(list(item[1].length));
        continue;
      }
      at += 1;
      let text = item[3];
      while (at < lines.length && !isBlank(lines[at]) && /^\s+\S/.test(lines[at]) && !opens(lines[at])) {
        text += ` ${lines[at].trim()}`;
        at += 1;
      }
      element.append(h("li", {}, inline(text)));
    }
    return element;
  }

  function table() {
    const cells = (line) => line.trim().replace(/^\||\|$/g, "").split(/(?<!\\)\|/).map((cell) => cell.trim().replace(/\\\|/g, "|"));
    const head = h("tr", {}, cells(lines[at]).map((cell) => h("th", {}, inline(cell))));
    const body = [];
    for (at += 2; at < lines.length && lines[at].includes("|"); at += 1) {
      body.push(h("tr", {}, cells(lines[at]).map((cell) => h("td", {}, inline(cell)))));
    }
    return h("table", {}, h("thead", {}, head), h("tbody", {}, body));
  }

  while (at < lines.length) {
    const line = lines[at];
    const fence = /^(```|~~~)\s*(\w*)/.exec(line);
    const heading = /^(#{1,6})\s+(.*?)\s*#*$/.exec(line);
    if (isBlank(line)) at += 1;
    else if (fence) {
      const code = [];
      for (at += 1; at < lines.length && !lines[at].startsWith(fence[1]); at += 1) code.push(lines[at]);
      at += 1;
      root.append(h("pre", { tabindex: 0 }, h("code", {}, fence[2] === "sql" ? highlight(code.join("\n")) : code.join("\n"))));
    } else if (heading) {
      root.append(h(`h${Math.min(6, heading[1].length + 2)}`, {}, inline(heading[2])));
      at += 1;
    } else if (/^\s*([-*_])(\s*\1){2,}\s*$/.test(line)) {
      root.append(h("hr", {}));
      at += 1;
    } else if (line.startsWith(">")) {
      const quoted = [];
      for (; at < lines.length && lines[at].startsWith(">"); at += 1) quoted.push(lines[at].replace(/^>\s?/, ""));
      root.append(h("blockquote", {}, ...markdown(quoted.join("\n")).childNodes));
    } else if (/^\s*([-*+]|\d+[.)])\s+/.test(line)) root.append(list(/^\s*/.exec(line)[0].length));
    else if (line.includes("|") && /^\s*\|?\s*:?-+:?\s*(\|\s*:?-+:?\s*)*\|?\s*$/.test(lines[at + 1] || "")) root.append(table());
    else {
      const text = [line.trim()];
      for (at += 1; at < lines.length && !isBlank(lines[at]) && !opens(lines[at]); at += 1) text.push(lines[at].trim());
      root.append(h("p", {}, inline(text.join("\n"))));
    }
  }
  return root;
}

function inline(text) {
  const rules = [
    [/^`+([^`]|[^`].*?[^`])`+(?!`)/, (m) => h("code", {}, m[1])],
    [/^\*\*(?=\S)(.+?\S?)\*\*/, (m) => h("strong", {}, inline(m[1]))],
    [/^__(?=\S)(.+?)__(?!\w)/, (m) => h("strong", {}, inline(m[1]))],
    [/^\*(?=\S)([^*]+?)\*(?!\*)/, (m) => h("em", {}, inline(m[1]))],
    [/^_(?=\S)([^_]+?)_(?!\w)/, (m) => h("em", {}, inline(m[1]))],
    [/^~~(.+?)~~/, (m) => h("s", {}, inline(m[1]))],
    [/^!\[([^\]]*)\]\(([^()\s]*(?:\([^()\s]*\)[^()\s]*)*)(?:\s+"[^"]*")?\)/, (m) => anchor(m[2], m[1] || m[2])],
    [/^\[([^\]]+)\]\(([^()\s]*(?:\([^()\s]*\)[^()\s]*)*)(?:\s+"[^"]*")?\)/, (m) => anchor(m[2], inline(m[1]))],
    [/^<(https?:\/\/[^\s<>]+)>/, (m) => anchor(m[1], m[1])],
    [/^https?:\/\/[^\s<>()]*[^\s<>().,;:!?'"]/, (m) => anchor(m[0], m[0])],
    [/^\\([\\`*_{}[\]()#+\-.!|>~<])/, (m) => m[1]],
  ];
  const parts = [];
  let plain = "";
  let rest = text;
  let before = "";
  while (rest) {
    let hit = null;
    // An underscore inside a word (stg_orders) is part of the name.
    if (/^[`*_~![<\\h]/.test(rest) && !(rest[0] === "_" && /\w/.test(before)) && !(rest[0] === "h" && /\w/.test(before))) {
      for (const [pattern, make] of rules) {
        const match = pattern.exec(rest);
        if (match) {
          hit = [match[0].length, make(match)];
          break;
        }
      }
    }
    if (hit) {
      if (plain) parts.push(plain);
      plain = "";
      parts.push(hit[1]);
      before = rest[hit[0] - 1];
      rest = rest.slice(hit[0]);
    } else {
      before = rest[0];
      plain += before;
      rest = rest.slice(1);
    }
  }
  if (plain) parts.push(plain);
  return parts;
}

function safeUrl(target) {
  return /^(https?:|mailto:)/i.test(target) || /^#/.test(target) ? target : null;
}

function anchor(target, label) {
  const url = safeUrl(target);
  if (!url) return h("span", { title: target }, label);
  return h("a", url.startsWith("#") ? { href: url } : { href: url, rel: "noopener noreferrer", target: "_blank" }, label);
}
