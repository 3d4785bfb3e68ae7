import type * as z from "zod";
import { PAGE_LIMITS, readJson } from "../../oci/json/bounded-json.ts";
import type { RegistryResponse } from "../http/response.ts";
import type { RegistryRequest } from "../client/registry-request.ts";
import { isErrorBody } from "../errors/error-body.ts";
import { responseError } from "../errors/typed-failure.ts";
import { nextLink } from "./link-header.ts";
import type { RepositoryClient } from "../client/repository-client.ts";

/** Limit of one page, in bytes. */
const PAGE_MAX_BYTES: number = 16 * 1024 * 1024;
/** Limit of pages in one listing: with 1,000 entries a page, ten times ECR's limit of images per repository. */
const MAX_PAGES = 1_000;

/** Limits of all pages of one listing together: a comparison holds it in memory. */
const MAX_ENTRIES = 500_000;
const MAX_BYTES: number = 256 * 1024 * 1024;

/** The pages that have been read. */
interface Spent {
  pages: number;
  bytes: number;
  entries: number;
}

export interface ListingRequest extends Pick<RegistryRequest, "operation" | "subject" | "url" | "headers"> {
  /** Statuses of registries without such a listing. */
  readonly absent: readonly number[];
  /** Called when the server has no such route: it answers 404 without an error of the specification. */
  readonly onMissingRoute?: () => void;
  /** Limit of the entries of all pages together; more are a permanent failure. */
  readonly maxEntries?: number;
}

/** A parsed page; undefined when there is no such listing. */
export type Page<T> = T | undefined;

/** How to read a page, and find the next one. */
export interface PageReader<T> {
  /** Undefined when the document is not a page of this listing. */
  parse(document: unknown): T | undefined;
  /** Number of entries of a page. */
  entries(page: T): number;
  /** URL of the next page. Default: that of the Link header (distribution-spec, "Listing Tags"). */
  next?(page: T): string | undefined;
}

/** A reader of pages with this schema and Link headers. */
export function pageOf<T>(schema: z.ZodType<T>, entries: (page: T) => number): PageReader<T> {
  return { parse: (document) => schema.safeParse(document).data, entries };
}

/**
 * Reads a listing page by page, within the allowed hosts and the limits of pages, entries and bytes. When there is no such listing,
 * yields undefined and ends. @throws {RegistryError}
 */
export async function* pages<T>(
  client: RepositoryClient,
  request: ListingRequest,
  reader: PageReader<T>,
  signal: AbortSignal,
): AsyncGenerator<Page<T>> {
  const { absent, onMissingRoute: _, maxEntries = MAX_ENTRIES, ...about } = request;
  const spent = { pages: 0, bytes: 0, entries: 0 };
  let url: URL | undefined = request.url;
  while (url !== undefined) {
    const { response, bytes } = await client.readRetrying(
      { ...about, method: "GET", url, accept: [200, ...absent], scope: client.address.scope("pull") },
      PAGE_MAX_BYTES,
      signal,
    );
    if (response.status !== 200) {
      if (isMissingRoute(response, bytes)) request.onMissingRoute?.();
      return void (yield undefined);
    }
    const { page, link, entries } = readPage(reader, response, bytes);
    spend(spent, entries, bytes);
    const problem = listingProblem(page, link, response.url) ?? excess(spent, maxEntries);
    if (page === undefined || problem !== undefined) {
      const context = { side: client.endpoint.side, operation: request.operation, subject: request.subject };
      throw responseError(context, response, {
        problem: problem ?? "",
        now: client.runtime.clock.now(),
        category: "permanent",
      });
    }
    yield page;
    url = link === undefined ? undefined : new URL(link, response.url);
  }
}

function isMissingRoute({ status }: RegistryResponse, body: Uint8Array | undefined): boolean {
  return status === 404 && body !== undefined && body.byteLength > 0 && !isErrorBody(body);
}

/** Without `page` when the body is no page of this listing. */
function readPage<T>(
  reader: PageReader<T>,
  response: RegistryResponse,
  bytes: Uint8Array | undefined,
): { readonly page?: T; readonly link?: string | undefined; readonly entries: number } {
  const page = bytes === undefined ? undefined : reader.parse(readJson(bytes, PAGE_LIMITS));
  if (page === undefined) return { entries: 0 };
  return { page, link: linkOf(page, reader, response), entries: reader.entries(page) };
}

function linkOf<T>(page: T, reader: PageReader<T>, response: RegistryResponse): string | undefined {
  return reader.next === undefined ? nextLink(response.header("link")) : reader.next(page);
}

function spend(spent: Spent, entries: number, bytes: Uint8Array | undefined): void {
  spent.pages++;
  spent.entries += entries;
  spent.bytes += bytes?.byteLength ?? 0;
}

/** The limit that all pages together exceed. */
function excess({ pages, bytes, entries }: Spent, maxEntries: number): string | undefined {
  if (pages > MAX_PAGES) return `the listing has more than ${MAX_PAGES} pages`;
  if (entries > maxEntries) return `the listing has more than ${maxEntries} entries`;
  if (bytes > MAX_BYTES) return `the listing has more than ${MAX_BYTES} bytes`;
  return undefined;
}

function listingProblem(page: unknown, link: string | undefined, base: URL): string | undefined {
  if (page === undefined) return "the page is no listing, or too large";
  if (link !== undefined && !URL.canParse(link, base.href)) return "the link to the next page is no URL";
  return undefined;
}
