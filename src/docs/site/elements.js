// Building the page from text and elements only: nothing that users write is ever parsed as HTML.

const SVG = "http://www.w3.org/2000/svg";

function fill(element, attributes, children) {
  for (const [name, value] of Object.entries(attributes || {})) {
    if (value === undefined || value === null || value === false) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (name === "style") for (const [key, to] of Object.entries(value)) element.style.setProperty(key, to);
    else element.setAttribute(name, value === true ? "" : String(value));
  }
  for (const child of children.flat(Infinity)) {
    if (child === undefined || child === null || child === false) continue;
    element.append(child instanceof Node ? child : document.createTextNode(String(child)));
  }
  return element;
}

function h(tag, attributes, ...children) {
  return fill(document.createElement(tag), attributes, children);
}

function s(tag, attributes, ...children) {
  return fill(document.createElementNS(SVG, tag), attributes, children);
}

function byId(id) {
  return document.getElementById(id);
}

function later(wait, action) {
  let timer = 0;
  return (...values) => {
    clearTimeout(timer);
    timer = setTimeout(() => action(...values), wait);
  };
}

/// Rows of one height, of which only those in sight exist.
function rowsOf(container, height, draw) {
  const space = h("div", { class: "space" });
  container.replaceChildren(space);
  let items = [];
  let shown = "";
  const paint = (force) => {
    const first = Math.max(0, Math.floor(container.scrollTop / height) - 8);
    const last = Math.min(items.length, Math.ceil((container.scrollTop + container.clientHeight) / height) + 8);
    const key = `${first}-${last}`;
    if (key === shown && !force) return;
    shown = key;
    const rows = [];
    for (let at = first; at < last; at += 1) {
      const row = draw(items[at], at);
      row.style.top = `${at * height}px`;
      rows.push(row);
    }
    space.replaceChildren(...rows);
  };
  container.addEventListener("scroll", () => paint(false), { passive: true });
  new ResizeObserver(() => paint(false)).observe(container);
  return {
    set(next) {
      items = next;
      space.style.height = `${items.length * height}px`;
      paint(true);
    },
    reveal(at) {
      const top = at * height;
      if (top < container.scrollTop || top + height > container.scrollTop + container.clientHeight) {
        container.scrollTop = Math.max(0, top - container.clientHeight / 3);
      }
      paint(true);
    },
  };
}

function count(number, one, many) {
  return `${number.toLocaleString("en")} ${number === 1 ? one : many || `${one}s`}`;
}

function seconds(value) {
  if (value === undefined || value === null) return "";
  if (value < 1) return `${Math.round(value * 1000)} ms`;
  if (value < 120) return `${value.toFixed(1)} s`;
  if (value < 7200) return `${Math.round(value / 60)} min`;
  if (value < 172800) return `${Math.round(value / 3600)} h`;
  return `${Math.round(value / 86400)} days`;
}

function moment(text) {
  const date = new Date(text);
  if (!text || Number.isNaN(date.getTime())) return "";
  return date.toLocaleString("en", { year: "numeric", month: "short", day: "numeric", hour: "2-digit", minute: "2-digit", hour12: false });
}

/// A text with the words that were searched for marked.
function marked(text, words) {
  const lower = text.toLowerCase();
  const parts = [];
  let at = 0;
  while (at < text.length) {
    let next = -1;
    let length = 0;
    for (const word of words) {
      const found = word ? lower.indexOf(word, at) : -1;
      if (found >= 0 && (next < 0 || found < next || (found === next && word.length > length))) {
        next = found;
        length = word.length;
      }
    }
    if (next < 0) break;
    if (next > at) parts.push(text.slice(at, next));
    parts.push(h("mark", {}, text.slice(next, next + length)));
    at = next + length;
  }
  parts.push(text.slice(at));
  return parts;
}

const memory = {
  get(key) {
    try {
      return localStorage.getItem(`rsdbt.${key}`);
    } catch {
      return null;
    }
  },
  set(key, value) {
    try {
      localStorage.setItem(`rsdbt.${key}`, value);
    } catch {
      // A page opened from a file may have no storage.
    }
  },
};
