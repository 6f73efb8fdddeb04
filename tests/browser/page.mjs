// The documentation page as its readers use it. `tests/browser/run` starts this; the pages and the screenshots
// are in target/browser.
import { createRequire } from "node:module";
import { mkdirSync } from "node:fs";
import path from "node:path";
import { pathToFileURL } from "node:url";

const { chromium } = createRequire(path.resolve(process.argv[2], "package.json"))("playwright-core");
const folder = path.resolve("target/browser");
const shots = path.join(folder, "shots");
mkdirSync(shots, { recursive: true });
const address = (file, hash = "") => pathToFileURL(path.join(folder, file)).href + hash;

const browser = await chromium.launch({ executablePath: process.env.CHROMIUM || "/usr/bin/chromium", args: ["--no-sandbox"] });
const failures = [];
let page;
let noises;

function equal(actual, expected, what = "value") {
  const [a, b] = [JSON.stringify(actual), JSON.stringify(expected)];
  if (a !== b) throw new Error(`${what}: ${a}, expected ${b}`);
}
function holds(condition, what) {
  if (!condition) throw new Error(what);
}

async function check(name, steps, options = {}) {
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 }, colorScheme: "light", ...options });
  page = await context.newPage();
  page.setDefaultTimeout(8000);
  noises = [];
  page.on("pageerror", (error) => noises.push(`error: ${error.message}`));
  page.on("console", (message) => ["error", "warning"].includes(message.type()) && noises.push(message.text()));
  page.on("request", (request) => /^(file|data|about):/.test(request.url()) || noises.push(`loads ${request.url()}`));
  const start = Date.now();
  try {
    await steps();
    holds(noises.length === 0, noises.join("; "));
    console.log(`ok    ${name} (${Date.now() - start} ms)`);
  } catch (error) {
    failures.push(name);
    await page.screenshot({ path: path.join(shots, `failed ${name}.png`) }).catch(() => {});
    console.log(`FAIL  ${name}\n      ${String(error.message).split("\n").slice(0, 4).join("\n      ")}`);
  }
  await context.close();
}

const open = async (hash = "", file = "shop.html") => {
  await page.goto("about:blank");
  await page.goto(address(file, hash));
  await page.waitForFunction(() => !document.querySelector(".loading"));
};
const shot = async (name) => {
  await page.waitForTimeout(200); // colours fade
  await page.screenshot({ path: path.join(shots, `${name}.png`) });
};
const texts = (selector) => page.locator(selector).allTextContents();
const hits = async (query) => {
  await page.fill("#query", query);
  await page.waitForSelector("#results:not([hidden])");
  await page.waitForTimeout(120);
  return texts("#results .hit .name");
};
const boxes = async () => (await page.locator("#graph .box > text:not(.sub)").allTextContents()).sort();
const said = () => page.locator(".said").textContent();

await check("the overview tells what there is and what is wrong", async () => {
  await open();
  equal(await page.title(), "shop");
  equal((await texts(".tile b")).slice(0, 2), ["11", "2"], "models and sources");
  const trouble = await texts("table.grid td a");
  for (const name of ["broken_report", "fct_events", "raw.payments", "fct_orders"]) holds(trouble.includes(name), `${name} is not listed`);
  holds((await page.textContent("main")).includes("The shop's warehouse"), "the overview text");
  await shot("overview");
});

