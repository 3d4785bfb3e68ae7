import type { z } from "zod";
import { destinationAccess } from "./configuration-document.ts";
import type { Destination, Document, Source } from "./configuration-document.ts";
import { isGlob } from "./glob.ts";
import { PROVIDERS } from "./providers.ts";

/** What is wrong with a document whose fields are well-formed, each: names that do not fit, hosts that may not be. */
export function documentProblems({ source, destinations, rules, reconcile }: z.infer<typeof Document>): string[] {
  return [
    ...nameProblems(destinations, rules),
    ...twice(reconcile.schedules).map((name) => `reconcile.schedules: "${name}" is defined twice`),
    ...hostProblems(source, destinations),
  ];
}

function nameProblems(destinations: readonly Destination[], rules: z.infer<typeof Document>["rules"]): string[] {
  const names = destinations.map((destination) => destination.name);
  const unknown = rules.flatMap((rule, index) =>
    rule.destinations
      .filter((name) => !names.includes(name))
      .map((name) => `rules[${index}].destinations: "${name}" is not a destination (known: ${names.join(", ")})`),
  );
  const renamed = rules.flatMap((rule, index) =>
    rule.as !== undefined && (rule.repositories.length > 1 || rule.repositories.some(isGlob))
      ? [`rules[${index}].as: needs a rule of exactly one repository, without wildcards`]
      : [],
  );
  return [...twice(destinations).map((name) => `destinations: "${name}" is defined twice`), ...unknown, ...renamed];
}

function twice(named: readonly { readonly name: string }[]): string[] {
  const names = named.map(({ name }) => name);
  return names.filter((name, index) => names.indexOf(name) !== index);
}

const LOOPBACK = /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])(?::\d+)?$/;

function hostProblems(source: Source, destinations: readonly Destination[]): string[] {
  const plain = [
    ...(source.plainHttp ? [{ field: "source.plainHttp", host: source.registry ?? "Amazon ECR" }] : []),
    ...destinations.flatMap((d, i) =>
      d.plainHttp ? [{ field: `destinations[${i}].plainHttp`, host: d.registry }] : [],
    ),
  ];
  const refused = plain
    .filter(({ host }) => !LOOPBACK.test(host))
    .map(({ field, host }) => `${field}: plain HTTP is only for loopback hosts, not for ${host}`);
  const ownProblem = PROVIDERS.ecr.problem(source);
  const mistaken = destinations.flatMap((d, i) => {
    const problem = d.kind === "artifactRegistry" ? PROVIDERS.artifactRegistry.problem(d) : undefined;
    return problem === undefined ? [] : [`destinations[${i}].${problem.field}: ${problem.text}`];
  });
  return [
    ...refused,
    ...(ownProblem === undefined ? [] : [`source.${ownProblem.field}: ${ownProblem.text}`]),
    ...mistaken,
    ...destinations.flatMap((d, i) => (isShut(d) ? [`destinations[${i}].federation: ${SHUT}`] : [])),
    ...destinations.flatMap((d, i) => (isSource(source, d) ? [`destinations[${i}].registry: ${LOOP}`] : [])),
  ];
}

const SHUT = "is missing: Google lets nobody write without a login (docs/google-setup.md)";

function isShut(destination: Destination): boolean {
  return (
    !destination.plainHttp &&
    destination.kind === "artifactRegistry" &&
    destinationAccess(destination).login.kind === "anonymous"
  );
}

const LOOP = "is the source itself; what is copied there would be copied again, without end";

function isSource({ account, region, registry }: Source, destination: Destination): boolean {
  const host = destination.registry.toLowerCase();
  return host === registry?.toLowerCase() || (host.startsWith(`${account}.dkr`) && host.includes(`.${region}.`));
}
