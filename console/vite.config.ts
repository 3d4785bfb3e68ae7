import { preact } from "@preact/preset-vite";
import { fileURLToPath } from "node:url";
import { defineConfig } from "vite";

// The console's files, in dist/console: the local stack serves them, and the package contains them.
export default defineConfig({
  root: fileURLToPath(new URL(".", import.meta.url)),
  base: "./",
  plugins: [preact()],
  logLevel: "warn",
  build: {
    outDir: fileURLToPath(new URL("../dist/console", import.meta.url)),
    emptyOutDir: true,
    // The content security policy allows no script or style inside the page.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
  },
});