await check("the overview measures, and the tests have a page", async () => {
  await open();
  const text = await page.textContent("#main");
  for (const part of ["Tests that pass", "Models with a description", "Slowest in the last run", "division by zero"]) holds(text.includes(part), `${part} is missing`);
  holds(!(await texts(".chips .chip")).some((chip) => chip.startsWith("Not run")), "what cannot run counts as not run");
  const order = await page.evaluate(() => document.querySelector("#main .text").compareDocumentPosition(document.querySelector(".tiles")));
  equal(order & 4, 4, "the project's own words come first");
  await page.click("a.tile:has-text('Tests')");
  await page.waitForSelector("h1:has-text('Tests')");
  equal((await texts(".grid tr .chip"))[0], "Test failed", "failures first");
  equal((await page.locator(".grid tr").count()), 13);
  await shot("tests");
  await page.click(".chips a:has-text('Warning')");
  await page.waitForFunction(() => location.hash.endsWith("status=warn"));
  for (const name of await texts(".grid tr > td:first-child")) equal(name, "Warning");
  await page.click(".chips a:has-text('All')");
  await page.fill(".filter", "fct_orders unique");
  await page.waitForFunction(() => document.querySelectorAll(".grid tr").length === 1);
  await page.fill(".filter", "no such test");
  await page.waitForSelector("#main .hint");
});

await check("nodes are filtered by what they are, and a filter is a selection", async () => {
  await open();
  await page.click("a.tile:has-text('Models')");
  await page.waitForSelector("h1:has-text('Nodes')");
  const names = () => texts("#main .grid td:first-child a");
  equal((await names()).length, 11, "models");
  await page.selectOption("select[aria-label=Tag]", "nightly");
  equal(await names(), ["stg_customers", "stg_events", "stg_orders", "stg_payments"], "tagged");
  await page.selectOption("select[aria-label=Type]", "");
  await page.selectOption("select[aria-label=Tag]", "");
  await page.selectOption("select[aria-label=Owner]", "ml@example.com");
  equal(await names(), ["churn_model"], "owner");
  equal(await texts("select[aria-label=Type] option"), ["Type: any", "Exposures (1)"], "values that are left");
  await page.selectOption("select[aria-label=Owner]", "");
  await page.selectOption("select[aria-label=Status]", "error");
  equal(await names(), ["broken_report"]);
  holds(page.url().endsWith("#!/nodes?status=error"), page.url());
  await page.reload();
  equal(await names(), ["broken_report"], "the address has the filter");
  await page.click("#main .button:has-text('Graph of status:error')");
  await page.waitForSelector("#graph .box");
  equal(await boxes(), ["broken_report"]);
  await open("#!/nodes");
  await page.fill(".filter", "what they are worth");
  await page.waitForFunction(() => document.querySelectorAll("#main .grid tr").length === 1);
  equal(await names(), ["dim_customers"]);
  await page.fill(".filter", "no such node");
  await page.waitForSelector("#main .hint");
  await open("#!/nodes");
  await shot("nodes");
  await open("#!/nodes?status=nonsense&owner=nobody");
  equal(await texts("#main .hint"), ["No node is left. Take a filter away."], "values that no node has");
  await open("#!/nodes?type=macro");
  equal(await names(), ["cents"]);
});

await check("the list at the side is by files or by database", async () => {
  await open("#!/source/source.shop.raw.payments");
  await page.click("#side button:has-text('Database')");
  const rows = await texts("#side .row .label");
  equal(rows.slice(0, 2), ["shop_db", "shop"], "database and schema");
  holds(rows.includes("Payments"), "the relation's own name");
  holds(!rows.includes("int_order_payments"), "what has no relation is not there");
  equal(await texts("#side .row.here .label"), ["Payments"], "where we are");
  await shot("database");
  await page.reload();
  await page.waitForSelector("#side .row");
  equal((await texts("#side .row .label"))[0], "shop_db", "it is kept");
  await page.click("#side .row:has-text('dim_customers')");
  await page.waitForSelector("h1:has-text('dim_customers')");
  await page.click("#side button:has-text('Project')");
  equal(await texts("#side .row.here .label"), ["dim_customers"]);
});

