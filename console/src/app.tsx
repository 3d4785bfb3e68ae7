import { useEffect } from "preact/hooks";
import type { MonthReport } from "../../src/api/schemas/month-report.ts";
import type { Status } from "../../src/api/schemas/status.ts";
import { clockTime, duration } from "./format.ts";
import { Charts } from "./pages/charts.tsx";
import { DeadLetters } from "./pages/letters.tsx";
import { Goal } from "./pages/goal.tsx";
import { JobHistory, JobsPage } from "./pages/jobs.tsx";
import { Overview } from "./pages/overview.tsx";
import { PlanPage } from "./pages/plan.tsx";
import { RulesPage } from "./pages/rules.tsx";
import { Tag } from "./pages/tag.tsx";
import { Tags } from "./pages/tags.tsx";
import { useClock } from "./use-clock.ts";
import { useLive } from "./use-live.ts";
import type { Live } from "./use-live.ts";
import { addressOf, useRoute } from "./use-route.ts";
import type { Route } from "./use-route.ts";
import { verdictOf } from "./words.ts";

const EVERY_MS = 2_000;
const GOAL_EVERY_MS = 60_000;
/** A status that is older looks old, in milliseconds. */
const STALE_MS = 10_000;

const PAGES = [
  ["", "Overview"],
  ["tags", "Tags"],
  ["charts", "Charts"],
  ["plan", "Plan"],
  ["letters", "Dead letters"],
  ["rules", "Rules"],
  ["jobs", "Jobs"],
  ["goal", "Monthly goal"],
] as const;

/** The console: the verdict first, then one page. */
export function App() {
  const route = useRoute();
  const status = useLive<Status>("api/status", EVERY_MS);
  const goal = useLive<MonthReport>("api/slo", GOAL_EVERY_MS);
  const now = useClock();
  const isStale = status.at > 0 && now - status.at > STALE_MS;
  useSearchKey();
  return (
    <>
      <a class="skip" href="#page">
        To the page
      </a>
      <header>
        <h1>
          <a href={addressOf("")}>Freightliner</a>
        </h1>
        <nav aria-label="pages">
          {PAGES.map(([page, title]) => (
            <a key={page} href={addressOf(page)} aria-current={isOn(route, page) ? "page" : undefined}>
              {title}
            </a>
          ))}
        </nav>
      </header>
      <Verdict status={status} lag={goal.answer && lagOf(goal.answer)} isStale={isStale} now={now} />
      <main id="page" tabIndex={-1} class={isStale ? "stale" : ""}>
        <Page route={route} status={status} />
      </main>
    </>
  );
}

const isOn = ({ page }: Route, name: string): boolean => page === name || (page === "tag" && name === "tags");

/** The highest lag of all destinations that 95 of 100 pushes did not exceed; seconds. */
function lagOf({ destinations }: MonthReport): number | undefined {
  const lags = destinations.flatMap(({ lagSeconds }) => (lagSeconds === undefined ? [] : [lagSeconds.p95]));
  return lags.length === 0 ? undefined : Math.max(...lags);
}

interface VerdictProps {
  readonly status: Live<Status>;
  readonly lag: number | undefined;
  readonly isStale: boolean;
  readonly now: number;
}

function Verdict({ status: { answer, at, problem }, lag, isStale, now }: VerdictProps) {
  if (answer === undefined)
    return (
      <p class={problem === undefined ? "verdict busy" : "verdict bad"} role="status">
        {problem ?? "Reading the state of the stack …"}
      </p>
    );
  if (isStale)
    return (
      <p class="verdict old">
        {/* A screen reader says the sentence once, and not each second. */}
        <span role="status">
          No answer: this is the state of {clockTime(at)}. {problem}
        </span>{" "}
        <span class="detail">{duration(now - at)} old</span>
      </p>
    );
  const { tone, text } = verdictOf(answer);
  const p95 = lag === undefined ? "" : `, p95 lag ${duration(lag * 1_000)} this month`;
  return (
    <p class={`verdict ${tone}`} role="status">
      {text}
      {tone === "good" && p95}
    </p>
  );
}

/** Pages that are about one thing only. */
const PLAIN = new Map([
  ["plan", PlanPage],
  ["letters", DeadLetters],
  ["rules", RulesPage],
  ["goal", Goal],
]);

function Page({ route: { page, about }, status }: { readonly route: Route; readonly status: Live<Status> }) {
  switch (page) {
    case "":
      return status.answer === undefined ? null : <Overview status={status.answer} />;
    case "tags":
      return <Tags key={about} state={about} />;
    case "tag":
      return about === undefined ? <Tags state={undefined} /> : <Tag key={about} tag={about} status={status.answer} />;
    case "charts":
      return <Charts period={about} />;
    case "jobs":
      return about === undefined ? <JobsPage /> : <JobHistory key={about} name={about} />;
    default: {
      const Plain = PLAIN.get(page);
      return Plain === undefined ? (
        <p class="none">
          There is no such page. <a href={addressOf("")}>To the overview</a>
        </p>
      ) : (
        <Plain />
      );
    }
  }
}

/** The page of the search is drawn some frames after its address has changed. */
const FRAMES = 60;

function focusSearch(frames: number): void {
  const search = document.getElementById("search");
  if (search !== null) search.focus();
  else if (frames > 0) requestAnimationFrame(() => focusSearch(frames - 1));
}

/** `/` begins a search, on any page, as long as nothing is being typed. */
function useSearchKey(): void {
  useEffect(() => {
    function find({ key, target, ctrlKey, metaKey, altKey }: KeyboardEvent, prevent: () => void): void {
      const isTyping = target instanceof HTMLElement && /^(?:INPUT|SELECT|TEXTAREA)$/.test(target.tagName);
      if (key !== "/" || isTyping || ctrlKey || metaKey || altKey) return;
      prevent();
      if (document.getElementById("search") === null) location.hash = addressOf("tags");
      focusSearch(FRAMES);
    }
    const listen = (event: KeyboardEvent): void => find(event, () => event.preventDefault());
    addEventListener("keydown", listen);
    return () => removeEventListener("keydown", listen);
  }, []);
}
