import { readFileSync, writeFileSync } from "node:fs";
import { createTagCopier } from "./tag-copier.ts";

// Copies tags one after another, as an environment of the copy function does, and writes to a file the milliseconds that all but the first one
// took: the first one connects, as the first invocation of an environment does. Arguments: file, source, target, tags.

const [file = "", from = "", to = "", first = "", ...tags] = process.argv.slice(2);
const { SSL_CERT_FILE } = process.env;
const ca = SSL_CERT_FILE === undefined ? undefined : readFileSync(SSL_CERT_FILE, "utf8");
await using copier = createTagCopier({ from, to, ca });
await copier.copy([first], 1);
const started = performance.now();
await copier.copy(tags, 1);
writeFileSync(file, String(performance.now() - started));
