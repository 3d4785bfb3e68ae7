import * as fc from "fast-check";
import { RuleDocument } from "../../../src/contract/rules/rule-document.ts";

export const DESTINATIONS = ["one", "two", "three"] as const;
export const NOW = 1_000 * 60_000;
const HEX = "a".repeat(64);
export const DIGEST = `sha256:${HEX}`;

const repositories = ["app", "web", "team/app", "team/web", "team/sub/app", "other/app"];
const tags = [
  "latest",
  "dev-1",
  "v1.2.3",
  "1.2.3",
  "v1.3.0",
  "1.4.0-rc.1",
  "v2.0.0-rc.2",
  "2.0.0",
  "v1",
  `sha256-${HEX}.sig`,
];
export const TYPES = [
  "application/vnd.oci.image.config.v1+json",
  "application/vnd.docker.container.image.v1+json",
  "application/vnd.cncf.helm.config.v1+json",
  "text/x.y",
];

const repositoryPattern = fc.constantFrom(
  "**",
  "*",
  "team/*",
  "team/**",
  "*/app",
  "app",
  "other/app",
  { regex: "team/[a-z]+" },
  { regex: ".*app" },
  { regex: "web|app" },
);
const tagPattern = fc.constantFrom(
  "*",
  "v*",
  "latest",
  "dev-*",
  "1.2.3",
  { regex: "v?\\d+\\.\\d+\\.\\d+" },
  { regex: "dev-.*|latest" },
  { semver: ">=1.2.0 <2.0.0" },
  { semver: ">=1.4.0-rc.0 <3.0.0" },
);
const typePattern = fc.constantFrom(
  "*/*",
  "application/vnd.oci.image.*",
  "application/*",
  "text/x.y",
  "application/vnd.cncf.*",
);
const some = <T>(each: fc.Arbitrary<T>) => fc.array(each, { minLength: 1, maxLength: 2 });
const maybe = <T>(each: fc.Arbitrary<T>) => fc.option(each, { nil: undefined, freq: 2 });

/** An exclusion or a selection of types must not be empty. */
const parts = <T extends object>(each: fc.Arbitrary<T>) =>
  maybe(each).map((found) =>
    found !== undefined && Object.values(found).some((part) => part !== undefined) ? found : undefined,
  );

const rule = fc
  .record({
    priority: fc.integer({ min: -1, max: 2 }),
    repositories: some(repositoryPattern),
    tags: some(tagPattern),
    exclude: parts(fc.record({ repositories: maybe(some(repositoryPattern)), tags: maybe(some(tagPattern)) })),
    latest: maybe(fc.record({ count: fc.integer({ min: 1, max: 3 }), by: fc.constantFrom("pushed", "version") })),
    minAgeMinutes: maybe(fc.constantFrom(1, 10, 100)),
    artifactTypes: parts(fc.record({ include: maybe(some(typePattern)), exclude: maybe(some(typePattern)) })),
    platforms: maybe(fc.constant({ include: ["linux/amd64"], keep: "sparse" })),
    gate: maybe(fc.constant({ maxBytes: 1 })),
    untagged: fc.boolean(),
    destinations: fc.subarray([...DESTINATIONS], { minLength: 1 }),
  })
  .map((written) => RuleDocument.parse(written));

export const ruleSets: fc.Arbitrary<readonly RuleDocument[]> = fc.array(rule, { minLength: 1, maxLength: 6 });

const pushedAt = fc.constantFrom(0, NOW - 200 * 60_000, NOW - 10 * 60_000, NOW - 5 * 60_000, NOW - 30_000, NOW);

export const images = fc.record({
  repository: fc.constantFrom(...repositories),
  reference: fc.constantFrom(...tags, DIGEST),
  pushedAt,
  artifactType: fc.constantFrom(...TYPES),
  subject: fc.constantFrom("none" as const, DIGEST),
});

/** The tags of the image's repository. */
export const listings = fc.uniqueArray(fc.record({ tag: fc.constantFrom(...tags), pushedAt }), {
  selector: ({ tag }) => tag,
});
