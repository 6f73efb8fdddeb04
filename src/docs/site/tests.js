// The page of all tests: what failed first, and what a word or a status leaves of them.

const ofTest = new Map();
for (const node of nodes) for (const at of node.tests) ofTest.set(at, node);

const MOST_TESTS = 500;
const TEST_ORDER = ["fail", "warn", "skipped", "good", "none"];

function testsPage(query) {
  document.title = `Tests · ${index.meta.project}`;
  const chosen = query.get("status");
  const listed = h("div", { class: "card" });
  const said = h("p", { class: "soft" });
  const words = h("input", { type: "search", class: "filter", placeholder: "Filter by test, model, column", "aria-label": "Filter tests", value: query.get("q") || "" });
  const all = tests.map((test, at) => ({ test, node: ofTest.get(at), state: testState(test) })).sort((a, b) => TEST_ORDER.indexOf(a.state) - TEST_ORDER.indexOf(b.state));
  const show = () => {
    const wanted = wordsOf(words.value);
    const fits = ({ test, node }) => {
      const text = [test.label, test.column, test.id, node && node.name].filter(Boolean).join(" ").toLowerCase();
      return wanted.every((word) => text.includes(word));
    };
    const left = all.filter((one) => (!chosen || one.state === chosen) && fits(one));
    said.textContent = left.length > MOST_TESTS ? `${MOST_TESTS} of ${count(left.length, "test")}` : count(left.length, "test");
    listed.replaceChildren(left.length ? h("table", { class: "grid" }, h("tbody", {}, left.slice(0, MOST_TESTS).map(testRow))) : h("p", { class: "hint" }, "No test is left. Take the filter away."));
  };
  words.addEventListener("input", later(all.length > 2000 ? 80 : 0, show));
  show();
  const counts = TEST_ORDER.map((state) => [state, all.filter((one) => one.state === state).length]).filter(([, number]) => number);
  const chip = (state, text) => h("a", { class: `chip${(state || "") === (chosen || "") ? " here" : ""}`, href: `#!/tests${state ? `?status=${state}` : ""}` }, state ? h("span", { class: "dot", style: { "--c": STATES[state][1] } }) : null, text);
  return h("article", { class: "page" }, h("h1", {}, "Tests"), h("div", { class: "chips" }, chip("", `All ${all.length.toLocaleString("en")}`), counts.map(([state, number]) => chip(state, `${STATES[state][0]} ${number.toLocaleString("en")}`))), h("p", {}, words), said, listed);
}

function testRow({ test, node, state }) {
  const troubled = state === "fail" || state === "warn";
  const found = test.failures ? count(test.failures, "row") : troubled ? firstLine(test.message) : "";
  return h("tr", {}, h("td", {}, stateChip(state, STATES[state][0])), h("td", {}, test.label, test.column ? h("span", { class: "faint" }, ` ${test.column}`) : null), h("td", {}, node ? h("a", { href: linkTo(node, test.column ? { column: test.column } : {}) }, node.name) : ""), h("td", { class: "soft" }, found), h("td", { class: "faint mono" }, test.path || ""));
}
