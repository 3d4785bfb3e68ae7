import { Readable } from "node:stream";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";

import { targetsOf } from "../../src/replication/reconcile/repository-targets.ts";
import { ENGINES } from "../../src/contract/patterns/all-engines.ts";
import { compileRules } from "../../src/contract/rules/compile-rules.ts";
import type { Rule } from "../../src/contract/rules/compile-rules.ts";
import { NEVER } from "../../src/async/abort.ts";
import { cosignTags } from "../../src/oci/cosign-tags.ts";
import { digestOf } from "../../src/oci/digest.ts";
import { MediaType } from "../../src/oci/media-type.ts";
import { parseRepositoryName, parseTag } from "../../src/oci/reference.ts";
import { planCopies } from "../../src/replication/planning/plan-copies.ts";
import { referenceOf } from "../../src/replication/reconcile/source-catalog.ts";
import type { SourceImage } from "../../src/replication/reconcile/source-catalog.ts";
import { decideRequest } from "../../src/replication/rules/decide-request.ts";
import { createSourceFacts } from "../../src/replication/rules/source-facts.ts";
import type { FactSource } from "../../src/replication/rules/source-facts.ts";
import { configurationOf } from "../fixtures/configuration.ts";
import { DESTINATIONS, NOW, ruleSets, TYPES } from "../replication/rules/rule-sets.ts";

const SEED = 20_261_128;
const { destinations } = configurationOf({ repositories: ["**"], destinations: [...DESTINATIONS] });
const encode = (document: object): Uint8Array => new TextEncoder().encode(JSON.stringify(document));

/** Images of one repository: each has bytes of its own, one tag at most, and a type that ECR's API says or not. */
const repositories = fc.record({
  name: fc.constantFrom("app", "team/app", "team/sub/app", "other/app"),
  images: fc.array(
    fc.record({
      tag: fc.option(fc.constantFrom("latest", "dev-1", "v1.2.3", "v1.3.0", "1.4.0-rc.1", "2.0.0")),
      type: fc.constantFrom(...TYPES),
      isListed: fc.boolean(),
      ageMinutes: fc.constantFrom(0, 1, 5, 10, 50, 100, 1_000),
      isSigned: fc.boolean(),
    }),
    { maxLength: 8 },
  ),
});

interface Stored {
  readonly image: SourceImage;
  readonly bytes: Uint8Array;
}

/** The images, and for some of them a signature by cosign's tag, and one by its subject. */
function store({ images }: { readonly images: readonly ImageOf[] }): Stored[] {
  const tags = new Set<string>();
  return images.flatMap(({ tag, type, isListed, ageMinutes, isSigned }, index) => {
    const add = (name: string | null, fields: object, config: string): Stored => {
      const blob = { mediaType: config, size: 1, digest: digestOf(encode({ index })) };
      const bytes = encode({ schemaVersion: 2, mediaType: MediaType.ociManifest, config: blob, layers: [], ...fields });
      const pushedAt = NOW - ageMinutes * 60_000;
      const listed = { digest: digestOf(bytes), pushedAt, ...(isListed ? { artifactType: config } : {}) };
      return { bytes, image: name === null ? listed : { tag: parseTag(name), ...listed } };
    };
    const image = add(tag !== null && tags.has(tag) ? null : tag, {}, type);
    if (tag !== null) tags.add(tag);
    if (!isSigned) return [image];
    const [cosign = ""] = cosignTags(image.image.digest);
    const subject = { mediaType: MediaType.ociManifest, digest: image.image.digest, size: image.bytes.byteLength };
    const attached = add(null, { subject }, "application/vnd.example.signature");
    return [
      image,
      add(cosign, {}, MediaType.ociConfig),
      { ...attached, image: { ...attached.image, subject: image.image.digest } },
    ];
  });
}
type ImageOf = { tag: string | null; type: string; isListed: boolean; ageMinutes: number; isSigned: boolean };

