import { Ajv2020 } from "ajv/dist/2020.js";
import * as fc from "fast-check";
import { readFile } from "node:fs/promises";
import { describe, expect, it } from "vitest";
import * as z from "zod";
import { digestOf } from "../../../src/oci/digest.ts";
import type { Receipt } from "../../../src/replication/outcome/receipt.ts";
import { Envelope } from "../../../src/replication/proof/envelope.ts";
import { exportPage } from "../../../src/replication/proof/export-receipts.ts";
import type { PageLimit } from "../../../src/replication/proof/export-receipts.ts";
import { createSealer, signTip } from "../../../src/replication/proof/seal-receipts.ts";
import type { ReceiptSelection } from "../../../src/replication/proof/selection.ts";
import { verifyExport } from "../../../src/replication/proof/verify-export.ts";
import { createMemorySealStore } from "../../fakes/memory-seal-store.ts";
import { createSigningKey } from "../../fixtures/signing-key.ts";

const { signal } = new AbortController();
const CHAIN = "europe";
const always = (): boolean => true;
const KEEP_MS = 1_000;
const key = createSigningKey();
type Memory = ReturnType<typeof createMemorySealStore>;

function receiptOf(index: number): Receipt {
  const digest = digestOf(new TextEncoder().encode(`image ${index}`));
  const repository = index % 2 === 0 ? "team/even" : "team/odd";
  const named = { destination: CHAIN, repository, reference: `v${index}`, pushedAt: index, digest };
  return { id: `request-${index}`, ...named, endedAt: 1_000 + index, traceparent: "t", outcome: "unchanged" };
}

function portsOf({ store }: Memory, now = 5_000) {
  let names = 0;
  return {
    store,
    signer: key.signer,
    now: () => now,
    newName: () => `name-${++names}-${Math.random()}`,
    keepMs: KEEP_MS,
  };
}

/** Writes receipts and seals them: each number is the size of a head. */
async function sealed(sizes: readonly number[], memory = createMemorySealStore()): Promise<Memory> {
  let index = 0;
  const ports = portsOf(memory);
  for (const size of sizes) {
    for (let count = 0; count < size; count++) memory.write(receiptOf(index++));
    await createSealer(ports).seal(CHAIN, memory.list().get(CHAIN) ?? [], always, signal);
  }
  await signTip(CHAIN, [CHAIN, "asia"], ports, signal);
  return memory;
}

async function exported(
  { reader }: Memory,
  selection: ReceiptSelection = {},
  limit: PageLimit = { bytes: 1e9, heads: 1e9 },
): Promise<string[]> {
  const header = { receipts: 1, stack: "test", exportedAt: 5_000, selection, chains: [CHAIN] } as const;
  const lines: object[] = [header];
  let after: number | undefined = 0;
  while (after !== undefined) {
    const page = await exportPage({ chain: CHAIN, selection, after }, limit, reader);
    lines.push(...page.lines);
    after = page.next;
  }
  return lines.map((line) => JSON.stringify(line));
}

async function* linesOf(lines: readonly string[]): AsyncGenerator<string> {
  yield* lines;
}

const verified = (lines: readonly string[], isSigned = key.isSigned) => verifyExport(linesOf(lines), isSigned);
const SIZES = [3, 1, 4];