await check("search finds names, columns, descriptions and SQL", async () => {
  await open();
  equal((await hits("fct_or"))[0], "fct_orders");
  equal((await hits("lifetime_value"))[0], "dim_customers");
  equal((await hits("what they are worth"))[0], "dim_customers");
  equal((await hits("order_number"))[0], "fct_orders");
  equal(await hits("nobody deletes these"), ["stg_orders"], "SQL");
  equal((await hits("finance@example"))[0] !== undefined, true, "owner");
  equal(await hits("zzzz"), []);
  await hits("fct_or");
  await shot("search");
  await page.keyboard.press("Enter");
  await page.waitForSelector("h1:has-text('fct_orders')");
  holds(page.url().endsWith("#!/model/model.shop.fct_orders"), page.url());
});

await check("a model's page has its description, columns, tests and code", async () => {
  await open("#!/model/model.shop.fct_orders");
  equal(await texts("tr[data-column] .name"), ["order_id", "customer_id", "ordered_on", "status", "amount", "order_number"]);
  equal((await texts(".grid tbody tr .type"))[0], "integer not null");
  equal((await texts("tr[data-column=order_id] .tests .chip")).length, 3, "tests of the key");
  holds((await page.locator("tr[data-column=amount] strong").textContent()) === "not", "markdown in a column");
  holds(await page.locator("#main .text pre .k").count(), "SQL in the description is highlighted");
  holds((await page.textContent(".facts")).includes("Finance data, finance@example.com"), "owner of the group");
  holds((await page.locator(".code").first().textContent()).includes("{{ ref('stg_orders') }}"), "raw code");
  await page.click("button:has-text('Compiled')");
  holds((await page.locator(".code").first().textContent()).includes('"shop_db"."shop"."stg_orders"'), "compiled code");
  equal((await texts(".links li a")).length, 4, "neighbours");
  equal(await texts("table.grid .chip:has-text('no_negative_amounts')"), ["no_negative_amounts"], "singular test");
  await shot("model");
  await open("#!/source/source.shop.raw.payments");
  holds((await page.textContent(".facts")).includes("h old"), "freshness");
  await open("#!/exposure/exposure.shop.revenue_dashboard");
  equal(await page.locator(".facts a[href='https://bi.example.com/d/1']").count(), 1, "the exposure's address");
  await open("#!/macro/macro.shop.cents");
  holds((await page.textContent("#main")).includes("numeric(12, 2)"), "a macro's code");
});

await check("the graph is walked by mouse and keys", async () => {
  await open("#!/graph");
  equal((await boxes()).length, 18);
  await shot("graph");
  await page.click("#graph .box:has-text('dim_customers')");
  await page.waitForSelector(".sheet:not([hidden])");
  equal(await page.locator(".sheet h2").textContent(), "dim_customers");
  holds((await page.locator("#graph .box.dim").count()) > 0, "what is not related is dimmed");
  await page.click(".sheet button:has-text('Focus')");
  await page.waitForFunction(() => document.querySelector(".said").textContent.startsWith("6 of"));
  equal(await boxes(), ["broken_report", "dim_customers", "fct_events", "fct_orders", "revenue_dashboard", "stg_customers"]);
  await page.click(".sheet button:has-text('+1 up')");
  await page.waitForFunction(() => new URLSearchParams(location.hash.split("?")[1]).get("select") === "2+dim_customers+1");
  await shot("focus");
  await page.keyboard.press("ArrowRight");
  await page.waitForFunction(() => document.querySelector(".sheet h2").textContent !== "dim_customers");
  await page.keyboard.press("ArrowLeft");
  await page.waitForFunction(() => document.querySelector(".sheet h2").textContent === "dim_customers");
  await page.keyboard.press("Enter");
  await page.waitForSelector("h1:has-text('dim_customers')");
  await page.keyboard.press("g");
  await page.waitForSelector("#graph .box");
  const before = await page.locator("#graph svg > g").getAttribute("transform");
  await page.mouse.move(700, 500);
  await page.mouse.down();
  await page.mouse.move(800, 560, { steps: 4 });
  await page.mouse.up();
  await page.mouse.wheel(0, -300);
  await page.waitForFunction((old) => document.querySelector("#graph svg > g").getAttribute("transform") !== old, before);
  await page.locator("#graph .box", { hasText: "fct_orders" }).dblclick();
  await page.waitForSelector("h1:has-text('fct_orders')");
});

