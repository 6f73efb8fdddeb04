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
  let left = 0;
  for (const block of ordered) {
    const columns = Math.ceil(block.length / rows);
    const used = Math.ceil(block.length / columns);
    const top = ((rows - used) * step.y) / 2;
    block.forEach((index, place) => {
      at.set(index, { x: left + (place % columns) * step.x, y: top + Math.floor(place / columns) * step.y, height: BOX.height });
    });
    left += columns * step.x + gap;
  }
  return at;
}

function partLayout(set, edges, heightOf) {
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
  const at = new Map();
  at.lanes = new Map();
  ordered.forEach((column, step) => {
    for (const index of column) {
      if (lanes.has(index)) {
        const [from, to] = index.split(" ");
        const key = `${from} ${to}`;
        if (!at.lanes.has(key)) at.lanes.set(key, []);
        at.lanes.get(key).push([step * (BOX.width + BOX.gapX), middle.get(index)]);
        continue;
      }
      const height = heightOf(index);
      at.set(index, { x: step * (BOX.width + BOX.gapX), y: middle.get(index) - height / 2, height });
    }
  });
  return at;
}
