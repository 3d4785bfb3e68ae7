import type { ComponentChildren } from "preact";
import type { Plan as PlanAnswer } from "../../../src/api/inspections/plan.ts";
import type { Verification } from "../../../src/api/inspections/verification.ts";
import { bytes, counted, dollars, duration, moment } from "../format.ts";
import { describeChange, describeProgress, readInspections } from "../inspections.ts";
import type { Finished, PlannedDestination, VerifiedDestination } from "../inspections.ts";
import type { Job } from "../jobs.ts";
import { DataTable } from "../parts/data-table.tsx";
import { JobActions } from "../parts/job-actions.tsx";
import { Answered, Nothing } from "../parts/notice.tsx";
import { useLive } from "../use-live.ts";

const EVERY_MS = 5_000;

/** What would be copied and deleted, and why the rest would not; and whether what was copied is whole. */
export function PlanPage() {
  const live = useLive("api/jobs", EVERY_MS, readInspections);
  return (
    <>
      {live.answer?.kind !== "on" && <h2>Plan</h2>}
      <Answered live={live}>
        {(found) =>
          found.kind === "off" ? (
            <Nothing>
              {found.why}. In the configuration: <code>stack.jobs: true</code>
            </Nothing>
          ) : (
            <div class="beside">
              <Inspected kind="plan" title="Plan" none="No plan has been made yet." jobs={found.jobs} of={found.plan}>
                {(finished) => <PlanResult finished={finished} />}
              </Inspected>
              <Inspected
                kind="verify"
                title="Verification"
                none="No verification has been made yet."
                jobs={found.jobs}
                of={found.verification}
              >
                {(finished) => <VerificationResult finished={finished} />}
              </Inspected>
            </div>
          )
        }
      </Answered>
    </>
  );
}

interface InspectedProps<Result> {
  readonly kind: MakersProps["kind"];
  readonly title: string;
  /** Said until one has finished. */
  readonly none: string;
  readonly jobs: readonly Job[];
  readonly of: { readonly running: MakersProps["running"]; readonly finished?: Result | undefined };
  readonly children: (finished: Result) => ComponentChildren;
}

/** The jobs that make a plan or a verification, and the newest that has finished. */
function Inspected<Result>({ kind, title, none, jobs, of, children }: InspectedProps<Result>) {
  const id = title.toLowerCase();
  return (
    <section aria-labelledby={id}>
      <h2 id={id}>{title}</h2>
      <Makers kind={kind} jobs={jobs} running={of.running} />
      {of.finished === undefined ? <Nothing>{none}</Nothing> : children(of.finished)}
    </section>
  );
}

interface MakersProps {
  readonly kind: "plan" | "verify";
  readonly jobs: readonly Job[];
  readonly running: PlanAnswer["running"];
}

/** The jobs that make it, and how far they are. */
function Makers({ kind, jobs, running }: MakersProps) {
  const makers = jobs.filter(({ task }) => task.kind === kind);
  if (makers.length === 0)
    return (
      <Nothing>
        No job makes one. Add a job: <code>npx freightliner jobs add NAME {kind}</code>
      </Nothing>
    );
  return (
    <ul class="rows">
      {makers.map(({ name }) => {
        const own = running.find(({ job }) => job === name);
        return (
          <li key={name}>
            <strong>{name}</strong>
            {own !== undefined && (
              <>
                <progress
                  {...(own.repositories.total === undefined
                    ? {}
                    : { max: Math.max(own.repositories.total, 1), value: own.repositories.done })}
                  aria-label={`progress of ${name}`}
                />
                <span class="detail">
                  {describeProgress(own)}
                  {!own.isWorking && ", goes on within minutes"}
                </span>
              </>
            )}
            <JobActions name={name} isRunning={own !== undefined} />
          </li>
        );
      })}
    </ul>
  );
}

/** When it was made, of what, and what could not be compared. */
function About({ finished }: { readonly finished: Finished }) {
  const { job, repository, startedAt, finishedAt, repositories, failed, interruptions } = finished;
  return (
    <>
      <p class="detail">
        Made {duration(Date.now() - finishedAt)} ago ({moment(finishedAt)}) by {job}, in{" "}
        {duration(finishedAt - startedAt)}, of {repository ?? counted(repositories, "repository", "repositories")}
        {interruptions > 0 && `, with ${counted(interruptions, "interruption")}`}.
      </p>
      {failed.count > 0 && (
        <p class="problem">
          {counted(failed.count, "name")} could not be compared:{" "}
          {failed.samples.map(({ name, problem }) => `${name} (${problem})`).join("; ")}
        </p>
      )}
    </>
  );
}

function PlanResult({ finished }: { readonly finished: NonNullable<PlanAnswer["finished"]> }) {
  const { isOfOtherConfiguration, hasChanges, destinations, withoutRule } = finished;
  return (
    <>
      <About finished={finished} />
      {isOfOtherConfiguration && (
        <p class="problem">The configuration has changed since. Run it again to see what it says now.</p>
      )}
      {!hasChanges && <p>Nothing would be copied or deleted.</p>}
      {destinations.map((each) => (
        <PlannedCard key={each.destination} planned={each} />
      ))}
      {withoutRule.count > 0 && (
        <p class="detail name">
          {counted(withoutRule.count, "repository", "repositories")} of the source without a rule:{" "}
          {withoutRule.samples.join(", ")}
          {withoutRule.count > withoutRule.samples.length && " …"}
        </p>
      )}
    </>
  );
}

