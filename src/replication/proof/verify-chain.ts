import { hexOf } from "../../oci/digest.ts";
import type { Digest } from "../../oci/digest.ts";
import { isSelected } from "./selection.ts";
import type { ReceiptSelection } from "./selection.ts";
import { TipStatement, HeadStatement, ReceiptStatement } from "./statements.ts";
import type { HeadEntry } from "./statements.ts";

/** A statement of a file, its digest, and whether the key signed it. */
export interface Opened {
  readonly statement: unknown;
  readonly digest: Digest;
  readonly isSigned: boolean;
}

export interface ChainSummary {
  readonly chain: string;
  readonly heads: number;
  /** Of the whole chain, of the selection, and of the selection in the file. */
  readonly receipts: number;
  readonly selected: number;
  readonly found: number;
  /** Of the selection, those whose retention has ended. */
  readonly ended: number;
  /** Until when the chain is proved to be whole; undefined without a tip. Epoch milliseconds. */
  readonly provedUntil: number | undefined;
  /** The chains that the tip knows. */
  readonly chains: readonly string[];
  /** Digest of the last head. */
  readonly lastHead: Digest | undefined;
}

/** Verifies the lines of one chain in the order of the file. */
export interface ChainVerifier {
  tip(opened: Opened, line: number): void;
  head(opened: Opened, line: number): void;
  receipt(opened: Opened, line: number): void;
  end(): ChainSummary;
}

/** A head whose receipts follow in the file. */
interface OpenHead {
  readonly first: number;
  readonly keptUntil: number;
  readonly receipts: readonly HeadEntry[];
  /** The last receipt of the head before it, where that is known. */
  readonly before: Digest | undefined;
  /** Offsets of receipts that the file should have and has not had yet, by their digest. */
  readonly expected: Map<string, number>;
  /** Offset of the last receipt found. */
  last: number;
}

/** What is known of a chain so far. */
interface ChainState {
  readonly chain: string;
  readonly selection: ReceiptSelection;
  readonly say: (problem: string) => void;
  tip: TipStatement | undefined;
  /** Digests of the heads so far; undefined where one is missing. */
  readonly heads: (Digest | undefined)[];
  open: OpenHead | undefined;
  /** The file has a head here that is not believed: what it would say of its receipts is unknown. */
  isUnknown: boolean;
  /** The last receipt of the last head, where that is known. */
  before: Digest | undefined;
  readonly counts: { receipts: number; selected: number; found: number; ended: number };
}

/** @param report gets each problem: which receipt or head is missing, changed, or not at its place. */
export function createChainVerifier(
  chain: string,
  selection: ReceiptSelection,
  report: (problem: string) => void,
): ChainVerifier {
  const state: ChainState = {
    chain,
    selection,
    say: (problem) => report(`${chain}: ${problem}`),
    tip: undefined,
    heads: [],
    open: undefined,
    isUnknown: false,
    before: undefined,
    counts: { receipts: 0, selected: 0, found: 0, ended: 0 },
  };
  return {
    tip: (opened, line) => readTip(state, opened, line),
    head: (opened, line) => readHead(state, opened, line),
    receipt: (opened, line) => readReceipt(state, opened, line),
    end() {
      close(state);
      checkEnd(state);
      const { at: provedUntil, chains = [] } = state.tip?.predicate ?? {};
      const { heads, counts } = state;
      return { chain, heads: heads.length, ...counts, provedUntil, chains, lastHead: heads.at(-1) };
    },
  };
}

function readTip(state: ChainState, { statement, isSigned }: Opened, line: number): void {
  const { chain, say, heads } = state;
  const read = TipStatement.safeParse(statement).data;
  if (!isSigned || read === undefined || read.predicate.chain !== chain)
    return say(`the tip in line ${line} is not signed by the key`);
  if (state.tip !== undefined || heads.length > 0) return say(`the tip in line ${line} is not at its place`);
  state.tip = read;
}

function readHead(state: ChainState, { statement, digest, isSigned }: Opened, line: number): void {
  close(state);
  const { heads, say } = state;
  const read = HeadStatement.safeParse(statement).data;
  state.isUnknown = !isSigned || read === undefined;
  if (!isSigned || read === undefined) return say(`the head in line ${line} is changed: the key did not sign it`);
  const { number } = read.predicate;
  const problem = headProblem(state, read, line);
  if (problem !== undefined) say(problem);
  state.isUnknown = problem !== undefined && number <= heads.length;
  if (state.isUnknown) return;
  if (heads.length < number - 1) state.before = undefined;
  // After missing heads, the others are still checked.
  while (heads.length < number - 1) heads.push(undefined);
  heads.push(digest);
  enter(state, read.predicate);
}

