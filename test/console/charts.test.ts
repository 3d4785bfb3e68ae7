import type { Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Series } from "../../src/api/schemas/series.ts";
import { addAxe, lookAt, LOOKS } from "./axe.ts";
import { openFakedConsole } from "./faked-console.ts";
import type { FakedConsole } from "./faked-console.ts";
import { exampleSeries } from "./series-example.ts";

const NOW = Date.UTC(2026, 10, 28, 12, 5);
const DAY = exampleSeries(NOW);
const zeros = (values: readonly unknown[]): number[] => values.map(() => 0);
const nulls = (values: readonly unknown[]): null[] => values.map(() => null);
const EMPTY: Series = {
  ...DAY,
  destinations: DAY.destinations.map(({ destination, arrived }) => ({
    destination,
    arrived: zeros(arrived),
    failed: zeros(arrived),
    skipped: zeros(arrived),
    pending: zeros(arrived),
    lagP50: nulls(arrived),
    lagP95: nulls(arrived),
    bytesSent: zeros(arrived),
    egressDollars: zeros(arrived),
  })),
};

const daily = (period: string): Series | undefined => (period === "" ? undefined : DAY);

describe("the console's charts", () => {
  let faked: FakedConsole;

  /** The page of charts, with a period's series where the test has them. */
  const open = (answer: (period: string) => Series | undefined, options: object = {}): Promise<Page> =>
    faked.open(
      "charts",
      (path) => {
        const series = answer(/^\/api\/series\?period=(.*)$/.exec(path)?.[1] ?? "");
        return series && { json: series };
      },
      options,
    );

  /** Colours of the picture of a chart that cover more than a few pixels, but for its ground. */
  const coloursOf = async (page: Page, chart: number): Promise<string[]> => {
    const found: string = await page.evaluate(`(() => {
      const canvas = document.querySelectorAll(".plot canvas")[${chart}];
      const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
      const counts = {};
      for (let at = 0; at < data.length; at += 4)
        if (data[at + 3] === 255) counts[[data[at], data[at + 1], data[at + 2]]] = (counts[[data[at], data[at + 1], data[at + 2]]] ?? 0) + 1;
      return Object.entries(counts).filter(([, count]) => count > 10).map(([colour]) => colour).join(" ");
    })()`);
    return found.split(" ");
  };

  beforeAll(async () => {
    faked = await openFakedConsole();
  }, 120_000);
  afterAll(() => faked[Symbol.asyncDispose]());

  it("draw a line for each destination, in the colours of its legend, in light and in dark", async () => {
    await using page = await open(daily, { colorScheme: "light" });
    await page.locator(".plot canvas").nth(5).waitFor();
    const blue = ["29,79,156", "138,180,248"];
    const orange = ["168,67,0", "255,176,116"];
    await expect.poll(() => coloursOf(page, 2)).toEqual(expect.arrayContaining([blue[0], orange[0]]));
    await page.emulateMedia({ colorScheme: "dark" });
    await expect.poll(() => coloursOf(page, 2)).toEqual(expect.arrayContaining([blue[1], orange[1]]));
    expect(await coloursOf(page, 2)).not.toContain(blue[0]);
    expect(await page.locator(".chart figcaption").allTextContents()).toEqual([
      "Lag from push to arrival of those that arrived",
      expect.stringMatching(/^Pending \d+ push(es)? now$/),
      expect.stringMatching(/^Arrived [\d,]+ pushes$/),
      "Failed 2 pushes",
      expect.stringMatching(/^Sent \d+\.\d GB$/),
      expect.stringMatching(/^Price of these bytes, in sum \$\d+\.\d\d$/),
    ]);
    expect(faked.problems).toEqual([]);
  });

  it("show a lag that has no neighbours", async () => {
    const [first, ...others] = EMPTY.destinations.map((each) => ({ ...each, arrived: each.arrived.with(40, 1) }));
    if (first === undefined) throw new Error("there is no destination");
    const lone = { ...first, lagP50: first.lagP50.with(40, 20), lagP95: first.lagP95.with(40, 30) };
    await using page = await open((period) =>
      period === "" ? undefined : { ...EMPTY, destinations: [lone, ...others] },
    );
    await page.locator(".plot canvas").nth(5).waitFor();
    await expect.poll(() => coloursOf(page, 0)).toContain("29,79,156");
  });

  it("show the values under the pointer, all at the same time, and have a table with the same numbers", async () => {
    await using page = await open(daily);
    await page.locator(".plot canvas").nth(5).waitFor();
    const [eu, us] = DAY.destinations;
    const box = await page.locator(".plot .u-over").nth(2).boundingBox();
    if (box === null) throw new Error("the chart has no place");
    // In the last part of the 61st bucket.
    const share = (60.9 * DAY.bucketMs) / (NOW - DAY.from);
    await page.mouse.move(box.x + box.width * share, box.y + 40);
    const [lag, pending, arrived] = [0, 1, 2].map((index) => page.locator(".chart").nth(index));
    await expect.poll(() => arrived?.textContent()).toBe(`Arrived 03:15 eu${eu?.arrived[60]} us${us?.arrived[60]}`);
    expect(await pending?.textContent()).toBe(`Pending 03:15 eu${eu?.pending[60]} us${us?.pending[60]}`);
    expect(await lag?.textContent()).toMatch(/^Lag from push to arrival 03:15 eu, p9576 s eu, p5042 s us, p95/);
    await page.getByText("eu as a table").click();
    const rows = page.getByRole("region", { name: "table of eu" }).locator("tbody tr");
    // Times at which nothing happened are left out.
    expect(await rows.count()).toBe(eu?.arrived.filter((count) => count > 0).length);
    expect(await rows.filter({ hasText: "28/11/2026, 03:15:00" }).locator("td").allTextContents()).toEqual([
      String(eu?.arrived[60]),
      "0",
      "0",
      String(eu?.pending[60]),
      "42 s, 76 s",
      "456.0 MB",
      "$0.041",
    ]);
  });

  it("are of the period that is chosen, also by the keyboard, and stay until those of the next one are there", async () => {
    const held: { go?: () => void } = {};
    await using page = await open((period) => (period === "1h" ? EMPTY : undefined));
    await page.getByText("No push in this period.").waitFor();
    await page.route("**/api/series?period=24h", async (route) => {
      await new Promise<void>((resolve) => (held.go = resolve));
      await route.fulfill({ json: DAY });
    });
    await page.getByRole("radio", { name: "1 hour" }).focus();
    await page.keyboard.press("ArrowRight");
    await page.locator("section[aria-busy=true]").waitFor();
    expect(await page.getByText("No push in this period.").count()).toBe(1);
    held.go?.();
    await page.locator(".plot canvas").nth(5).waitFor();
    expect(await page.getByRole("radio", { name: "24 hours" }).isChecked()).toBe(true);
    expect(page.url()).toContain("#/charts/24h");
    expect(await page.evaluate("document.activeElement.type")).toBe("radio");
    // The next period cannot be read: the page says so, and of when the charts are.
    await page.keyboard.press("ArrowRight");
    await page.getByText(/^This is the state of .*: nothing is here$/).waitFor();
    expect(await page.locator(".plot canvas").count()).toBe(6);
  });

  it("have nothing that axe finds, and fit into 360 px, with their table open", async () => {
    await using page = await open(daily, { bypassCSP: true });
    await addAxe(page);
    await page.locator(".plot canvas").nth(5).waitFor();
    await page.getByText("us as a table").click();
    for (const look of LOOKS) {
      const findings = await lookAt(page, look);
      const wide: boolean = await page.evaluate(
        "[...document.querySelectorAll('.plot')].some((plot) => plot.querySelector('canvas').getBoundingClientRect().right > plot.getBoundingClientRect().right + 1)",
      );
      expect({ look, wide, ...findings }).toEqual({ look, wide: false, overflow: false, found: [] });
    }
  });
});