function sourceOf(stored: readonly Stored[]): FactSource {
  const find = (reference: string) => stored.find(({ image }) => image.tag === reference || image.digest === reference);
  return {
    manifest(_repository, reference) {
      const found = find(reference);
      const { digest = digestOf(new Uint8Array()) } = found?.image ?? {};
      return Promise.resolve(found && { bytes: found.bytes, digest, mediaType: MediaType.ociManifest });
    },
    image: (_repository, reference) => Promise.resolve(find(reference)?.image),
    async *tags() {
      for (const { image } of stored) yield await Promise.resolve(image);
    },
  };
}

type Copied = readonly (readonly [destination: string, target: string, reference: string])[];

/** What the requests copy, by destination, target and reference. */
async function copiedBy(
  requests: readonly { readonly destination: string; readonly image: SourceImage }[],
  {
    repository,
    rules,
    source,
  }: { readonly repository: string; readonly rules: readonly Rule[]; readonly source: FactSource },
): Promise<Copied> {
  const facts = createSourceFacts(source, rules, () => NOW);
  const copied = requests.map(async ({ destination, image }) => {
    const request = {
      destination,
      repository: parseRepositoryName(repository),
      reference: referenceOf(image),
      pushedAt: 0,
    };
    const decided = await decideRequest(request, { rules, facts, now: () => NOW }, NEVER);
    if (decided.kind !== "copy" || decided.onlyAttached) return [];
    return [[destination, decided.rule.targetName(repository), String(referenceOf(image))] as const];
  });
  return (await Promise.all(copied)).flat().toSorted(byText);
}

const byText = (a: unknown, b: unknown): number => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1);

describe("an event, and a comparison that finds what no event announced", () => {
  it("copy the same images to the same places, whatever the rules are", async () => {
    let [copies, selectedOnly] = [0, 0];
    await fc.assert(
      fc.asyncProperty(ruleSets, repositories, async (documents, repository) => {
        const renamed = documents.map((rule, index) => ({
          ...rule,
          as: index % 3 === 0 ? "copies/{repository}" : rule.as,
        }));
        const { rules } = compileRules(renamed, ENGINES);
        const stored = store(repository);
        const source = sourceOf(stored);
        const { name } = repository;
        const context = { repository: name, rules, source };
        const requested = stored.flatMap(({ image }) => {
          const pushed = { id: "e", repository: parseRepositoryName(name), reference: referenceOf(image) };
          const planned = planCopies(
            { ...pushed, isUntagged: image.tag === undefined, pushedAt: image.pushedAt },
            rules,
          );
          return planned.kind === "skipped" ? [] : planned.requests.map(({ destination }) => ({ destination, image }));
        });
        const byEvents = await copiedBy(requested, context);

        const configuration = {
          ...configurationOf({ repositories: ["x"], destinations: ["one"] }),
          destinations,
          rules,
        };
        const all = stored.map(({ image }) => image);
        const targets = targetsOf(parseRepositoryName(name), {
          configuration,
          now: () => NOW,
          listing: () => () => Readable.from([]),
          hasManifest: () => Promise.resolve(false),
        });
        const wanted = targets.flatMap(({ destination, scope, select }) => {
          const { wants } = select(all);
          return all.filter(wants).map((image) => ({ destination, image, to: scope.replace(`${destination}/p/`, "") }));
        });
        const byComparison = await copiedBy(
          [...new Map(wanted.map((each) => [`${each.destination} ${referenceOf(each.image)}`, each])).values()],
          context,
        );
        // What the comparison requests is copied to the target that it was found missing at, or not at all.
        const places = wanted.map(({ destination, to, image }) =>
          JSON.stringify([destination, to, referenceOf(image)]),
        );
        expect(byComparison).toEqual(byEvents);
        expect(places).toEqual(expect.arrayContaining(byComparison.map((each) => JSON.stringify(each))));
        // It requests more than it copies only where the listing does not say a type.
        const isEachKnown = rules.every(({ acceptsType }) => acceptsType === undefined);
        expect(isEachKnown ? new Set(places).size : 0).toBe(isEachKnown ? byComparison.length : 0);
        copies += byComparison.length;
        selectedOnly += places.length - byComparison.length;
      }),
      { numRuns: 2_000, seed: SEED },
    );
    expect([copies > 1_000, selectedOnly > 100]).toEqual([true, true]);
  });
});