await check("selections are dbt's", async () => {
  for (const [select, expected] of [
    ["+stg_orders", ["orders", "stg_orders"]],
    ["1+fct_orders", ["fct_orders", "int_order_payments", "stg_orders"]],
    ["int_order_payments+1", ["fct_orders", "int_order_payments"]],
    ["tag:hourly", ["fct_events"]],
    ["tag:nightly,+fct_orders", ["stg_orders", "stg_payments"]],
    ["path:models/intermediate", ["int_order_payments"]],
    ["source:raw", ["raw.events", "raw.payments"]],
    ["source:raw.payments+1", ["raw.payments", "stg_payments"]],
    ["+exposure:churn_model -resource_type:model", ["churn_model", "customers", "orders", "raw.events", "raw.payments"]],
    ["@int_order_payments -resource_type:model -resource_type:exposure", ["customers", "orders", "raw.events", "raw.payments"]],
    ["stg_o* config.materialized:ephemeral", ["int_order_payments", "stg_orders"]],
    ["shop.staging,column:email", ["stg_customers"]],
    ["status:error status:skipped", ["after_broken", "broken_report"]],
    ["models/staging/stg_orders.sql", ["stg_orders"]],
    ["nothing_like_this", []],
    ["stg_o* tag:hourly --exclude fct_events", ["stg_orders"]],
    ["--exclude resource_type:model --select raw.events+1", ["raw.events"]],
  ]) {
    await open(`#!/graph?select=${encodeURIComponent(select)}`);
    equal(await boxes(), expected, select);
  }
  await open();
  equal((await hits("+dim_customers"))[0], "Graph of 9 nodes");
  await page.keyboard.press("Enter");
  await page.waitForSelector("#graph .box");
  equal((await boxes()).length, 9);
});

await check("a column is followed from the mart to the source", async () => {
  await open("#!/graph?node=model.shop.dim_customers");
  await page.click(".sheet .cols button:has-text('lifetime_value')");
  await page.waitForSelector("#graph .colrow");
  equal(await boxes(), ["dim_customers", "fct_orders", "int_order_payments", "raw.payments", "stg_payments"]);
  equal((await texts("#graph .col")).sort(), ["amount", "amount", "amount", "amount_cents", "lifetime_value"]);
  equal(await said(), "dim_customers.lifetime_value: 4 connected columns");
  await shot("column");
  await page.click("button:has-text('Filters and joins')");
  await page.waitForSelector("#graph .edge.i");
  await shot("column with influences");
  await page.click("#graph .colrow:has-text('amount_cents')");
  await page.waitForFunction(() => document.querySelector(".said").textContent.startsWith("raw.payments.amount_cents"));
  await open("#!/model/model.shop.dim_customers");
  await page.click("tr[data-column=lifetime_value]");
  equal((await texts(".trail a")).slice(0, 4), ["fct_orders.amount", "int_order_payments.amount", "stg_payments.amount", "raw.payments.amount_cents"]);
  await shot("column trail");
  await open("#!/model/model.shop.stg_events");
  await page.click("tr[data-column=page]");
  equal((await texts(".trail a"))[0], "raw.events.payload");
});

await check("deep links survive regeneration", async () => {
  for (const file of ["shop.html", "no_run.html"]) {
    await open("#!/model/model.shop.dim_customers?column=lifetime_value", file);
    await page.waitForSelector(".trail");
    equal(await page.textContent("h1"), "dim_customers");
    await open("#!/graph?select=%2Bfct_orders&node=model.shop.fct_orders", file);
    equal((await boxes()).length, 6, file);
    equal(await page.locator("#query").inputValue(), "+fct_orders");
  }
  await open("#!/model/model.shop.gone");
  equal(await page.textContent("h1"), "Not here");
  await open("#!/model/%E0%A4%A");
  equal(await page.textContent("h1"), "Not here");
});

