import type { z } from "zod";
import { channelProblems } from "../channels/notification-channel.ts";
import type { Destination, Document } from "./configuration-document.ts";
import type { Source } from "../source/source-document.ts";
import { isLoopback } from "../../oci/names/loopback.ts";
import { accountAndRegion } from "../providers/ecr.ts";

/** Problems between well-formed fields: unknown or duplicate names, hosts that are not allowed. */
export function documentProblems({
  source,
  destinations,
  rules,
  reconcile,
  stack,
}: z.infer<typeof Document>): string[] {
  return [
    ...channelProblems(stack.notifications, rules),
    ...nameProblems(destinations, rules),
    ...deletesAtEcr(destinations, rules),
    ...scansElsewhere(source, rules),
    ...duplicates(reconcile.schedules).map((name) => `reconcile.schedules: "${name}" is defined twice`),
    ...hostProblems(source, destinations),
  ];
}

function nameProblems(destinations: readonly Destination[], rules: z.infer<typeof Document>["rules"]): string[] {
  const names = new Set(destinations.map((destination) => destination.name));
  const unknown = rules.flatMap((rule, index) =>
    rule.destinations
      .filter((name) => !names.has(name))
      .map((name) => `rules[${index}].destinations: "${name}" is not a destination (known: ${[...names].join(", ")})`),
  );
  return [...duplicates(destinations).map((name) => `destinations: "${name}" is defined twice`), ...unknown];
}

/** Amazon ECR deletes an image with its last tag. */
function deletesAtEcr(destinations: readonly Destination[], rules: z.infer<typeof Document>["rules"]): string[] {
  const ecr = new Set(destinations.filter(({ kind }) => kind === "ecr").map(({ name }) => name));
  return rules.flatMap((rule, index) => {
    if (rule.deletes === "ignore" && rule.retention === undefined) return [];
    const field = `rules[${index}].destinations`;
    return rule.destinations
      .filter((name) => ecr.has(name))
      .map(
        (name) =>
          `${field}: "${name}" is Amazon ECR, which deletes an image with its last tag; a rule that deletes cannot name it`,
      );
  });
}

/** Only Amazon ECR has results of scans: an image of another source would wait for one in vain. */
function scansElsewhere({ kind }: Source, rules: z.infer<typeof Document>["rules"]): string[] {
  if (kind === "ecr") return [];
  return rules.flatMap(({ gate }, index) =>
    gate?.scan === undefined
      ? []
      : [`rules[${index}].gate.scan: only Amazon ECR says what a scan has found, and the source is "${kind}"; omit it`],
  );
}

function duplicates(named: readonly { readonly name: string }[]): string[] {
  const seen = new Set<string>();
  return named.flatMap(({ name }) => (seen.has(name) || !seen.add(name) ? [name] : []));
}

function hostProblems(source: Source, destinations: readonly Destination[]): string[] {
  const plain = [
    ...(source.access.plainHttp ? [{ field: "source.plainHttp", host: source.access.registry }] : []),
    ...destinations.flatMap(({ access }, i) =>
      access.plainHttp ? [{ field: `destinations[${i}].plainHttp`, host: access.registry }] : [],
    ),
  ];
  const refused = plain
    .filter(({ host }) => !isLoopback(host))
    .map(({ field, host }) => `${field}: plain HTTP is only for loopback hosts, not for ${host}`);
  return [
    ...refused,
    ...source.problems.map(({ field, text }) => `source.${field}: ${text}`),
    ...destinations.flatMap(({ problems }, i) =>
      problems.map(({ field, text }) => `destinations[${i}].${field}: ${text}`),
    ),
    ...destinations.flatMap((destination, i) =>
      isSource(source, destination) ? [`destinations[${i}].registry: ${LOOP}`] : [],
    ),
  ];
}

const LOOP = "is the source itself; every copy there would trigger another copy";

/** The same ECR registry, or the same host and a path that is, contains, or is inside the source's. */
function isSource({ kind, account, region, access, prefix }: Source, destination: Destination): boolean {
  const host = destination.access.registry.toLowerCase();
  const named = accountAndRegion(host);
  if (kind === "ecr" && named !== undefined) return named.account === account && named.region === region;
  if (host !== access.registry.toLowerCase()) return false;
  const [mine, theirs] = [`${destination.prefix}/`, prefix === undefined ? "" : `${prefix}/`];
  return mine.startsWith(theirs) || theirs.startsWith(mine);
}
