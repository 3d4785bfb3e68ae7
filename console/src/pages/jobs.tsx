import { counted, duration, moment } from "../format.ts";
import { describeSchedule, describeTask, readJobs, runsPath } from "../jobs.ts";
import type { JobRun, JobRuns, Jobs, ListedJob } from "../jobs.ts";
import { JobActions } from "../parts/job-actions.tsx";
import { Answered, Nothing } from "../parts/notice.tsx";
import { useLive } from "../use-live.ts";
import { addressOf } from "../use-route.ts";

const EVERY_MS = 3_000;

/** All jobs of the stack, and how their last runs ended. */
export function JobsPage() {
  const live = useLive<Jobs>("api/jobs", EVERY_MS, readJobs);
  return (
    <section aria-labelledby="jobs">
      <h2 id="jobs">Jobs</h2>
      <Answered live={live}>{(jobs) => <List jobs={jobs} />}</Answered>
    </section>
  );
}

function List({ jobs }: { readonly jobs: Jobs }) {
  if (jobs.kind === "off")
    return (
      <>
        <Nothing>This stack has no jobs: copies and comparisons at times of your own, or on demand.</Nothing>
        <p>
          To switch them on, set <code>stack.jobs: true</code> in its configuration, and deploy it. The API says:{" "}
          {jobs.why}.
        </p>
      </>
    );
  if (jobs.jobs.length === 0)
    return (
      <Nothing>
        There is no job yet. Add one:{" "}
        <code>freightliner jobs add nightly reconcile --schedule "cron(0 3 * * ? *)"</code>
      </Nothing>
    );
  return (
    <ul class="cards">
      {jobs.jobs.map((each) => (
        <JobCard key={each.job.name} listed={each} />
      ))}
    </ul>
  );
}

function JobCard({ listed: { job, runs } }: { readonly listed: ListedJob }) {
  const last = runs?.history[0];
  return (
    <li class="card">
      <h3>
        <a href={addressOf("jobs", job.name)}>{job.name}</a>
      </h3>
      <p>It {describeTask(job.task)}.</p>
      <p class="detail">
        {describeSchedule(job)} · {job.timeoutSeconds} s at most
        {job.retries > 0 && ` · ${counted(job.retries, "retry", "retries")}`}
      </p>
      {runs?.running !== undefined && <Running running={runs.running} />}
      <p>
        {runs === undefined ? (
          "Its page has its runs."
        ) : last === undefined ? (
          "It has not run yet."
        ) : (
          <Ended run={last} />
        )}
      </p>
      <JobActions name={job.name} isRunning={runs?.running !== undefined} />
    </li>
  );
}

function Running({ running: { startedAt, isCancelled } }: { readonly running: NonNullable<JobRuns["running"]> }) {
  return (
    <p class="state copying">
      It runs for {duration(Date.now() - startedAt)}
      {isCancelled && ", and is to end"}.
    </p>
  );
}

/** States of the stylesheet. */
const toneOf = (kind: string): string =>
  ({ succeeded: "equal", overlapping: "skipped", cancelled: "skipped" })[kind] ?? "failed";

function Ended({ run: { outcome, endedAt } }: { readonly run: JobRun }) {
  return (
    <>
      <span class={`state ${toneOf(outcome.kind)}`}>{outcome.kind}</span>{" "}
      <span class="detail">{duration(Date.now() - endedAt)} ago</span>
    </>
  );
}

/** The runs of one job. */
export function JobHistory({ name }: { readonly name: string }) {
  const live = useLive<JobRuns>(runsPath(name), EVERY_MS);
  return (
    <section aria-labelledby="job">
      <p>
        <a href={addressOf("jobs")}>All jobs</a>
      </p>
      <h2 id="job" class="name">
        {name}
      </h2>
      <Answered live={live}>
        {({ running, history }) => (
          <>
            {running !== undefined && <Running running={running} />}
            <JobActions name={name} isRunning={running !== undefined} />
            <h3>Runs</h3>
            {history.length === 0 ? <Nothing>It has not run yet.</Nothing> : <Runs history={history} />}
          </>
        )}
      </Answered>
    </section>
  );
}

function Runs({ history }: Pick<JobRuns, "history">) {
  return (
    <ol class="timeline">
      {history.map(({ id, startedAt, endedAt, attempts, outcome }) => (
        <li key={id}>
          <p>
            <span class={`state ${toneOf(outcome.kind)}`}>{outcome.kind}</span>{" "}
            <span class="detail">
              {moment(startedAt)} · took {duration(endedAt - startedAt)} · {counted(attempts, "attempt")}
            </span>
          </p>
          {outcome.result !== undefined && <p>{outcome.result}</p>}
          {outcome.reason !== undefined && <p class="problem">{outcome.reason}</p>}
          <p class="detail">run {id}</p>
        </li>
      ))}
    </ol>
  );
}