await check("dark mode is kept, colours follow layer and status", async () => {
  await open("#!/model/model.shop.fct_orders");
  const ground = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
  const light = await ground();
  await page.keyboard.press("d");
  holds((await ground()) !== light, "the ground stays the same");
  await shot("dark model");
  await page.reload();
  await page.waitForSelector("h1");
  holds((await ground()) !== light, "dark is forgotten");
  await open("#!/graph?color=status");
  await shot("dark graph by status");
  const color = await page.locator("#graph .box:has-text('broken_report') path").evaluate((shape) => getComputedStyle(shape).fill);
  const bad = await page.evaluate(() => {
    const probe = document.body.appendChild(document.createElement("i"));
    probe.style.color = "var(--bad)";
    return getComputedStyle(probe).color;
  });
  equal(color, bad, "a failed model's colour");
  await page.selectOption(".controls select", "kind");
  await page.waitForFunction(() => location.hash.includes("color=kind"));
});

await check("what users write stays text", async () => {
  for (const hash of ["#!/model/model.shop.hostile", "#!/exposure/exposure.shop.churn_model", "#!/graph?select=hostile&node=model.shop.hostile", "#!/nodes?owner=%3Cb%3E", "#!/nodes", "#!/overview"]) {
    await open(hash);
    await page.waitForTimeout(200);
    equal(await page.evaluate(() => window.hacked ?? null), null, hash);
    equal(await page.locator("main script, main img, main iframe, main object, main b b").count(), 0, hash);
    equal(await page.locator("a[href^='javascript']").count(), 0, hash);
  }
  await open("#!/model/model.shop.hostile");
  const text = await page.textContent("#main");
  for (const shown of ["<script>window.hacked = 'description'</script>", "<img src=x onerror=window.hacked=1>", "</script><script>window.hacked = 'sql'</script>", "<b>bold</b>", "{{index}} {{code}}"]) holds(text.includes(shown), `${shown} is not shown`);
  await shot("hostile");
  await page.fill("#query", "<img src=x onerror=window.hacked=1>");
  await page.waitForTimeout(150);
  await page.evaluate(() => (location.hash = "#!/graph?select=<img src=x onerror=window.hacked=1>"));
  await page.waitForTimeout(150);
  equal(await page.evaluate(() => window.hacked ?? null), null);
});

await check("a table's page has its size, constraints and indexes, and how its runs went", async () => {
  await open("#!/model/model.shop.fct_orders");
  const facts = await page.textContent("dl.facts");
  for (const part of ["about 120,345", "48.2 MB"]) holds(facts.includes(part), `${part} is missing`);
  equal(await texts("h2#constraints + .card td.name"), ["fct_orders_key", "customer", "by_day"], "constraints, then other indexes");
  const stored = await page.textContent("h2#constraints + .card");
  for (const part of ["PRIMARY KEY (order_id)", "2.7 MB", "not validated", "brin (ordered_at)", "24.6 kB"]) holds(stored.includes(part), `${part} is missing`);
  equal(await texts("tr[data-column=order_id] .type .faint"), [" not null"]);
  equal(await page.locator(".bars").evaluateAll((charts) => charts.map((chart) => [chart.children.length, chart.getAttribute("aria-label")])), [[21, "Time of 21 runs: at most 3.5 s, in the last one 3.5 s"], [21, "Rows of 21 runs: at most 1,020, in the last one 1,020"]]);
  await page.locator("#runs").scrollIntoViewIfNeeded();
  await shot("stored");
  await open("#!/model/model.shop.dim_customers");
  equal(await page.locator("#constraints, #runs").count(), 0, "nothing is known of it");
});