describe("an export of sealed receipts", () => {
  it("is proved until the time of its tip", async () => {
    const { chains, problems, absent } = await verified(await exported(await sealed(SIZES)));
    // The tip names another chain, which this file does not have.
    expect([problems, absent]).toEqual([[], ["asia"]]);
    expect(chains).toMatchObject([
      { chain: CHAIN, heads: 3, receipts: 8, selected: 8, found: 8, ended: 0, provedUntil: 5_000 },
    ]);
  });

  it("has the same lines in pages, each of which has at least one head, and no more than its limits", async () => {
    const memory = await sealed(SIZES);
    const whole = await exported(memory);
    expect(whole).toHaveLength(1 + 1 + 3 + 8);
    for (const limit of [
      { bytes: 0, heads: 10 },
      { bytes: 1e9, heads: 1 },
    ]) {
      expect(await exported(memory, {}, limit)).toEqual(whole);
      const { lines, next } = await exportPage({ chain: CHAIN, selection: {}, after: 1 }, limit, memory.reader);
      expect([lines.length, next]).toEqual([2, 2]);
    }
  });

  it("shows a line that is removed, changed, repeated or moved, whichever it is", async () => {
    const lines = await exported(await sealed(SIZES));
    const at = fc.integer({ min: 1, max: lines.length - 1 });
    const tampered = fc.oneof(
      at.map((index) => lines.toSpliced(index, 1)),
      at.map((index) => lines.slice(0, index)),
      fc.tuple(at, at).map(([index, place]) => lines.toSpliced(place, 0, lines[index] ?? "")),
      fc.tuple(at, at).map(([from, to]) => lines.toSpliced(from, 1).toSpliced(to, 0, lines[from] ?? "")),
      fc
        .tuple(at, fc.nat(), fc.constantFrom("A", "b", "3"))
        .map(([index, place, letter]) => changed(lines, index, place, letter)),
    );
    const original = lines.join("\n");
    const isDetected = async (given: readonly string[]): Promise<void> => {
      fc.pre(given.join("\n") !== original);
      expect((await verified(given)).problems).not.toEqual([]);
    };
    await fc.assert(fc.asyncProperty(tampered, isDetected), { numRuns: 150, seed: 81 });
  });

  it.each([
    ["a receipt is removed", (lines: string[]) => lines.toSpliced(4, 1), ["europe: receipt 2 is missing"]],
    [
      "two receipts are exchanged",
      (lines: string[]) => swapped(lines, 3, 4),
      ["europe: receipt 1 in line 5 is not in its order"],
    ],
    [
      "a head and its receipt are removed",
      (lines: string[]) => lines.toSpliced(6, 2),
      ["europe: head 2 is missing, with the receipts that they seal"],
    ],
    [
      "the end is cut off",
      (lines: string[]) => lines.slice(0, 8),
      ["europe: head 3 is missing, with the receipts that they seal"],
    ],
    [
      "the tip is removed",
      (lines: string[]) => lines.toSpliced(1, 1),
      ["europe: there is no tip, so the last receipts may be missing"],
    ],
    [
      "a receipt is changed",
      (lines: string[]) => changed(lines, 3, 400, "A"),
      ["europe: the receipt in line 4 is changed: the key did not sign it", "europe: receipt 1 is missing"],
    ],
  ])("says what is wrong when %s", async (_, tamper, problems) => {
    expect((await verified(tamper(await exported(await sealed(SIZES))))).problems).toEqual(problems);
  });

  it("has statements that the published JSON Schema accepts", async () => {
    const isValid = new Ajv2020({ strict: false }).compile(
      JSON.parse(await readFile("docs/use/receipt.schema.json", "utf8")),
    );
    const Line = z.record(z.string(), z.union([z.string(), Envelope]));
    const lines = (await exported(await sealed(SIZES))).slice(1).map((line) => Line.parse(JSON.parse(line)));
    for (const envelope of lines.flatMap((line) => Object.values(line)).filter((value) => typeof value !== "string")) {
      isValid(JSON.parse(Buffer.from(envelope.payload, "base64").toString()));
      expect(isValid.errors).toBeNull();
    }
    expect(isValid({ predicateType: "urn:freightliner:receipt/v1" })).toBe(false);
  });

  it("proves nothing with another key", async () => {
    const { problems } = await verified(await exported(await sealed([1])), createSigningKey().isSigned);
    expect(problems[0]).toBe("europe: the tip in line 2 is not signed by the key");
  });

  it("proves that a selection is whole, by repository, image and time", async () => {
    const memory = await sealed(SIZES);
    const odd = await exported(memory, { repository: "team/odd" });
    expect(await verified(odd)).toMatchObject({ problems: [], chains: [{ receipts: 8, selected: 4, found: 4 }] });
    expect((await verified(odd.toSpliced(3, 1))).problems).toEqual(["europe: receipt 2 is missing"]);
    const { digest = "" } = receiptOf(5);
    for (const selection of [{ digest }, { since: 1_005, until: 1_006 }])
      expect(await verified(await exported(memory, selection))).toMatchObject({ problems: [], chains: [{ found: 1 }] });
  });

  it("keeps its heads verifiable when receipts have ended, and calls none of them missing", async () => {
    const memory = await sealed(SIZES);
    memory.endReceipts();
    expect((await verified(await exported(memory))).problems).toHaveLength(8);
    await signTip(CHAIN, [CHAIN, "asia"], portsOf(memory, 5_000 + KEEP_MS), signal);
    expect(await verified(await exported(memory))).toMatchObject({
      problems: [],
      chains: [{ receipts: 8, found: 0, ended: 8 }],
    });
  });
});

