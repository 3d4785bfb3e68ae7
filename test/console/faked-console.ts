import type { Browser, Page } from "playwright-core";
import { openConsole } from "../../local/console/open-console.ts";
import { startBrowser } from "../../bench/tools/browser.ts";

/** What an answer of the API is: JSON, or why there is none. */
export type Faked = { readonly json: unknown } | { readonly status: number; readonly detail: string };

const NOTHING: Faked = { status: 503, detail: "nothing is here" };

/** The console in a browser, without a stack: its API answers what a test says. */
export interface FakedConsole extends AsyncDisposable {
  readonly browser: Browser;
  /** Errors of pages, and what their content security policy has refused. */
  readonly problems: string[];
  /** A page whose API has these answers, by the path and query of a request; 503 where there is none. */
  readonly open: (
    path: string,
    answer: (path: string, method: string) => Faked | undefined,
    options?: Parameters<Browser["newPage"]>[0],
  ) => Promise<Page>;
}

export async function openFakedConsole(): Promise<FakedConsole> {
  await using parts = new AsyncDisposableStack();
  const browser = await startBrowser();
  parts.defer(() => browser.close());
  const invoke = () => Promise.resolve({ kind: "returned", value: { statusCode: 503 } } as const);
  const api = { invoke, killAll: () => Promise.resolve(), close: () => Promise.resolve() };
  const { host } = parts.use(await openConsole({ api }, { pagePort: undefined }));
  const problems: string[] = [];
  const opened = parts.move();
  return {
    browser,
    problems,
    async open(path, answer, options = {}) {
      const page = await browser.newPage({ locale: "en-GB", timezoneId: "UTC", ...options });
      page.setDefaultTimeout(60_000);
      page.on("pageerror", (error) => problems.push(error.message));
      page.on("console", (message) => {
        if (/Content Security Policy/.test(message.text())) problems.push(message.text());
      });
      await page.route("**/api/**", (route) => {
        const { pathname, search } = new URL(route.request().url());
        const faked = answer(`${pathname}${search}`, route.request().method()) ?? NOTHING;
        return route.fulfill(
          "json" in faked ? { json: faked.json } : { status: faked.status, json: { detail: faked.detail } },
        );
      });
      await page.goto(`http://${host}/#/${path}`);
      await page.locator(".verdict.bad").waitFor();
      return page;
    },
    [Symbol.asyncDispose]: () => opened.disposeAsync(),
  };
}