function PlannedCard({ planned }: { readonly planned: PlannedDestination }) {
  const { destination, totals, cost, equal, changes, left, copies, deletes, later } = planned;
  return (
    <article class="card">
      <h3>{destination}</h3>
      <p>
        <strong>
          {counted(totals.copies, "copy", "copies")}, {counted(totals.deletes, "delete")}
        </strong>
        {totals.copies > 0 &&
          `: ${bytes(totals.bytes)} in ${counted(totals.blobs, "blob")}, ${dollars(cost.dollars)} at list prices, at least ${duration(cost.seconds * 1_000)}`}
      </p>
      <p class="detail">{counted(equal, "image")} equal at both ends</p>
      {changes.length > 0 && (
        <DataTable
          label={`changes at ${destination}`}
          heads={["Rule", "What is done", "Images", "Bytes"]}
          rows={changes.map(({ rule, how, images, bytes: size }) => ({
            key: `${rule} ${how}`,
            head: rule,
            cells: [describeChange(how), images, bytes(size)],
          }))}
        />
      )}
      <Left left={left} of={`images that stay as they are at ${destination}`} />
      <Names
        title={`The first ${counted(copies.length, "copy", "copies")}`}
        names={copies.map(({ repository, reference, to, as, bytes: size }) => ({
          name: `${repository}:${reference}`,
          about: `to ${to}:${as}, ${bytes(size)}`,
        }))}
      />
      <Names
        title={`The first ${counted(deletes.length, "delete")}`}
        names={deletes.map(({ to, tag, cause, rule }) => ({ name: `${to}:${tag}`, about: `${cause}, by ${rule}` }))}
      />
      <Names
        title={`${counted(later.count, "tag")} to be deleted later`}
        names={later.samples.map(({ name, dueAt, rule }) => ({ name, about: `from ${moment(dueAt)} on, by ${rule}` }))}
      />
    </article>
  );
}

/** Images that are left as they are, by rule and reason. */
function Left({ left, of }: { readonly left: PlannedDestination["left"]; readonly of: string }) {
  if (left.length === 0) return null;
  return (
    <DataTable
      label={of}
      heads={["Rule", "Why it stays as it is", "Images", "For example"]}
      rows={left.map(({ rule = "none", reason, why = reason, images, samples }) => ({
        key: `${rule} ${reason}`,
        head: rule,
        cells: [why, images, samples.join(", ")],
      }))}
    />
  );
}

interface NamesProps {
  readonly title: string;
  readonly names: readonly { readonly name: string; readonly about: string }[];
}

function Names({ title, names }: NamesProps) {
  if (names.length === 0) return null;
  return (
    <details>
      <summary>{title}</summary>
      <ul class="contained">
        {names.map(({ name, about }) => (
          <li key={name}>
            {name} <span class="detail">{about}</span>
          </li>
        ))}
      </ul>
    </details>
  );
}

function VerificationResult({ finished }: { readonly finished: NonNullable<Verification["finished"]> }) {
  const { samplePercent, hasFaults, destinations } = finished;
  return (
    <>
      <About finished={finished} />
      {samplePercent < 100 && (
        <p class="detail">Of the tags with equal digests, {samplePercent} % were compared to the last blob.</p>
      )}
      {!hasFaults && <p>What was compared is whole.</p>}
      {destinations.map((each) => (
        <VerifiedCard key={each.destination} verified={each} />
      ))}
    </>
  );
}

function VerifiedCard({ verified }: { readonly verified: VerifiedDestination }) {
  const { destination, tags, checked, faults, left, requested } = verified;
  const others = [
    [tags.unknown, "could not be compared"],
    [tags.notSampled, "not in the sample"],
    [tags.moved, "changed meanwhile"],
  ] as const;
  return (
    <article class={faults.length === 0 ? "card" : "card bad"}>
      <h3>{destination}</h3>
      <p>
        <strong>
          {counted(tags.equal, "tag")} whole, {tags.differ} with a fault
        </strong>
        {others.flatMap(([count, what]) => (count === 0 ? [] : [`, ${count.toLocaleString("en")} ${what}`])).join("")}
      </p>
      <p class="detail">
        {counted(checked.manifests, "manifest")}, {counted(checked.blobs, "blob")} and{" "}
        {counted(checked.referrers, "referrer")} compared
        {requested > 0 && `; ${counted(requested, "copy", "copies")} requested as a repair`}
      </p>
      {faults.map(({ kind, side, count, samples }) => (
        <Names
          key={`${kind} ${side ?? ""}`}
          title={`${counted(count, `faulty ${kind}`)}${side === undefined ? "" : " at the source, which no copy repairs"}`}
          names={samples.map(({ image, name, problem }) => ({ name: image, about: `${name}: ${problem}` }))}
        />
      ))}
      <Left left={left} of={`images that are to differ at ${destination}`} />
    </article>
  );
}