describe("sealing", () => {
  it("seals each receipt once when it crashes before or after any of its steps, and is repeated", async () => {
    // Each call of the store is a step before and a step after it.
    for (let crashAt = 1; crashAt < 60; crashAt++) {
      let steps = 0;
      const memory = createMemorySealStore(() =>
        ++steps === crashAt ? Promise.reject(new Error("crash")) : Promise.resolve(),
      );
      for (let index = 0; index < 3; index++) memory.write(receiptOf(index));
      const seal = async () => {
        for await (const chains of memory.store.unsealed(signal))
          for (const [chain, places] of chains) await createSealer(portsOf(memory)).seal(chain, places, always, signal);
        await signTip(CHAIN, [CHAIN, "asia"], portsOf(memory), signal);
      };
      await seal().catch(() => undefined);
      memory.write(receiptOf(3));
      await seal().catch(seal);
      expect(memory.unsealed()).toBe(0);
      expect(await verified(await exported(memory))).toMatchObject({
        problems: [],
        chains: [{ receipts: 4, found: 4 }],
      });
    }
  });

  it("makes one chain when several sealers work at once, with lists that are out of date", async () => {
    const concurrent = async (scheduler: fc.Scheduler): Promise<void> => {
      const memory = createMemorySealStore(() => scheduler.schedule(Promise.resolve()));
      for (let index = 0; index < 4; index++) memory.write(receiptOf(index));
      const stale = memory.list().get(CHAIN) ?? [];
      const sealOne = (places: typeof stale) => createSealer(portsOf(memory)).seal(CHAIN, places, always, signal);
      const working = Promise.all([
        sealOne(stale.slice(0, 2)),
        sealOne(stale),
        sealOne(stale.toReversed()),
        signTip(CHAIN, [CHAIN, "asia"], portsOf(memory), signal),
      ]);
      await scheduler.waitFor(working);
      expect(memory.unsealed()).toBe(0);
      expect(await verified(await exported(memory))).toMatchObject({
        problems: [],
        chains: [{ receipts: 4, found: 4 }],
      });
    };
    await fc.assert(fc.asyncProperty(fc.scheduler(), concurrent), { numRuns: 30, seed: 82 });
  });

  it("fills a head up to its limit, and goes on with the next one", async () => {
    const { chains, problems } = await verified(await exported(await sealed([205])));
    expect([problems, chains]).toMatchObject([[], [{ heads: 3, receipts: 205 }]]);
  });
});

function swapped(lines: readonly string[], a: number, b: number): string[] {
  return lines.with(a, lines[b] ?? "").with(b, lines[a] ?? "");
}

/** The line with one other letter within the payload of its envelope. */
function changed(lines: readonly string[], index: number, place: number, letter: string): string[] {
  const line = lines[index] ?? "";
  const [start, end] = [line.indexOf('"payload":"') + 11, line.indexOf('","signatures"')];
  const position = start + (place % (end - start));
  return lines.with(index, line.slice(0, position) + letter + line.slice(position + 1));
}
