// Puts the terminal's text and the page side by side. Usage: picture.mjs TOOLS TERMINAL PAGE PICTURE
import { createRequire } from "node:module";
import { readFileSync } from "node:fs";
import path from "node:path";
import { pathToFileURL } from "node:url";

const [tools, terminal, page, picture] = process.argv.slice(2);
const { chromium } = createRequire(path.resolve(tools, "package.json"))("playwright-core");
const browser = await chromium.launch({ executablePath: process.env.CHROMIUM || "/usr/bin/chromium", args: ["--no-sandbox"] });

const shown = await browser.newPage({ viewport: { width: 1180, height: 943 }, colorScheme: "light" });
const column = "model.ad_mart.m1_d_ad_mart_metrics";
await shown.goto(`${pathToFileURL(path.resolve(page)).href}#!/graph?column=${column}:revenue_sum&node=${column}`);
await shown.waitForSelector("#graph .colrow");
await shown.waitForTimeout(400);
const image = (await shown.screenshot()).toString("base64");

const text = readFileSync(terminal, "utf8");
const whole = await browser.newPage({ viewport: { width: 1600, height: 760 }, deviceScaleFactor: 1.25 });
await whole.setContent(`<!doctype html><style>
  body { margin: 0; background: #f7f7f5; display: flex; gap: 18px; padding: 18px; height: 724px; box-sizing: content-box; }
  pre { margin: 0; background: #15171a; color: #e3e6e9; font: 10.4px/1.55 "DejaVu Sans Mono", monospace; padding: 16px 18px; border-radius: 10px; overflow: hidden; flex: none; width: 640px; box-sizing: border-box; }
  div { flex: 1; border-radius: 10px; overflow: hidden; border: 1px solid #e3e3de; background: url(data:image/png;base64,${image}) left top / cover no-repeat; }
</style><pre></pre><div></div>`);
await whole.locator("pre").evaluate((element, markup) => (element.innerHTML = markup), text);
await whole.screenshot({ path: picture, clip: { x: 0, y: 0, width: 1600, height: 760 } });
await browser.close();
