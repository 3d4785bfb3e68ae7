import { defineConfig } from "vitest/config";

/** Tests that leave nothing in their process: their files share what they import, which is most of what they cost. */
const PARTS = ["async", "aws", "contract", "google", "infra", "oci", "registry", "replication"].map(
  (folder) => `test/${folder}/**/*.test.ts`,
);

export default defineConfig({
  test: {
    setupFiles: ["test/fixtures/fixed-seed.ts"],
    testTimeout: 120_000,
    hookTimeout: 180_000,
    // One more than the two cores of the smallest machine: tests of whole systems wait for most of their time.
    maxWorkers: 3,
    restoreMocks: true,
    projects: [
      { extends: true, test: { name: "parts", include: PARTS, isolate: false } },
      {
        extends: true,
        test: { name: "systems", include: ["test/**/*.test.ts"], exclude: [...PARTS, "test/peers/**"] },
      },
    ],
  },
});
