// The graph as SVG: pan, zoom, pick. Only what is in sight is drawn; far away, boxes are plain shapes.

const FAR = 0.34;
/// Below this, names are smaller than nine pixels.
const READABLE = 0.75;
const MANY = 500;
const COLUMN_HEIGHT = 19;

const COLOR_MODES = {
  layer: ["Layer", layerColor, () => layers.map((layer) => [layer, layerColors.get(layer)])],
  status: ["Last status", (node) => STATES[node.state][1], () => ["error", "warn", "skipped", "good", "none"].map((state) => STATES[state])],
  kind: ["Materialization", (node) => kindColor(node), () => materials.map((name, at) => [name, `var(--l${at % 9})`])],
};
const materialOf = (node) => node.materialized || node.type;
const materials = [...new Set(drawn.map(materialOf))].sort();
function kindColor(node) {
  return `var(--l${materials.indexOf(materialOf(node)) % 9})`;
}

function short(text, most) {
  return text.length > most ? `${text.slice(0, most - 1)}…` : text;
}

/// From box to box, straight through the lanes between them.
function curve(x1, y1, x2, y2, lanes) {
  let path = `M${x1} ${y1}`;
  let [x, y] = [x1, y1];
  const bend = (toX, toY) => {
    const turn = Math.max(20, Math.abs(toX - x) / 2);
    path += `C${x + turn} ${y} ${toX - turn} ${toY} ${toX} ${toY}`;
  };
  for (const [laneX, laneY, long] of lanes || []) {
    bend(laneX, laneY);
    path += `H${laneX + long}`;
    [x, y] = [laneX + long, laneY];
  }
  bend(x2, y2);
  return path;
}

