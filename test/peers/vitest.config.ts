import { defineConfig } from "vitest/config";
import shared from "../../vitest.config.ts";

// `npm run test:peers`: what needs programs that `npm run peers` builds. Apart from `npm test`, which needs no Go.
export default defineConfig({
  test: { ...shared.test, include: ["test/peers/**/*.test.ts"], exclude: [] },
});
