import { defineConfig } from "vitest/config";

// `npm run test:peers`: what needs programs that `npm run peers` builds. Apart from `npm test`, which needs no Go.
export default defineConfig({
  test: {
    include: ["test/peers/**/*.test.ts"],
    setupFiles: ["test/fixtures/fixed-seed.ts"],
    testTimeout: 120_000,
    hookTimeout: 180_000,
  },
});
