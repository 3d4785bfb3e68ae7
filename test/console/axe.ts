import axe from "axe-core";
import type { Page } from "playwright-core";

/** How a page is looked at: wide in both schemes, and as wide as a phone. */
export const LOOKS = [
  { width: 1280, colorScheme: "light" },
  { width: 1280, colorScheme: "dark" },
  { width: 360, colorScheme: "light" },
] as const;

/** What is wrong with a page: what axe finds, and whether it is wider than the window. */
export interface Findings {
  readonly overflow: boolean;
  readonly found: unknown;
}

/** Adds axe to a page that was opened with `bypassCSP`. */
export async function addAxe(page: Page): Promise<void> {
  await page.addScriptTag({ content: axe.source });
}

/** Looks at a page that has axe. */
export async function lookAt(page: Page, { width, colorScheme }: (typeof LOOKS)[number]): Promise<Findings> {
  await page.setViewportSize({ width, height: 800 });
  await page.emulateMedia({ colorScheme });
  const found: string = await page.evaluate(
    "axe.run().then(({ violations }) => JSON.stringify(violations.map(({ id, nodes }) => [id, nodes.map(({ html }) => html)])))",
  );
  const overflow: boolean = await page.evaluate("document.documentElement.scrollWidth > innerWidth");
  return { overflow, found: JSON.parse(found) as unknown };
}
