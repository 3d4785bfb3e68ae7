/**
 * Budgets of what is loaded at the start: bytes of bundled code, and the packages it comes from. `test/bench/build.test.ts` holds the
 * command to them. Raise one only with the reason in the commit: 100 KB of code take some 10 ms to load.
 */
export interface LoadBudget {
  readonly bytes: number;
  readonly packages: readonly string[];
}

/** What the built command loads, by the command line. */
export const COMMAND_BUDGETS = {
  help: { bytes: 73_000, packages: ["commander"] },
  copy: { bytes: 560_000, packages: ["@commander-js/extra-typings", "commander", "undici", "zod"] },
} as const satisfies Record<string, LoadBudget>;
