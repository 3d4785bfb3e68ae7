import { defineConfig } from "vitest/config";
import { BaseSequencer } from "vitest/node";
import type { TestSpecification } from "vitest/node";

/** Tests that leave nothing in their process: their files share what they import, which is most of what they cost. */
const PARTS = ["async", "aws", "contract", "google", "infra", "oci", "registry", "replication"].map(
  (folder) => `test/${folder}/**/*.test.ts`,
);

/** Files that take minutes start first: one that starts last would run alone. */
class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files);
    const isLong = ({ moduleId }: TestSpecification): boolean => /\/test\/(?:simulation|e2e)\//.test(moduleId);
    return [...sorted.filter(isLong), ...sorted.filter((file) => !isLong(file))];
  }
}

export default defineConfig({
  test: {
    // Programs that tests start install nothing while the tests run, also when package-lock.json changes meanwhile.
    env: { BOOTSTRAPPED_IN: import.meta.dirname },
    sequence: { sequencer: LongestFirst },
    setupFiles: ["test/fixtures/fixed-seed.ts"],
    // These end a test that hangs. No test takes nearly as long, also on a busy machine.
    testTimeout: 600_000,
    hookTimeout: 600_000,
    // Four more than the cores of the smallest machine: tests of whole systems wait for most of their time.
    maxWorkers: 6,
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
