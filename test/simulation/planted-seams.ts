import type { PlantedBug } from "./planted-bugs.ts";

const DISPATCH = "src/registry/dispatch.ts";
const PUSH_BLOB = "src/registry/push-blob.ts";
const WATCHED_TARGET = "src/replication/watched-target.ts";

/** Mistakes between the client, the limiter and the circuit, and at the seams to the clouds. */
export const PLANTED_SEAMS: readonly PlantedBug[] = [
  {
    name: "what was never sent is a failure of the registry",
    by: "seams",
    file: "src/registry/failure.ts",
    find: "if (error instanceof RegistryError || error instanceof RateExceededError) return error;",
    replace: "if (error instanceof RegistryError || (error instanceof RateExceededError && !signal)) return error;",
  },
  {
    name: "what was never sent is told to the circuit",
    by: "seams",
    file: WATCHED_TARGET,
    find: "if (isOutage(error) && !signal.aborted)",
    replace: "if ((isOutage(error) || !(error instanceof RegistryError)) && !signal.aborted)",
  },
  {
    name: "the wait for our own turn makes an upload slow",
    by: "seams",
    file: PUSH_BLOB,
    find: "  const started = await mountOrStart(",
    replace: "  const beganAt = client.clock.now();\n  const started = await mountOrStart(",
    and: { find: "onUploaded?.(upload.tookMs());", replace: "onUploaded?.(client.clock.now() - beganAt);" },
  },
  {
    name: "a hedge is sent without a turn",
    by: "seams",
    file: DISPATCH,
    find: "hedges.spend() && (!isHome || rate.tryTurn?.() === true)",
    replace: "hedges.spend()",
  },
  {
    name: "a late read is never hedged",
    by: "seams",
    file: "src/registry/hedge.ts",
    find: "|| !mayHedge()) return first.outcome;",
    replace: "|| mayHedge()) return first.outcome;",
  },
  {
    name: "a 429 is told to nobody",
    by: "seams",
    file: "src/registry/retry.ts",
    find: "if (error.status === 429) await",
    replace: "if (error.status === 418) await",
  },
  {
    name: "a destination that fails is told to nobody",
    by: "seams",
    file: WATCHED_TARGET,
    find: "if (isOutage(error) && !signal.aborted)",
    replace: "if (isOutage(error) && signal.aborted)",
  },
  {
    name: "a challenge is kept although it gives no token",
    by: "seams",
    file: "src/registry/auth/authorization.ts",
    find: "        await tokens.get(service, scope, signal);\n        known = service;",
    replace: "        known = service;\n        await tokens.get(service, scope, signal);",
    and: {
      find: 'error.operation === "get-token") known = undefined;',
      replace: "error.operation === undefined) known = undefined;",
    },
  },
  {
    name: "a login dies with the first who asked for it",
    by: "seams",
    file: "src/registry/shared-work.ts",
    find: "running.get(key) ?? begin(key, work);",
    replace: "running.get(key) ?? begin(key, () => work(signal));",
  },
  {
    name: "an attachment that could not be listed counts as put",
    by: "seams",
    file: "src/registry/registry-target.ts",
    find: "await listReferrer(client, manifest, subject.digest, signal);",
    replace: "await listReferrer(client, manifest, subject.digest, signal).catch(() => undefined);",
  },
  {
    name: "a copy that kills its process is not counted",
    by: "seams",
    file: "src/replication/tag-record.ts",
    find: "return (lease.finished ?? 0) > 0 ? 0 : fruitless + 1;",
    replace: "return (lease.finished ?? 0) > 0 ? 0 : fruitless;",
  },
  {
    name: "a message says where it is written, whatever queue it is on",
    by: "seams",
    file: "functions/copy/carry-out.ts",
    find: "if (!serves(delivery, named)) return",
    replace: "if (!serves(delivery, named) && named === delivery.body) return",
  },
  {
    name: "an expired login is not renewed",
    file: "src/registry/transport.ts",
    find: "const curable = error.status === 401 || mayBeExpired(request, error, sent);",
    replace: "const curable = error.status === 418 && mayBeExpired(request, error, sent);",
  },
  {
    name: "credentials go wherever the registry redirects to",
    file: "src/registry/transport.ts",
    find: "home ? await atHome(hop, signal) :",
    replace: "home || hops > 0 ? await atHome(hop, signal) :",
  },
  {
    name: "what is attached is not copied",
    file: "src/wiring/copy-wiring.ts",
    find: "referrers: true,",
    replace: "referrers: false,",
  },
  {
    name: "a backfill throws away what was saved up",
    by: "seams",
    file: "src/replication/rate.ts",
    find: "const taken = { ...known, takenUntil: base + lotMs };",
    replace: "const taken = { ...known, takenUntil: (yields ? Math.max(base, now) : base) + lotMs };",
  },
  {
    name: "one broken repository opens the circuit of all",
    by: "seams",
    file: "src/replication/circuit-verdict.ts",
    find: 'others > 0 && others >= (total.calls - worst) * rate ? "away" : "suspected"',
    replace: 'others >= -1 ? "away" : "suspected"',
  },
  {
    name: "a refusal whose words break off is one for good",
    by: "seams",
    file: "src/registry/failure.ts",
    find: "const isGuess = isCut &&",
    replace: "const isGuess = !isCut &&",
  },
];
