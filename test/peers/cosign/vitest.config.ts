import { defineConfig } from "vitest/config";

// `npm run test:cosign` runs the tests that need cosign, which `npm run peers -- cosign` builds in some minutes.
export default defineConfig({
  test: {
    include: ["test/peers/cosign/*.test.ts"],
    setupFiles: ["test/fixtures/fixed-seed.ts"],
    testTimeout: 120_000,
    hookTimeout: 180_000,
  },
});
