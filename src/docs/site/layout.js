// Places for a part of the graph. Layers and rows of the whole were computed when the page was made;
// a part keeps their order and closes the gaps.

const BOX = { width: 186, height: 36, gapX: 54, gapY: 14 };
const LANE = 10;

/// Large graphs are broader than a column per layer: each layer is a block whose rows keep their order.
function wholeLayout(set) {
  const blocks = new Map();
  for (const index of set) {
    const layer = nodes[index].at[0];
    if (!blocks.has(layer)) blocks.set(layer, []);
    blocks.get(layer).push(index);
  }
  const step = { x: BOX.width + 14, y: BOX.height + BOX.gapY };
  const ordered = [...blocks.entries()].sort((a, b) => a[0] - b[0]).map(([, block]) => block.sort((a, b) => nodes[a].at[1] - nodes[b].at[1]));
  const gap = 130;
  let rows = 1;
  const widthOf = (most) => ordered.reduce((sum, block) => sum + Math.ceil(block.length / most) * step.x + gap, 0);
  while (widthOf(rows) > rows * step.y * 1.7) rows += 1;
  const at = new Map();
  at.regions = [];
  let left = 0;
  for (const block of ordered) {
    const columns = Math.ceil(block.length / rows);
    const used = Math.ceil(block.length / columns);
    const top = ((rows - used) * step.y) / 2;
    at.regions.push({ x: left, y: top, width: columns * step.x, size: block.length, name: mostOf(block.map((index) => nodes[index].layer)) });
    block.forEach((index, place) => {
      at.set(index, { x: left + (place % columns) * step.x, y: top + Math.floor(place / columns) * step.y, height: BOX.height });
    });
    left += columns * step.x + gap;
  }
  return at;
}

/// The name that most of them have.
function mostOf(names) {
  const counts = new Map();
  for (const name of names) counts.set(name, (counts.get(name) || 0) + 1);
  return [...counts].sort((a, b) => b[1] - a[1])[0][0];
}

/// Parts that nothing joins are laid out by themselves and packed into the form of the room; single nodes become a block.
function partLayout(set, edges, heightOf, form = 1.6) {
  const groups = joinedParts(set, edges);
  const singles = groups.filter((group) => group.length === 1).flat();
  const pieces = groups.filter((group) => group.length > 1).map((group) => {
    const inside = new Set(group);
    return joinedLayout(inside, edges.filter(([from]) => inside.has(from)), heightOf, form);
  });
  if (singles.length) pieces.push(singlesLayout(singles, heightOf, pieces.length ? form * 1.5 : form));
  if (pieces.length === 1) return pieces[0];
  const boxes = pieces.map(frameOf).sort((a, b) => b.height - a.height);
  const area = boxes.reduce((sum, box) => sum + (box.width + BOX.gapX) * (box.height + BOX.gapX), 0);
  const width = Math.max(Math.sqrt(area * form), ...boxes.map((box) => box.width));
  const at = new Map();
  at.lanes = new Map();
  let [left, top, tallest] = [0, 0, 0];
  for (const box of boxes) {
    if (left > 0 && left + box.width > width) {
      top += tallest + BOX.gapX;
      [left, tallest] = [0, 0];
    }
    const [x, y] = [left - box.left, top - box.top];
    for (const [index, place] of box.piece) at.set(index, { ...place, x: place.x + x, y: place.y + y });
    for (const [key, lanes] of box.piece.lanes || []) at.lanes.set(key, lanes.map(([laneX, laneY, long]) => [laneX + x, laneY + y, long]));
    left += box.width + BOX.gapX;
    tallest = Math.max(tallest, box.height);
  }
  return at;
}

function frameOf(piece) {
  let [left, top, right, bottom] = [Infinity, Infinity, -Infinity, -Infinity];
  for (const { x, y, height } of piece.values()) {
    [left, top] = [Math.min(left, x), Math.min(top, y)];
    [right, bottom] = [Math.max(right, x + BOX.width), Math.max(bottom, y + height)];
  }
  return { piece, left, top, width: right - left, height: bottom - top };
}

