// Looks at a report as a reader would, in headless Chromium: node check_page.js PAGE [SCREENSHOTS]
// Prints one line for each fault and ends with exit code 1 if there is any; 77 when a tool is missing.
"use strict";
const fs = require("fs");
const http = require("http");
const path = require("path");
const { pathToFileURL } = require("url");

function need(name) {
  try {
    return require(name);
  } catch {
    console.log(`skipped: node module ${name} is not installed (npm ci in tests/page)`);
    process.exit(77);
  }
}
const { chromium } = need("playwright-core");
const { HtmlValidate } = need("html-validate");
const axe = fs.readFileSync(require.resolve("axe-core/axe.min.js"), "utf8");
const browserPath = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"].find((file) => fs.existsSync(file));
if (!browserPath) {
  console.log("skipped: no chromium here");
  process.exit(77);
}

const page_file = path.resolve(process.argv[2]);
const shots = process.argv[3];
const faults = [];
const fault = (where, text) => faults.push(`${where}: ${text}`);

// Runs inside the page. Texts of a chart must lie inside it and not on each other.
function chartFaults() {
  const found = [];
  const charts = Array.from(document.querySelectorAll("figure"));
  if (charts.length === 0) found.push("no figure at all");
  for (const figure of charts) {
    const name = figure.querySelector("h3")?.textContent ?? "?";
    const svg = figure.querySelector("svg");
    if (!svg) { found.push(`${name}: no chart`); continue; }
    const frame = svg.getBoundingClientRect();
    if (frame.width < 100 || frame.height < 40) found.push(`${name}: the chart has no size`);
    if (!svg.querySelector("title") || !svg.querySelector("desc")) found.push(`${name}: no title or description`);
    const texts = Array.from(svg.querySelectorAll("text")).filter((t) => t.textContent.trim() !== "");
    if (texts.length === 0) found.push(`${name}: a chart without a word`);
    for (const text of texts) {
      const box = text.getBoundingClientRect();
      if (box.left < frame.left - 1 || box.right > frame.right + 1 || box.top < frame.top - 1 || box.bottom > frame.bottom + 1)
        found.push(`${name}: "${text.textContent}" is clipped`);
    }
    // Slanted texts have boxes far larger than themselves: only upright ones are held against each other.
    const upright = texts.filter((t) => !t.hasAttribute("transform")).map((t) => [t.textContent, t.getBoundingClientRect()]);
    for (let i = 0; i < upright.length; ++i)
      for (let j = i + 1; j < upright.length; ++j) {
        const [a, b] = [upright[i][1], upright[j][1]];
        const wide = Math.min(a.right, b.right) - Math.max(a.left, b.left), high = Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top);
        if (wide > 2 && high > 0.35 * Math.min(a.height, b.height)) found.push(`${name}: "${upright[i][0]}" lies on "${upright[j][0]}"`);
      }
  }
  if (document.documentElement.scrollWidth > window.innerWidth + 1)
    found.push(`the page is ${document.documentElement.scrollWidth} px wide in a window of ${window.innerWidth}`);
  return found;
}

async function look(browser, name, options) {
  const context = await browser.newContext({ viewport: { width: options.width, height: 900 }, colorScheme: options.dark ? "dark" : "light", javaScriptEnabled: options.script !== false });
  const page = await context.newPage();
  page.on("request", (request) => { if (!request.url().startsWith("file:")) fault(name, `asks for ${request.url()}`); });
  page.on("pageerror", (error) => fault(name, `script error: ${error.message}`));
  page.on("console", (message) => { if (message.type() === "error") fault(name, `console: ${message.text()}`); });
  await page.goto(pathToFileURL(page_file).href);
  if (options.script !== false) {
    for (const text of await page.evaluate(chartFaults)) fault(name, text);
    await checkWhatIf(page, name);
    // Contrast depends on the colours, not on the width: each pair once.
    if ((options.width === 1280) === Boolean(options.dark) || options.print) return finish();
    const result = await page.evaluate(`(() => { ${axe}; return axe.run(document, { resultTypes: ["violations"] }); })()`);
    for (const violation of result.violations)
      if (["serious", "critical"].includes(violation.impact))
        fault(name, `axe ${violation.id} (${violation.impact}): ${violation.nodes.length} x ${violation.help}; ${violation.nodes[0].html.slice(0, 160)}`);
  } else {
    if (await page.locator(".whatif:visible").count() > 0) fault(name, "sliders are shown although nothing moves them");
    if (await page.locator("figure svg:visible").count() === 0) fault(name, "no chart without script");
  }
  await finish();

  async function finish() {
    if (shots) await page.screenshot({ path: path.join(shots, `${name}.png`), fullPage: true });
    if (options.print) {
      const pdf = await page.pdf({ preferCSSPageSize: true });
      if (pdf.length < 10000) fault(name, "prints to an empty file");
      if (shots) fs.writeFileSync(path.join(shots, "print.pdf"), pdf);
    }
    await context.close();
  }
}