function headProblem({ chain, heads, counts }: ChainState, { predicate }: HeadStatement, line: number) {
  const expected = heads.length + 1;
  const { number } = predicate;
  if (predicate.chain !== chain) return `the head in line ${line} belongs to ${predicate.chain}`;
  if (number < expected) return `head ${number} in line ${line} is not at its place, or there twice`;
  if (number > expected) return `${missing("head", expected, number - 1)}, with the receipts that they seal`;
  const isAfterMissing = expected > 1 && heads.at(-1) === undefined;
  if (!isAfterMissing && predicate.previous !== heads.at(-1))
    return `head ${number} does not follow the head before it`;
  if (!isAfterMissing && predicate.first !== counts.receipts + 1) return `head ${number} leaves out receipts`;
  return undefined;
}

function enter(state: ChainState, { first, receipts, keptUntil }: HeadStatement["predicate"]): void {
  const { selection, counts, before } = state;
  const expected = new Map<string, number>();
  receipts.forEach((entry, offset) => isSelected(entry, selection) && expected.set(entry.digest, offset));
  counts.receipts = first - 1 + receipts.length;
  counts.selected += expected.size;
  state.open = { first, keptUntil, receipts, before, expected, last: -1 };
  state.before = receipts.at(-1)?.digest;
}

function readReceipt(state: ChainState, { statement, digest, isSigned }: Opened, line: number): void {
  const { chain, say } = state;
  const read = ReceiptStatement.safeParse(statement).data;
  if (!isSigned || read === undefined) return say(`the receipt in line ${line} is changed: the key did not sign it`);
  if (read.predicate.chain !== chain) return say(`the receipt in line ${line} belongs to ${read.predicate.chain}`);
  if (!state.isUnknown) placeReceipt(state, read.predicate, digest, line);
}

function placeReceipt(
  { open, counts, say }: ChainState,
  { index, previous }: ReceiptStatement["predicate"],
  digest: Digest,
  line: number,
): void {
  const offset = open?.expected.get(digest);
  if (open === undefined || offset === undefined) {
    const problem = expects(open, index) ? "is not the one that was sealed" : "is not at its place, or there twice";
    return say(`receipt ${index} in line ${line} ${problem}`);
  }
  open.expected.delete(digest);
  counts.found++;
  const follows = offset === 0 ? open.before : open.receipts[offset - 1]?.digest;
  const isLinked = index === open.first + offset && (follows === undefined || previous === follows);
  if (!isLinked) say(`receipt ${index} in line ${line} does not follow the receipt before it`);
  if (offset < open.last) say(`receipt ${index} in line ${line} is not in its order`);
  open.last = Math.max(open.last, offset);
}

/** True when the file still lacks the receipt with this index. */
function expects(open: OpenHead | undefined, index: number): boolean {
  if (open === undefined) return false;
  return [...open.expected.values()].some((offset) => open.first + offset === index);
}

/** Reports what the last head names and the file lacks. */
function close(state: ChainState): void {
  const { open, tip, counts, say } = state;
  if (open === undefined) return;
  const { first, keptUntil, expected } = open;
  const isEnded = tip !== undefined && keptUntil <= tip.predicate.at;
  if (isEnded) counts.ended += expected.size;
  else for (const offset of expected.values()) say(`receipt ${first + offset} is missing`);
  state.open = undefined;
}

function checkEnd({ tip, heads, say }: ChainState): void {
  if (tip === undefined) return say("there is no tip, so the last receipts may be missing");
  const { heads: known } = tip.predicate;
  if (known > heads.length) return say(`${missing("head", heads.length + 1, known)}, with the receipts that they seal`);
  const last = heads[known - 1];
  if (last !== undefined && tip.subject[0]?.digest["sha256"] !== hexOf(last))
    say(`head ${known} is not the one that the tip names`);
}

function missing(what: string, from: number, to: number): string {
  return from === to ? `${what} ${from} is missing` : `${what}s ${from} to ${to} are missing`;
}
