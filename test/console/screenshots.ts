import { mkdir } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";
import { request } from "undici";
import { openConsole } from "../../local/console/open-console.ts";
import { imageOf, indexOf, layer } from "../../local/images/image-content.ts";
import { startStack } from "../../local/stack/stack.ts";
import { NEVER } from "../../src/async/abort.ts";
import { push } from "../fixtures/images/push.ts";
import { startBrowser } from "../../bench/tools/browser.ts";
import { exampleSeries } from "./series-example.ts";

// `npm run screenshots`: the pages of the console with a local stack behind them, as pictures in docs/use/console.

const FOLDER = "docs/use/console";
const SIZE = { width: 1100, height: 760 };
const AMD64 = { os: "linux", architecture: "amd64" };
const ARM64 = { os: "linux", architecture: "arm64" };
const KEY = "local/project/repository/shop/cart:v3";
/** Tags of the picture. */
const TAGS = ["shop/cart:v1", "shop/cart:v2", "shop/cart:v3", "shop/checkout:v7", "base/node:24", "base/debian:13"];

await using stack = await startStack({
  concurrency: 4,
  timeoutSeconds: 60,
  reconcileAfterMs: 0,
  // An image that its rule holds back needs someone.
  external: `
rules:
  - name: shop
    repositories: ["shop/**"]
    destinations: [local]
  - name: base
    repositories: ["base/**"]
    destinations: [local]
    gate: { maxBytes: 30000 }
`,
});
async function send(path: string, body: object): Promise<void> {
  const headers = { "content-type": "application/json" };
  const { statusCode } = await request(`http://${server.host}/api/${path}`, {
    method: "POST",
    headers,
    body: JSON.stringify(body),
  });
  if (statusCode >= 300) throw new Error(`the API answers ${path} with ${statusCode}`);
}

await using server = await openConsole(stack, { pagePort: undefined });
await using browser = await startBrowser();
await mkdir(FOLDER, { recursive: true });
for (const name of TAGS) {
  const [repository = "", tag = ""] = name.split(":");
  const platform = (at: typeof AMD64) => imageOf([layer(`${name} ${at.architecture}`, 20_000)], at);
  await push(stack.source, indexOf([platform(AMD64), platform(ARM64)]), { repository, tag }, NEVER);
}
for (let ended = false; !ended; await sleep(200)) {
  const { body } = await request(`http://${server.host}/api/status`);
  const { tags }: { tags: { all: number; waiting: number; copying: number } } = JSON.parse(await body.text());
  ended = tags.all >= TAGS.length && tags.waiting + tags.copying === 0;
}

const jobs = [
  { name: "nightly", task: { kind: "reconcile" }, schedule: "cron(0 3 * * ? *)", retries: 2 },
  { name: "release", task: { kind: "copy-tag", repository: "shop/cart", tag: "v2" } },
  { name: "changes", task: { kind: "plan" }, schedule: "rate(1 day)" },
  { name: "weekly", task: { kind: "verify" }, schedule: "rate(7 days)" },
];
for (const job of jobs) await send("jobs", job);
for (const name of ["release", "changes", "weekly"]) await send(`jobs/${name}/run`, {});
for (const path of ["plan", "verification"]) {
  for (let ended = false; !ended; await sleep(200)) {
    const { body } = await request(`http://${server.host}/api/${path}`);
    ended = (await body.text()).includes('"finished"');
  }
}

const PAGES = {
  overview: "",
  tags: "tags",
  tag: `tag/${encodeURIComponent(KEY)}`,
  rules: "rules",
  goal: "goal",
  letters: "letters",
  charts: "charts/24h",
  jobs: "jobs",
  plan: "plan",
};
/** Pictures of the whole page. */
const WHOLE: ReadonlySet<string> = new Set(["charts", "tag", "plan"]);
/** Pictures in dark, too. */
const DARK: ReadonlySet<string> = new Set(["overview", "charts"]);
for (const [name, path] of Object.entries(PAGES)) {
  for (const colorScheme of DARK.has(name) ? (["light", "dark"] as const) : (["light"] as const)) {
    const page = await browser.newPage({ colorScheme, viewport: SIZE });
    // A stack that has just been started has no day behind it: the numbers of these pictures are made up.
    await page.route("**/api/series?**", (route) => route.fulfill({ json: exampleSeries(Date.now()) }));
    await page.goto(`http://${server.host}/#/${path}`);
    await page.locator(".verdict:not(.busy)").waitFor();
    if (name === "rules") {
      await page.getByLabel("Image of the source").fill("base/node:26");
      await page.keyboard.press("Enter");
    }
    while ((await page.getByText(/^Reading/).count()) > 0) await sleep(100);
    await sleep(500);
    await page.screenshot({
      path: `${FOLDER}/${name}${colorScheme === "dark" ? "-dark" : ""}.png`,
      fullPage: WHOLE.has(name),
    });
    await page.close();
  }
}
const phone = await browser.newPage({ viewport: { width: 360, height: 740 } });
await phone.goto(`http://${server.host}/`);
await phone.locator(".verdict:not(.busy)").waitFor();
await phone.screenshot({ path: `${FOLDER}/phone.png` });
