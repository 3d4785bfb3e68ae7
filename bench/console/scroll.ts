import type { Page } from "playwright-core";
import * as z from "zod";

/** How smoothly a page was scrolled. */
export type Scrolled = z.infer<typeof Scrolled>;
const Scrolled = z.object({
  /** Time between two frames, in milliseconds, in their order. */
  frames: z.array(z.number()),
  /** Rows of the table that the page had at most. */
  mostRows: z.number(),
});

/**
 * Scrolls the table of tags by so many pixels in each frame, until its end or its beginning, or for so many frames.
 * Frames are those that `requestAnimationFrame` announces: a frame that took too long delays the next one.
 */
export async function scroll(page: Page, pixels: number, mostFrames: number): Promise<Scrolled> {
  const script = `new Promise((resolve) => {
    const region = document.querySelector(".tall");
    const frames = [];
    let [mostRows, last, stuck] = [0, performance.now(), 0];
    function step(now) {
      frames.push(now - last);
      last = now;
      mostRows = Math.max(mostRows, region.querySelectorAll("tr[data-key]").length);
      const before = region.scrollTop;
      region.scrollTop += ${pixels};
      // At the end, more rows may be on their way.
      stuck = region.scrollTop === before ? stuck + 1 : 0;
      if (stuck > 120 || frames.length >= ${mostFrames}) resolve({ frames: frames.slice(1, frames.length - stuck), mostRows });
      else requestAnimationFrame(step);
    }
    requestAnimationFrame(step);
  })`;
  return Scrolled.parse(await page.evaluate(script));
}