/// `on`: `pick(index)`, `open(index)`, `column(index, name)`; mini graphs are fitted and stand still.
function graphView(host, on, mini) {
  const edgeLayer = s("g", {});
  const boxLayer = s("g", {});
  const world = s("g", {}, edgeLayer, boxLayer);
  const canvas = s("svg", { role: "application", "aria-label": "Lineage graph", tabindex: mini ? undefined : 0 }, world);
  host.append(canvas);
  const view = { x: 0, y: 0, k: 1 };
  const state = { set: new Set(), edges: [], at: new Map(), cells: null, picked: null, color: "layer", near: null };
  let waiting = 0;

  const soon = () => {
    if (!waiting) {
      waiting = requestAnimationFrame(() => {
        waiting = 0;
        paint();
      });
    }
  };

  function show(set, options = {}) {
    state.set = set;
    state.cells = options.cells || null;
    state.columnEdges = options.columnEdges || null;
    state.column = options.column || null;
    state.whole = options.whole || false;
    host.classList.toggle("whole", state.whole);
    const edges = [];
    if (state.columnEdges) {
      const seen = new Set();
      for (const edge of state.columnEdges) {
        const from = Number(edge.from.split("\n")[0]);
        const to = Number(edge.to.split("\n")[0]);
        const key = `${from} ${to}`;
        if (from !== to && !seen.has(key)) edges.push([from, to]);
        seen.add(key);
      }
    } else for (const index of set) for (const parent of nodes[index].parents) if (set.has(parent)) edges.push([parent, index]);
    state.edges = edges;
    const space = room();
    state.at = state.whole ? wholeLayout(set) : partLayout(set, edges, heightOf, Math.min(2.6, Math.max(0.7, space.width / (space.height || 1))));
    state.bounds = bounds();
    begin();
    paint();
  }

  function heightOf(index) {
    const columns = state.cells && state.cells.get(index);
    return columns ? BOX.height + columns.length * COLUMN_HEIGHT + 6 : BOX.height;
  }

  function bounds() {
    let [left, top, right, bottom] = [Infinity, Infinity, -Infinity, -Infinity];
    for (const { x, y, height } of state.at.values()) {
      left = Math.min(left, x);
      top = Math.min(top, y);
      right = Math.max(right, x + BOX.width);
      bottom = Math.max(bottom, y + height);
    }
    return left === Infinity ? { left: 0, top: 0, right: 1, bottom: 1 } : { left, top, right, bottom };
  }

  /// The part of the canvas that no sheet covers.
  function room() {
    const box = host.getBoundingClientRect();
    const sheet = host.querySelector(".sheet:not([hidden])");
    const beside = sheet && box.width > 860 ? sheet.offsetWidth : 0;
    return { width: box.width - beside, height: box.height };
  }

  function fit() {
    const box = room();
    const { left, top, right, bottom } = state.bounds;
    const pad = mini ? 16 : 56;
    const k = Math.min(mini ? 1 : 1.15, (box.width - pad * 2) / (right - left), (box.height - pad * 2) / (bottom - top));
    view.k = Math.max(0.01, k);
    view.x = box.width / 2 - ((left + right) / 2) * view.k;
    view.y = box.height / 2 - ((top + bottom) / 2) * view.k;
    soon();
  }

  /// All of it where its names can be read then; else its beginning, at a size that can be read.
  function begin() {
    fit();
    // a small one has its own node in the middle
    if (mini && view.k < READABLE * 0.8 && state.at.has(state.picked)) return center(state.picked, READABLE);
    if (mini || state.whole || view.k >= READABLE || !state.at.size) return;
    const box = room();
    view.k = READABLE;
    const first = [...state.at.values()].reduce((a, b) => (b.x + b.y / 4 < a.x + a.y / 4 ? b : a));
    const { left, top, right, bottom } = state.bounds;
    const along = (low, high, length, near) => ((high - low) * view.k <= length - 80 ? length / 2 - ((low + high) / 2) * view.k : near);
    view.x = along(left, right, box.width, 24 - left * view.k);
    view.y = along(top, bottom, box.height, box.height / 3 - first.y * view.k);
    soon();
  }

  function center(index, k) {
    const place = state.at.get(index);
    if (!place) return;
    const box = room();
    view.k = k || view.k;
    view.x = box.width / 2 - (place.x + BOX.width / 2) * view.k;
    view.y = box.height / 2 - (place.y + place.height / 2) * view.k;
    soon();
  }

  function zoom(factor, x, y) {
    const box = host.getBoundingClientRect();
    const px = x === undefined ? box.width / 2 : x - box.left;
    const py = y === undefined ? box.height / 2 : y - box.top;
    const k = Math.min(2.5, Math.max(0.012, view.k * factor));
    view.x = px - ((px - view.x) * k) / view.k;
    view.y = py - ((py - view.y) * k) / view.k;
    view.k = k;
    soon();
  }

  function nearOf(index) {
    if (index === null || state.columnEdges || !state.set.has(index)) return null;
    return { up: reach([index], "parents"), down: reach([index], "children") };
  }

  function pick(index) {
    state.picked = index;
    state.near = nearOf(index);
    paint();
  }

  function paint() {
    world.setAttribute("transform", `translate(${view.x},${view.y}) scale(${view.k})`);
    const box = host.getBoundingClientRect();
    const sight = { left: -view.x / view.k, top: -view.y / view.k, right: (box.width - view.x) / view.k, bottom: (box.height - view.y) / view.k };
    const far = view.k < FAR && state.set.size > MANY;
    paintEdges(sight, far);
    if (far) paintFar();
    else paintBoxes(sight);
  }

  function paintEdges(sight, far) {
    if (state.columnEdges) return paintColumnEdges();
    const groups = new Map();
    for (const [from, to] of state.edges) {
      const a = state.at.get(from);
      const b = state.at.get(to);
      const x1 = a.x + BOX.width;
      const y1 = a.y + a.height / 2;
      const x2 = b.x;
      const y2 = b.y + b.height / 2;
      if (Math.max(x1, x2) < sight.left || Math.min(x1, x2) > sight.right || Math.max(y1, y2) < sight.top || Math.min(y1, y2) > sight.bottom) continue;
      let name = "edge";
      if (state.near) {
        if (state.near.up.has(from) && state.near.up.has(to)) name = "edge up";
        else if (state.near.down.has(from) && state.near.down.has(to)) name = "edge down";
        else name = "edge dim";
      }
      const d = far ? `M${x1 | 0} ${y1 | 0}L${x2 | 0} ${y2 | 0}` : curve(x1, y1, x2, y2, state.at.lanes && state.at.lanes.get(`${from} ${to}`));
      groups.set(name, (groups.get(name) || "") + d);
    }
    const width = far ? 1.2 / view.k : undefined;
    const paths = ["edge dim", "edge", "edge up", "edge down"].filter((name) => groups.has(name));
    edgeLayer.replaceChildren(
      ...paths.map((name) => s("path", { class: name, d: groups.get(name), "stroke-width": width, style: width ? { "stroke-width": `${name === "edge" || name === "edge dim" ? width * 0.6 : width * 1.3}` } : undefined })),
    );
  }

  function paintColumnEdges() {
    const groups = { i: "", e: "", d: "" };
    for (const edge of state.columnEdges) {
      const a = cellPlace(edge.from);
      const b = cellPlace(edge.to);
      if (!a || !b) continue;
      const kind = edge.kind === "d" || edge.kind === "e" ? edge.kind : "i";
      const pair = `${edge.from.split("\n")[0]} ${edge.to.split("\n")[0]}`;
      groups[kind] += curve(a.x + BOX.width, a.y, b.x, b.y, state.at.lanes && state.at.lanes.get(pair));
    }
    edgeLayer.replaceChildren(...Object.entries(groups).filter(([, d]) => d).map(([kind, d]) => s("path", { class: `edge ${kind}`, d })));
  }

  function cellPlace(key) {
    const [node, column] = key.split("\n");
    const place = state.at.get(Number(node));
    if (!place) return null;
    const row = column === "" ? -1 : (state.cells.get(Number(node)) || []).indexOf(column);
    return { x: place.x, y: row < 0 ? place.y + BOX.height / 2 : place.y + BOX.height + row * COLUMN_HEIGHT + COLUMN_HEIGHT / 2 };
  }

  function colorOf(index) {
    return index < 0 ? "var(--l8)" : COLOR_MODES[state.color][1](nodes[index]);
  }

  function paintFar() {
    const groups = new Map();
    for (const [index, { x, y, height }] of state.at) {
      const faint = state.near && !state.near.up.has(index) && !state.near.down.has(index);
      const key = `${colorOf(index)}|${faint ? 0.22 : 1}`;
      groups.set(key, `${groups.get(key) || ""}M${x | 0} ${y | 0}h${BOX.width}v${height}h${-BOX.width}z`);
    }
    const shapes = [...groups].map(([key, d]) => {
      const [color, opacity] = key.split("|");
      return s("path", { class: "far", d, style: { fill: color, opacity } });
    });
    const place = state.at.get(state.picked);
    if (place) shapes.push(s("rect", { x: place.x - 14, y: place.y - 14, width: BOX.width + 28, height: place.height + 28, rx: 16, style: { fill: "none", stroke: "var(--accent)", "stroke-width": `${2.5 / view.k}` } }));
    // names of the regions keep their size on the screen
    for (const region of state.at.regions || []) {
      if (region.width * view.k < 44) continue;
      const text = s("text", { class: "region", x: region.x, y: region.y - 8 / view.k, style: { "font-size": `${12 / view.k}px` } }, short(`${region.name} ${region.size.toLocaleString("en")}`, Math.floor((region.width * view.k) / 6.6)));
      shapes.push(text);
    }
    boxLayer.replaceChildren(...shapes);
  }

  function paintBoxes(sight) {
    const boxes = [];
    for (const [index, place] of state.at) {
      if (place.x > sight.right || place.x + BOX.width < sight.left || place.y > sight.bottom || place.y + place.height < sight.top) continue;
      boxes.push(boxOf(index, place));
    }
    boxLayer.replaceChildren(...boxes);
  }

  function boxOf(index, { x, y, height }) {
    const node = index < 0 ? { name: outsideName(index), type: "outside", state: "none" } : nodes[index];
    const dim = state.near && !state.near.up.has(index) && !state.near.down.has(index);
    const note = node.type === "model" ? materialOf(node) : node.type.replace("_", " ");
    const columns = (state.cells && state.cells.get(index)) || [];
    const bad = state.color !== "status" && ["error", "fail", "warn", "stale"].includes(node.state);
    return s(
      "g",
      { class: `box${index === state.picked ? " picked" : ""}${dim ? " dim" : ""}`, transform: `translate(${x},${y})`, "data-index": index },
      s("title", {}, node.id || node.name),
      s("rect", { class: "face", width: BOX.width, height, rx: 7 }),
      s("path", { d: `M0 7a7 7 0 0 1 7-7v${height}a7 7 0 0 1-7-7z`, style: { fill: colorOf(index) } }),
      s("text", { x: 16, y: 15.5 }, short(node.name, bad ? 25 : 27)),
      s("text", { class: "sub", x: 16, y: 28.5 }, note),
      bad ? s("circle", { cx: BOX.width - 12, cy: 12, r: 4, style: { fill: STATES[node.state][1] } }) : null,
      columns.map((column, row) =>
        s(
          "g",
          { class: `colrow${state.column && state.column[0] === index && state.column[1] === column ? " picked" : ""}`, transform: `translate(8,${BOX.height + row * COLUMN_HEIGHT})`, "data-column": column },
          s("rect", { width: BOX.width - 14, height: COLUMN_HEIGHT - 1, rx: 4 }),
          s("text", { class: "col", x: 8, y: 13 }, short(column, 26)),
        ),
      ),
    );
  }

  function indexAt(event) {
    const box = event.target.closest && event.target.closest(".box");
    if (box) return Number(box.getAttribute("data-index"));
    if (!(event.target.closest && event.target.closest(".far"))) return null;
    const frame = host.getBoundingClientRect();
    const x = (event.clientX - frame.left - view.x) / view.k;
    const y = (event.clientY - frame.top - view.y) / view.k;
    for (const [index, place] of state.at) if (x >= place.x && x <= place.x + BOX.width && y >= place.y && y <= place.y + place.height) return index;
    return null;
  }

  const pointers = new Map();
  let moved = 0;
  let pressed = null;
  let last = {};
  canvas.addEventListener("pointerdown", (event) => {
    if (event.button !== 0) return;
    pointers.set(event.pointerId, event);
    moved = 0;
    pressed = { index: indexAt(event), column: event.target.closest && event.target.closest(".colrow") };
    if (!mini) canvas.setPointerCapture(event.pointerId);
  });
  canvas.addEventListener("pointermove", (event) => {
    const last = pointers.get(event.pointerId);
    if (!last || mini) return;
    const others = [...pointers.values()].filter((other) => other.pointerId !== event.pointerId);
    if (others.length) {
      const distance = (a, b) => Math.hypot(a.clientX - b.clientX, a.clientY - b.clientY) || 1;
      zoom(distance(event, others[0]) / distance(last, others[0]), (event.clientX + others[0].clientX) / 2, (event.clientY + others[0].clientY) / 2);
    } else {
      view.x += event.clientX - last.clientX;
      view.y += event.clientY - last.clientY;
    }
    moved += Math.abs(event.clientX - last.clientX) + Math.abs(event.clientY - last.clientY);
    pointers.set(event.pointerId, event);
    if (moved > 4) canvas.classList.add("dragging");
    soon();
  });
  const release = (event) => {
    if (!pointers.delete(event.pointerId)) return;
    canvas.classList.remove("dragging");
    if (moved > 4 || event.type === "pointercancel") return;
    // Boxes are drawn anew between two clicks, so the browser sees no double click.
    const twice = pressed.index !== null && pressed.index >= 0 && last.index === pressed.index && event.timeStamp - last.time < 400;
    last = { index: pressed.index, time: event.timeStamp };
    if (twice && !mini) on.open(pressed.index);
    else if (pressed.column && pressed.index !== null) on.column(pressed.index, pressed.column.getAttribute("data-column"));
    else on.pick(pressed.index);
  };
  canvas.addEventListener("pointerup", release);
  canvas.addEventListener("pointercancel", release);
  if (!mini) {
    canvas.addEventListener("wheel", (event) => {
      event.preventDefault();
      zoom(Math.exp(-event.deltaY * (event.ctrlKey ? 0.01 : 0.0016)), event.clientX, event.clientY);
    }, { passive: false });
    new ResizeObserver(soon).observe(host);
  } else new ResizeObserver(begin).observe(host);

  return {
    show, fit, pick, center, zoom: (factor) => zoom(factor), state, view,
    color(mode) {
      state.color = mode;
      paint();
    },
    /// The neighbour of the picked box in a direction.
    step(direction) {
      const place = state.at.get(state.picked);
      if (!place) return state.set.size ? [...state.set][0] : null;
      const ahead = { left: (o) => o.x < place.x, right: (o) => o.x > place.x, up: (o) => o.y < place.y && o.x === place.x, down: (o) => o.y > place.y && o.x === place.x }[direction];
      const joined = direction === "left" || direction === "right" ? new Set(state.edges.filter(([from, to]) => from === state.picked || to === state.picked).flat()) : null;
      let best = null;
      for (const [index, other] of state.at) {
        if (index === state.picked || !ahead(other) || (joined && !joined.has(index))) continue;
        const distance = Math.abs(other.x - place.x) + Math.abs(other.y - place.y);
        if (!best || distance < best[1]) best = [index, distance];
      }
      return best && best[0];
    },
  };
}
