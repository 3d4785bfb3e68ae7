import { mkdir } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";
import { request } from "undici";
import { openConsole } from "../../local/console/open-console.ts";
import { imageOf, indexOf, layer } from "../../local/images/image-content.ts";
import { startStack } from "../../local/stack/stack.ts";
import { NEVER } from "../../src/async/abort.ts";
import { push } from "../fixtures/images/push.ts";
import { startBrowser } from "./browser.ts";

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

const PAGES = {
  overview: "",
  tags: "tags",
  tag: `tag/${encodeURIComponent(KEY)}`,
  rules: "rules",
  goal: "goal",
  letters: "letters",
};
for (const [name, path] of Object.entries(PAGES)) {
  for (const colorScheme of name === "overview" ? (["light", "dark"] as const) : (["light"] as const)) {
    const page = await browser.newPage({ colorScheme, viewport: SIZE });
    await page.goto(`http://${server.host}/#/${path}`);
    await page.locator(".verdict:not(.busy)").waitFor();
    if (name === "rules") {
      await page.getByLabel("Image of the source").fill("base/node:26");
      await page.keyboard.press("Enter");
    }
    while ((await page.getByText(/^Reading/).count()) > 0) await sleep(100);
    await sleep(500);
    await page.screenshot({ path: `${FOLDER}/${name}${colorScheme === "dark" ? "-dark" : ""}.png` });
    await page.close();
  }
}
const phone = await browser.newPage({ viewport: { width: 360, height: 740 } });
await phone.goto(`http://${server.host}/`);
await phone.locator(".verdict:not(.busy)").waitFor();
await phone.screenshot({ path: `${FOLDER}/phone.png` });
