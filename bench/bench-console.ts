import type { IncomingMessage, ServerResponse } from "node:http";
import { fileURLToPath } from "node:url";
import type { Page } from "playwright-core";
import * as z from "zod";
import { buildConsoleOnce } from "../console/build.ts";
import { startConsole } from "../src/loopback/console-server.ts";
import { openManyTags } from "./console/many-tags.ts";
import type { ManyTags } from "./console/many-tags.ts";
import { scroll } from "./console/scroll.ts";
import { formatTable } from "./table.ts";
import { startBrowser } from "./tools/browser.ts";

const FOLDER = fileURLToPath(new URL("../dist/console", import.meta.url));
const TAGS = { quick: 5_000, usual: 100_000 };
const SIZE = { width: 1280, height: 800 };
/** A frame of a display with 60 frames a second, and a little more: its time is measured in steps. */
const FRAME_MS = 1_000 / 60;
const LATE_MS = FRAME_MS * 1.5;
/** How far each way of scrolling goes in a frame, in pixels: a wheel, and a scrollbar that is dragged to the end within half a minute. */
const WAYS = [
  { name: "a wheel, while tags are read", pixels: 100, frames: 600 },
  { name: "dragged to the end, while tags are read", pixels: 3_600, frames: 6_000 },
  { name: "dragged to the beginning", pixels: -3_600, frames: 6_000 },
  { name: "a wheel, with all tags read", pixels: 100, frames: 600 },
] as const;

/** Scrolls through the console's table of 100,000 tags in a browser, and prints frames and memory. */
export async function benchConsole({ isQuick }: { readonly isQuick: boolean }): Promise<void> {
  const count = isQuick ? TAGS.quick : TAGS.usual;
  await buildConsoleOnce(FOLDER);
  process.stderr.write(`writing ${count} records of tags\n`);
  await using tags = await openManyTags(count);
  await using server = await startConsole(FOLDER, answerBy(tags));
  await using browser = await startBrowser();
  await using page = await browser.newPage({ viewport: SIZE });
  page.setDefaultTimeout(120_000);
  const began = performance.now();
  await page.goto(`http://${server.host}/#/tags`);
  await page.locator(".tall tbody tr[data-key]").first().waitFor();
  const firstMs = performance.now() - began;
  const counters = await openCounters(page);
  const rows = [
    [
      "",
      "frames",
      "frames a second",
      "later than 25 ms",
      "longest, ms",
      "CPU of the main thread, ms a frame",
      "rows in the page",
    ],
  ];
  for (const { name, pixels, frames } of WAYS) {
    const before = await counters.read();
    const found = await scroll(page, pixels, frames);
    const cpuMs = 1_000 * ((await counters.read())("TaskDuration") - before("TaskDuration"));
    rows.push([name, ...figuresOf(found.frames), (cpuMs / found.frames.length).toFixed(1), String(found.mostRows)]);
  }
  await counters.collectGarbage();
  const valueOf = await counters.read();
  const memory = `${(valueOf("JSHeapUsedSize") / 1e6).toFixed(0)} MB of JavaScript's heap, ${valueOf("Nodes")} nodes`;
  const read = await page.locator(".pages .detail").textContent();
  process.stdout.write(
    `${formatTable(rows)}\n\n${read}. The first rows were there after ${Math.round(firstMs)} ms. Afterwards: ${memory}.\n`,
  );
}

function figuresOf(frames: readonly number[]): string[] {
  const ms = frames.reduce((sum, each) => sum + each, 0);
  const late = frames.filter((each) => each > LATE_MS).length;
  return [
    String(frames.length),
    (frames.length / (ms / 1_000)).toFixed(1),
    `${late} (${((100 * late) / frames.length).toFixed(1)} %)`,
    Math.max(...frames).toFixed(1),
  ];
}

const Metrics = z.object({ metrics: z.array(z.object({ name: z.string(), value: z.number() })) });

/** Chromium's own counters: the CPU time of its main thread, in seconds, and what its memory has. */
async function openCounters(page: Page) {
  const session = await page.context().newCDPSession(page);
  await session.send("Performance.enable", { timeDomain: "threadTicks" });
  return {
    collectGarbage: () => session.send("HeapProfiler.collectGarbage"),
    async read() {
      const { metrics } = Metrics.parse(await session.send("Performance.getMetrics"));
      return (name: string): number => metrics.find((each) => each.name === name)?.value ?? Number.NaN;
    },
  };
}

const answerBy =
  (tags: ManyTags) =>
  async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const answer = await tags.fetch(new Request(new URL(request.url ?? "/", "http://console")));
    response.writeHead(answer.status, Object.fromEntries(answer.headers)).end(await answer.text());
  };