/// Groups of nodes, with no edge between two groups, in the order of the whole graph.
function joinedParts(set, edges) {
  const head = new Map([...set].map((index) => [index, index]));
  const headOf = (index) => {
    let top = index;
    while (head.get(top) !== top) top = head.get(top);
    for (let next = index; next !== top; ) {
      const above = head.get(next);
      head.set(next, top);
      next = above;
    }
    return top;
  };
  for (const [from, to] of edges) head.set(headOf(from), headOf(to));
  const parts = new Map();
  for (const index of set) {
    const top = headOf(index);
    if (!parts.has(top)) parts.set(top, []);
    parts.get(top).push(index);
  }
  return [...parts.values()];
}

function singlesLayout(indexes, heightOf, form) {
  const at = new Map();
  at.lanes = new Map();
  const step = { x: BOX.width + 18, y: Math.max(...indexes.map(heightOf)) + BOX.gapY };
  const columns = Math.max(1, Math.min(indexes.length, Math.round(Math.sqrt((indexes.length * step.y * form) / step.x))));
  indexes.forEach((index, place) => at.set(index, { x: (place % columns) * step.x, y: Math.floor(place / columns) * step.y, height: heightOf(index) }));
  return at;
}

/// How many rows a rank may have, so that a graph with tall ranks has the form of the room.
function rowsOfRanks(sizes, form) {
  const step = { x: BOX.width + 14, y: BOX.height + BOX.gapY };
  const tallest = Math.max(...sizes);
  const widthOf = (most) => sizes.reduce((sum, size) => sum + (Math.ceil(size / most) - 1) * step.x + BOX.width + BOX.gapX, 0);
  let rows = Math.min(tallest, 8);
  while (rows < tallest && widthOf(rows) > rows * step.y * form) rows += 1;
  // little is gained by a turn that leaves the last column nearly empty
  return tallest <= rows * 1.35 ? tallest : rows;
}