// As Jenkins serves a published page unless told otherwise: neither script nor style of the page runs. What is drawn
// must still be there, inside its frame, and in colours that stand out from the paper.
async function lookBlocked(browser) {
  const policy = "sandbox allow-same-origin; default-src 'none'; img-src 'self'; style-src 'self'";
  const server = http.createServer((request, response) => {
    response.writeHead(request.url === "/page.html" ? 200 : 404, { "Content-Type": "text/html; charset=utf-8", "Content-Security-Policy": policy });
    response.end(request.url === "/page.html" ? fs.readFileSync(page_file) : "");
  });
  await new Promise((ready) => server.listen(0, "127.0.0.1", ready));
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 } });
  const page = await context.newPage();
  await page.goto(`http://127.0.0.1:${server.address().port}/page.html`);
  const seen = await page.evaluate(() => ({
    styled: getComputedStyle(document.body).fontFamily.includes("system-ui"),
    white: Array.from(document.querySelectorAll("figure svg text")).filter((t) => getComputedStyle(t).fill === "rgb(255, 255, 255)" && !t.closest("g, svg").querySelector("rect")).length,
    open: document.querySelectorAll("details").length,
  }));
  if (seen.styled) fault("blocked", "the page's style applies although the policy forbids it: nothing was tried");
  if (seen.white > 0) fault("blocked", `${seen.white} texts are white on white`);
  for (const text of await page.evaluate(chartFaults)) if (!text.startsWith("the page is")) fault("blocked", text);
  if (shots) await page.screenshot({ path: path.join(shots, "blocked.png"), fullPage: true });
  await context.close();
  server.close();
}

// The rules that are off are about taste: "<meta/>" is what makes the page well-formed XML, too.
async function checkHtml() {
  const taste = ["void-style", "long-title", "no-trailing-whitespace", "attr-quotes", "no-raw-characters"];
  const validator = new HtmlValidate({ root: true, extends: ["html-validate:standard"], rules: Object.fromEntries(taste.map((rule) => [rule, "off"])) });
  const report = await validator.validateFile(page_file);
  for (const file of report.results)
    for (const message of file.messages) fault("html", `${message.ruleId}: ${message.message} (${message.selector})`);
}

async function checkWhatIf(page, name) {
  const box = page.locator(".whatif").first();
  if (await box.count() === 0) return;
  const answer = box.locator(".answer");
  const before = await answer.textContent();
  if (!before) return fault(name, "the what-if gives no answer");
  await box.locator("input[name=oversubscription]").evaluate((input) => { input.value = input.max; input.dispatchEvent(new Event("input")); });
  await box.locator("input[name=mtbf]").evaluate((input) => { input.value = "1"; input.dispatchEvent(new Event("input")); });
  if (await answer.textContent() === before) fault(name, "the what-if does not move");
  await box.locator("button").click();
  if (await answer.textContent() !== before) fault(name, "the what-if does not come back");
}

(async () => {
  const browser = await chromium.launch({
    executablePath: browserPath,
    args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"],
  });
  for (const width of [1280, 390])
    for (const dark of [false, true]) await look(browser, `${width}-${dark ? "dark" : "light"}`, { width, dark });
  await look(browser, "no-script", { width: 1280, script: false });
  await look(browser, "print", { width: 1280, print: true });
  await lookBlocked(browser);
  await browser.close();
  await checkHtml();
  for (const text of faults) console.log(text);
  process.exit(faults.length > 0 ? 1 : 0);
})().catch((error) => {
  console.log(`cannot look at the page: ${error.message}`);
  process.exit(1);
});
