import { readFileSync } from "node:fs";
import { createTagCopier } from "./tag-copier.ts";

// Copies many tags in one process, each by the same code as the copy function. Arguments: source, target, tags. Over TLS
// where SSL_CERT_FILE names the certificates to trust, else over plain HTTP.

const [from = "", to = "", ...tags] = process.argv.slice(2);
/** Tags at once. */
const CONCURRENT_TAGS = 64;

const { SSL_CERT_FILE } = process.env;
const ca = SSL_CERT_FILE === undefined ? undefined : readFileSync(SSL_CERT_FILE, "utf8");
await using copier = createTagCopier({ from, to, ca });
await copier.copy(tags, CONCURRENT_TAGS);