function joinedLayout(set, edges, heightOf, form) {
  const parents = new Map([...set].map((index) => [index, []]));
  const children = new Map([...set].map((index) => [index, []]));
  for (const [from, to] of edges) {
    if (from === to) continue;
    parents.get(to).push(from);
    children.get(from).push(to);
  }
  const layer = new Map();
  const open = new Map([...set].map((index) => [index, parents.get(index).length]));
  let ready = [...set].filter((index) => open.get(index) === 0);
  while (ready.length || layer.size < set.size) {
    // A cycle (a model that reads itself through another) is opened anywhere.
    if (!ready.length) ready = [[...set].find((index) => !layer.has(index))];
    const next = [];
    for (const index of ready) {
      if (layer.has(index)) continue;
      layer.set(index, Math.max(0, ...parents.get(index).filter((parent) => layer.has(parent)).map((parent) => layer.get(parent) + 1)));
      for (const child of children.get(index)) {
        open.set(child, open.get(child) - 1);
        if (open.get(child) === 0) next.push(child);
      }
    }
    ready = next;
  }
  // What has no parents stands just before its first child.
  for (const index of set) {
    if (!parents.get(index).length && children.get(index).length) {
      layer.set(index, Math.max(0, Math.min(...children.get(index).map((child) => layer.get(child))) - 1));
    }
  }
  // An edge over several layers gets a lane in each, so that it passes between the boxes.
  const lanes = new Map();
  for (const [from, to] of edges) {
    let before = from;
    for (let step = layer.get(from) + 1; step < layer.get(to); step += 1) {
      const lane = `${from} ${to} ${step}`;
      lanes.set(lane, from);
      layer.set(lane, step);
      parents.set(lane, [before]);
      children.set(lane, []);
      const onward = children.get(before);
      if (before === from) onward[onward.indexOf(to)] = lane;
      else onward.push(lane);
      before = lane;
    }
    if (before !== from) {
      const back = parents.get(to);
      back[back.indexOf(from)] = before;
      children.get(before).push(to);
    }
  }
  const heightWith = (index) => (lanes.has(index) ? LANE : heightOf(index));
  const rowOf = (index) => {
    const real = lanes.has(index) ? lanes.get(index) : index;
    return real >= 0 && nodes[real].at ? nodes[real].at[1] : 1e6 - real;
  };
  const columns = [];
  for (const index of [...set, ...lanes.keys()].sort((a, b) => rowOf(a) - rowOf(b))) {
    const at = layer.get(index);
    (columns[at] = columns[at] || []).push(index);
  }
  const ordered = columns.filter(Boolean);
  const middle = new Map();
  const spread = (column, wish) => {
    // Isotonic regression: the nearest places to the wishes that keep order and distance.
    const offsets = [];
    let offset = 0;
    column.forEach((index, at) => {
      if (at > 0) offset += (heightWith(column[at - 1]) + heightWith(index)) / 2 + BOX.gapY;
      offsets.push(offset);
    });
    const blocks = [];
    column.forEach((index, at) => {
      let block = { sum: wish(index) - offsets[at], size: 1 };
      while (blocks.length && blocks[blocks.length - 1].sum / blocks[blocks.length - 1].size > block.sum / block.size) {
        const above = blocks.pop();
        block = { sum: above.sum + block.sum, size: above.size + block.size };
      }
      blocks.push(block);
    });
    let at = 0;
    for (const block of blocks) {
      for (let left = block.size; left > 0; left -= 1, at += 1) middle.set(column[at], block.sum / block.size + offsets[at]);
    }
  };
  for (const column of ordered) spread(column, () => 0);
  const mean = (list, fallback) => (list.length ? list.reduce((sum, index) => sum + middle.get(index), 0) / list.length : fallback);
  for (let sweep = 0; sweep < 10; sweep += 1) {
    const forward = sweep % 2 === 0;
    for (const column of forward ? ordered : [...ordered].reverse()) {
      const near = (index) => {
        const some = (forward ? parents : children).get(index);
        return mean(some.length ? some : (forward ? children : parents).get(index), middle.get(index));
      };
      if (sweep < 6) column.sort((a, b) => near(a) - near(b) || rowOf(a) - rowOf(b));
      const wishes = new Map(column.map((index) => [index, near(index)]));
      spread(column, (index) => wishes.get(index));
    }
  }
  const real = (column) => column.filter((index) => !lanes.has(index));
  const most = rowsOfRanks(ordered.map((column) => real(column).length), form);
  const tallest = Math.max(...ordered.map((column) => real(column).length));
  if (most < tallest) {
    // ranks that stay whole come nearer to each other as the tall ones are turned
    for (const column of ordered) {
      const wishes = new Map(column.map((index) => [index, (middle.get(index) * most) / tallest]));
      spread(column, (index) => wishes.get(index));
    }
  }
  const at = new Map();
  at.lanes = new Map();
  let left = 0;
  for (const column of ordered) {
    const boxes = real(column);
    const turned = boxes.length > most ? Math.ceil(boxes.length / most) : 1;
    const rows = Math.ceil(boxes.length / turned);
    const long = BOX.width + (turned - 1) * (BOX.width + 14);
    const step = Math.max(BOX.height, ...boxes.map(heightOf)) + BOX.gapY;
    boxes.forEach((index, place) => {
      const height = heightOf(index);
      if (turned === 1) at.set(index, { x: left, y: middle.get(index) - height / 2, height });
      else at.set(index, { x: left + Math.floor(place / rows) * (BOX.width + 14), y: ((place % rows) - rows / 2) * step, height });
    });
    for (const lane of column) {
      if (!lanes.has(lane)) continue;
      const [from, to] = lane.split(" ");
      const key = `${from} ${to}`;
      if (!at.lanes.has(key)) at.lanes.set(key, []);
      at.lanes.get(key).push([left, middle.get(lane), long]);
    }
    left += long + BOX.gapX;
  }
  return at;
}
