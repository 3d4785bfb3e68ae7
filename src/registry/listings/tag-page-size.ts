import type { RegistryHost } from "../../oci/reference.ts";

/** Amazon ECR refuses more than 1,000. Registries with smaller pages link to the next one. */
const PAGE_SIZE = 1_000;
/** The page size of Google's own client for Google's hosts, which do not link to a next page. */
export const GOOGLE_PAGE_SIZE = 10_000;
const GOOGLE_HOST = /(?:^|\.)(?:pkg\.dev|gcr\.io)$/;

/** The number of tags to request in one page. */
export function tagPageSize(registry: RegistryHost): number {
  return GOOGLE_HOST.test(registry) ? GOOGLE_PAGE_SIZE : PAGE_SIZE;
}