await check("the runs have a page: a timeline for each job, failures with their SQL, the last runs", async () => {
  await open();
  await page.click("#to-runs");
  equal(await page.title(), "Runs · shop");
  equal((await texts(".timeline .job > div:first-child")), ["nightly", "rsdbt run"]);
  equal(await page.locator(".timeline .line").evaluateAll((lines) => lines.map((line) => line.children.length)), [21, 1]);
  holds((await page.textContent(".timeline")).includes("21 runs, 1 failed"), "what is said of the job");
  const outside = await page.locator(".timeline .line i").evaluateAll((marks) => marks.filter((mark) => mark.getBoundingClientRect().right > mark.parentElement.getBoundingClientRect().right + 1).length);
  equal(outside, 0, "runs beyond the line");
  await page.click("details summary");
  holds((await page.textContent("details[open]")).includes("select 1 / 0"), "the SQL of the failure");
  holds((await page.textContent("#main")).includes("</script><b>gone</b>"), "texts stay texts");
  await shot("runs");
  await page.click("a:has-text('broken_report')");
  equal(await page.textContent("h1"), "broken_report");
  await page.keyboard.press("r");
  await page.waitForSelector("h1:has-text('Runs')");
  await open("", "no_run.html");
  equal(await page.locator("#to-runs").isHidden(), true, "without a log there is no button");
});

await check("everything works from the keyboard", async () => {
  await open();
  await page.keyboard.press("/");
  equal(await page.evaluate(() => document.activeElement.id), "query");
  await page.keyboard.type("orders");
  await page.waitForSelector(".hit");
  await page.keyboard.press("ArrowDown");
  equal(await page.locator(".hit").nth(1).getAttribute("aria-selected"), "true");
  await page.keyboard.press("Escape");
  equal(await page.locator("#results").isHidden(), true);
  await page.keyboard.press("?");
  holds(await page.locator("dialog[open]").count(), "help");
  equal((await texts("dialog kbd"))[0], "/ or Ctrl K");
  await shot("help");
  await page.keyboard.press("Escape");
  await page.keyboard.press("j");
  await page.waitForSelector("h1:not(:has-text('shop'))");
  const first = await page.textContent("h1");
  await page.keyboard.press("j");
  await page.waitForFunction((name) => document.querySelector("h1").textContent !== name, first);
  await page.keyboard.press("k");
  await page.waitForFunction((name) => document.querySelector("h1").textContent === name, first);
  await page.locator("tr.pick").first().focus();
  await page.keyboard.press("Enter");
  await page.waitForSelector(".trail");
});

await check("a small screen has no sideways scrolling", async () => {
  for (const hash of ["#!/overview", "#!/nodes", "#!/runs", "#!/model/model.shop.fct_orders", "#!/graph?node=model.shop.fct_orders"]) {
    await open(hash);
    const over = await page.evaluate(() => document.querySelector("main").scrollWidth - document.querySelector("main").clientWidth);
    equal(over, 0, hash);
  }
  await shot("small");
}, { viewport: { width: 420, height: 800 } });

await check("on a phone everything can be read and touched", async () => {
  await open("#!/overview");
  await hits("order");
  const width = await page.locator("#results").evaluate((list) => list.getBoundingClientRect().width);
  holds(width > 350, `the results are ${width} wide`);
  await shot("phone search");
  for (const hash of ["#!/overview", "#!/model/model.shop.fct_orders", "#!/tests", "#!/nodes", "#!/runs", "#!/source/source.shop.raw.payments"]) {
    await open(hash);
    const clipped = await page.evaluate(() => [...document.querySelectorAll("#main td, #main h1, #main .chip, #main dd")].filter((one) => one.getBoundingClientRect().right > innerWidth).map((one) => one.textContent));
    equal(clipped, [], hash);
  }
  await shot("phone source");
  await open("#!/model/model.shop.fct_orders");
  await shot("phone model");
  await open("#!/runs");
  await shot("phone runs");
  await open("#!/graph");
  const small = await page.locator("#graph .box > text:not(.sub)").first().evaluate((text) => text.getScreenCTM().a * parseFloat(getComputedStyle(text).fontSize));
  holds(small >= 9, `names in the graph are ${small} px`);
  await shot("phone graph");
  await page.click("#menu");
  await page.click("#side .row:has-text('dim_customers')");
  await page.waitForSelector("h1:has-text('dim_customers')");
}, { viewport: { width: 390, height: 844 }, hasTouch: true });

