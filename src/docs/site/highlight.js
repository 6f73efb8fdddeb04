// SQL and Jinja in colours.

const WORDS = new Set(
  `all and any array as asc between both by case cast check coalesce collate column create cross current_date current_timestamp default delete desc distinct do drop else
  end except exists extract false fetch filter first following for from full group having ilike in inner insert intersect interval into is join last lateral
  leading left like limit materialized merge natural not null nulls offset on only or order outer over partition preceding primary range recursive returning
  right row rows select set similar some table then ties to trailing true unbounded union unique update using values view when where window with within`.split(/\s+/),
);
const TOKEN =
  /(\{#[\s\S]*?#\}|--[^\n]*|\/\*[\s\S]*?\*\/)|(\{\{[\s\S]*?\}\}|\{%[\s\S]*?%\})|([eE]?'(?:[^'\\]|''|\\.)*'|\$(\w*)\$[\s\S]*?\$\4\$)|("(?:[^"]|"")*")|(\b\d[\d_.]*(?:[eE][+-]?\d+)?\b)|([A-Za-z_]\w*)(\s*\()?|([\s\S])/g;

/// The pieces of a code text, for `h`.
function highlight(code) {
  const pieces = [];
  let plain = "";
  const push = (kind, text) => {
    if (!kind) {
      plain += text;
      return;
    }
    if (plain) pieces.push(plain);
    plain = "";
    pieces.push(h("span", { class: kind }, text));
  };
  for (const match of code.matchAll(TOKEN)) {
    const [, note, jinja, string, , quoted, number, word, call] = match;
    if (note) push("c", note);
    else if (jinja) push("j", jinja);
    else if (string) push("s", string);
    else if (quoted) push("", quoted);
    else if (number) push("n", number);
    else if (word) {
      push(WORDS.has(word.toLowerCase()) ? "k" : call ? "f" : "", word);
      if (call) push("", call);
    } else push("", match[0]);
  }
  if (plain) pieces.push(plain);
  return pieces;
}

/// A block with line numbers. A span that covers several lines is cut at each.
function codeBlock(code) {
  const lines = [[]];
  const add = (text, kind) => {
    text.split("\n").forEach((piece, at) => {
      if (at > 0) lines.push([]);
      if (piece) lines[lines.length - 1].push(kind ? h("span", { class: kind }, piece) : piece);
    });
  };
  for (const piece of code.length > 200000 ? [code] : highlight(code)) {
    if (typeof piece === "string") add(piece, "");
    else add(piece.textContent, piece.className);
  }
  return h("pre", { class: "code", tabindex: "0" }, lines.map((line) => h("span", { class: "ln" }, line)));
}
