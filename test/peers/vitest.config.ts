import { defineConfig } from "vitest/config";

// `npm run test:peers` runs the tests that need the programs of `npm run peers`. `npm test` needs no Go.
export default defineConfig({
  test: {
    include: ["test/peers/*.test.ts"],
    setupFiles: ["test/fixtures/fixed-seed.ts"],
    testTimeout: 120_000,
    hookTimeout: 180_000,
  },
});
