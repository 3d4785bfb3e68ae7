import type { ChangeGroup, SkipGroup } from "../plan/plan-summary.ts";
import type { InspectionResult } from "./inspection-record.ts";

/** The longest JSON of a result: two of them fit into an item of DynamoDB, which has 400 KB. */
const MOST_CHARACTERS = 150_000;

/** How many samples of each list, and how many groups of images that stay or change, are kept. */
const DETAILS = [
  { samples: 10, groups: 40, changes: 200 },
  { samples: 3, groups: 20, changes: 60 },
  { samples: 1, groups: 10, changes: 20 },
  { samples: 0, groups: 5, changes: 5 },
] as const;
type Details = { readonly [field in keyof (typeof DETAILS)[number]]: number };

/** The result with as many samples as fit. Counts stay, whatever is left out. */
export function fitted(result: InspectionResult, most = MOST_CHARACTERS): InspectionResult {
  let last = result;
  for (const details of DETAILS) {
    last = reduced(result, details);
    if (JSON.stringify(last).length <= most) break;
  }
  return last;
}

function reduced(result: InspectionResult, { samples, groups, changes }: Details): InspectionResult {
  const few = <T>(items: readonly T[]): T[] => items.slice(0, samples);
  const failed = { ...result.failed, samples: few(result.failed.samples) };
  if (result.kind === "verification") {
    const destinations = result.destinations.map((each) => ({
      ...each,
      faults: each.faults.map((group) => ({ ...group, samples: few(group.samples) })),
      left: largest(each.left, { samples, groups }),
    }));
    return { ...result, destinations, failed };
  }
  const destinations = result.destinations.map((each) => ({
    ...each,
    changes: mostChanged(each.changes, changes),
    copies: few(each.copies),
    deletes: few(each.deletes),
    pending: few(each.pending),
    skipped: largest(each.skipped, { samples, groups }),
  }));
  const withoutRule = { ...result.withoutRule, samples: few(result.withoutRule.samples) };
  return { ...result, destinations, withoutRule, failed };
}

/** The groups with the most images; the others become one, of the reason `others`. */
function largest(all: readonly SkipGroup[], { samples, groups }: Omit<Details, "changes">): SkipGroup[] {
  const short = all.map((group) => ({ ...group, samples: group.samples.slice(0, samples) }));
  if (short.length <= groups) return short;
  const sorted = short.toSorted(
    (a, b) => Number(a.reason === OTHERS) - Number(b.reason === OTHERS) || b.images - a.images,
  );
  const rest = sorted.slice(groups - 1);
  const sum = (field: "images" | "bytes"): number => rest.reduce((total, each) => total + each[field], 0);
  return [...sorted.slice(0, groups - 1), { reason: OTHERS, images: sum("images"), bytes: sum("bytes"), samples: [] }];
}

/** The groups with the most images; the others become one of each kind, of the rule `others`. */
function mostChanged(all: readonly ChangeGroup[], groups: number): ChangeGroup[] {
  if (all.length <= groups) return [...all];
  const sorted = all.toSorted((a, b) => Number(a.rule === OTHERS) - Number(b.rule === OTHERS) || b.images - a.images);
  const rest = new Map<ChangeGroup["how"], ChangeGroup>();
  for (const { how, images, bytes } of sorted.slice(groups - 1)) {
    const { images: before, bytes: sent } = rest.get(how) ?? { images: 0, bytes: 0 };
    rest.set(how, { rule: OTHERS, how, images: before + images, bytes: sent + bytes });
  }
  return [...sorted.slice(0, groups - 1), ...rest.values()];
}

const OTHERS = "others";