const axe = path.resolve(process.argv[2], "node_modules/axe-core/axe.min.js");
for (const [where, viewport] of [["desk", { width: 1440, height: 900 }], ["phone", { width: 390, height: 844 }]]) {
  for (const colorScheme of ["light", "dark"]) {
    await check(`contrast, names and sizes are accessible: ${where}, ${colorScheme}`, async () => {
      for (const hash of ["#!/overview", "#!/model/model.shop.fct_orders", "#!/model/model.shop.broken_report", "#!/source/source.shop.raw.payments", "#!/tests", "#!/nodes", "#!/runs", "#!/graph?node=model.shop.dim_customers", "#!/graph?color=status", "#!/graph?column=model.shop.dim_customers:lifetime_value"]) {
        await open(hash);
        await page.waitForTimeout(300); // colours fade
        await page.addScriptTag({ path: axe });
        const found = await page.evaluate(() => window.axe.run(document, { runOnly: ["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa"] }));
        equal(found.violations.map((one) => [one.id, one.nodes.slice(0, 3).map((node) => `${node.html.slice(0, 90)} ${node.any[0] ? node.any[0].message : ""}`)]), [], hash);
      }
    }, { viewport, colorScheme, bypassCSP: true });
  }
}

await check("five thousand models: first paint under 2 s, and it stays quick", async () => {
  const start = Date.now();
  await page.goto(address("large.html"));
  const paint = await page.evaluate(() => new Promise((resolve) => {
    const look = () => {
      const entry = performance.getEntriesByName("first-contentful-paint")[0];
      if (entry) resolve(entry.startTime);
      else setTimeout(look, 5);
    };
    look();
  }));
  await page.waitForSelector(".tile");
  const ready = Date.now() - start;
  holds(paint < 2000, `first paint after ${paint} ms`);
  const timed = async (action) => {
    const begin = Date.now();
    await action();
    return Date.now() - begin;
  };
  const searched = await timed(() => hits("amount fct_049"));
  const graph = await timed(async () => {
    await page.evaluate(() => (location.hash = "#!/graph"));
    await page.waitForSelector("#graph .far");
  });
  await page.waitForTimeout(300);
  await shot("large graph");
  holds((await page.locator("#graph svg *").count()) < 200, "the far graph is a few shapes");
  await page.mouse.move(800, 450);
  for (let turn = 0; turn < 12; turn += 1) await page.mouse.wheel(0, -400);
  await page.waitForSelector("#graph .box");
  holds((await page.locator("#graph .box").count()) < 600, "only boxes in sight exist");
  await shot("large graph near");
  const column = await timed(async () => {
    await page.evaluate(() => (location.hash = "#!/graph?column=model.perf.fct_04990:amount"));
    await page.waitForSelector("#graph .colrow");
  });
  await page.evaluate(() => (location.hash = "#!/model/model.perf.fct_04990"));
  await page.waitForSelector("h1:has-text('fct_04990')");
  holds((await page.locator("#side .row").count()) < 120, "the list is virtual");
  equal(await texts(".grid tbody tr .name").then((names) => names.length), 8, "columns without a catalog");
  await shot("large model");
  for (const [what, time, most] of [["ready", ready, 4000], ["search", searched, 1500], ["graph", graph, 3000], ["column", column, 3000]]) holds(time < most, `${what} took ${time} ms`);
  console.log(`      first paint ${Math.round(paint)} ms, ready ${ready} ms, search ${searched} ms, graph ${graph} ms, column ${column} ms`);
});

await browser.close();
console.log(failures.length ? `${failures.length} failed: ${failures.join(", ")}` : "all fine");
process.exit(failures.length ? 1 : 0);
