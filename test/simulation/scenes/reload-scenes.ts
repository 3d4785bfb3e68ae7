import { playReload } from "../plays/reload.ts";
import type { Scene } from "./stage.ts";

/** Seeds that find the planted bugs of reloads. */
const SEEDS = [3, 7, 10] as const;

/** A configuration that changes while copies run. */
export const RELOAD_SCENES: readonly Scene[] = [
  {
    name: "documents are refused, and rules removed and added, while images are pushed and copied",
    async play() {
      const problems: string[] = [];
      for (const seed of SEEDS) {
        problems.push(...(await playReload(seed)).map((problem) => `seed ${seed}: ${problem}`));
      }
      return problems;
    },
  },
];
