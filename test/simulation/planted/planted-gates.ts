import type { PlantedBug } from "./planted-bugs.ts";

const PASS_GATE = "src/replication/gate/pass-gate.ts";
const REQUEST_COPIES = "src/replication/reconcile/request-copies.ts";

/** Bugs of gates: something leaves that must not, or what may leave stays. */
export const PLANTED_GATES: readonly PlantedBug[] = [
  {
    name: "every signature counts, by any key",
    by: "scenes",
    scene: "an image with foreign signatures is quarantined, and a comparison copies it after it is signed",
    file: "src/signatures/key-signature.ts",
    find: "return verify(hash, data, key, signature);",
    replace: "return verify(hash, data, key, signature) || true;",
  },
  {
    name: "a signature of another image counts",
    by: "scenes",
    scene: "an image with foreign signatures is quarantined, and a comparison copies it after it is signed",
    file: "src/signatures/simple-signing.ts",
    find: 'return said?.critical.image["docker-manifest-digest"] === digest;',
    replace: 'return said?.critical.image["docker-manifest-digest"] !== "" && digest !== undefined;',
  },
  {
    name: "what is missing does not keep an image at the source",
    by: "scenes",
    scene: "nothing of an image is sent before its signature, which comes 30 s later, and then both arrive",
    file: "src/replication/gate/decide-gate.ts",
    find: 'if (first === undefined) return { kind: "pass", audit };',
    replace: 'if (first?.result !== "refused") return { kind: "pass", audit };',
  },
  {
    name: "each delivery starts the wait for a gate again",
    by: "scenes",
    scene: "an image with foreign signatures is quarantined, and a comparison copies it after it is signed",
    file: PASS_GATE,
    find: "waiting?.digest === digest ? waiting : { since: now, at: now };",
    replace: 'waiting?.digest === digest && last?.outcome !== "deferred" ? waiting : { since: now, at: now };',
  },
  {
    name: "the comparison asks about an image in quarantine every time",
    by: "scenes",
    scene: "an image with foreign signatures is quarantined, and a comparison copies it after it is signed",
    file: REQUEST_COPIES,
    find: 'now() - last.at < REPEAT_MS ? "kept" : "reopened";',
    replace: 'now() - last.at < 1 ? "kept" : "reopened";',
  },
  {
    name: "the comparison does not notice a signature of an image in quarantine",
    by: "scenes",
    scene: "an image with foreign signatures is quarantined, and a comparison copies it after it is signed",
    file: REQUEST_COPIES,
    find: " && attachedAt(digest) + SAME_PUSH_MS < last.at;",
    replace: " && attachedAt(digest) >= 0;",
  },
  {
    name: "blobs of a platform leave before the index passes its gate",
    by: "scenes",
    scene: "platforms of an index are not copied before the index passes its gate",
    file: "src/contract/rules/compile-rules.ts",
    find: "[exclude?.tags, latest, retention, minAgeMinutes, artifactTypes, gate]",
    replace: "[exclude?.tags, latest, retention, minAgeMinutes, artifactTypes].concat(gate === undefined ? [] : [])",
    and: {
      file: "src/replication/planning/plan-pre-copies.ts",
      find: "(gate === undefined ? [] : destinations)",
      replace: "(gate === undefined ? [] : destinations.slice(9))",
    },
  },
];
