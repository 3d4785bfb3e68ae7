// Shows the status that the server sends. Names come from untrusted pushers, so they are set as text and never as HTML.

const NONE = "nothing";
const STATES = ["equal", "copying", "waiting", "failed", "skipped", "quarantined"];

/** @param {string} id */
const place = (id) => document.getElementById(id);

function element(name, text, className) {
  const made = document.createElement(name);
  if (text !== undefined) made.textContent = text;
  if (className !== undefined) made.className = className;
  return made;
}

function list(id, items) {
  const shown = items.length === 0 ? [element("li", NONE, "none")] : items;
  place(id).replaceChildren(...shown);
}

function item(title, detail, className) {
  const made = element("li", title, className);
  made.append(element("small", detail));
  return made;
}

const UNITS = ["B", "kB", "MB", "GB", "TB"];

function bytes(count) {
  const power = Math.min(Math.floor(Math.log10(Math.max(count, 1)) / 3), UNITS.length - 1);
  return `${(count / 1000 ** power).toFixed(power === 0 ? 0 : 1)} ${UNITS[power]}`;
}

function duration(ms) {
  const seconds = Math.max(ms, 0) / 1000;
  return seconds < 60 ? `${seconds.toFixed(1)} s` : `${Math.floor(seconds / 60)} min ${Math.floor(seconds % 60)} s`;
}

function outcome(last) {
  if (last === undefined) return "requested";
  return last.reason === undefined ? last.outcome : `${last.outcome}: ${last.reason}`;
}

function copying({ key, copyingMs, progress }) {
  const made = element("li", key);
  const bar = document.createElement("progress");
  bar.setAttribute("aria-label", `progress of ${key}`);
  if (progress !== undefined) {
    bar.max = Math.max(progress.bytes, 1);
    bar.value = progress.bytes === 0 ? 1 : Math.min(progress.bytesSent, progress.bytes);
  }
  const far =
    progress === undefined
      ? "started"
      : `${bytes(progress.bytesSent)} of ${bytes(progress.bytes)}, ${progress.blobsDone} of ${progress.blobs} blobs`;
  made.append(bar, element("small", copyingMs === undefined ? far : `${far}, for ${duration(copyingMs)}`));
  return made;
}

function pushes({ copies, oldestMs, late }) {
  if (copies === 0) return "no push pending";
  return `${copies} pushes pending, the oldest for ${duration(oldestMs)}${late === 0 ? "" : `, ${late} late`}`;
}

function destination({ name, circuit, intake, rate, queues, pending }) {
  const perSecond = rate === undefined ? "" : `, ${Math.round(rate)} requests a second at most`;
  const waiting = queues.map((queue) => `${queue.waiting} ${queue.priority} waiting, ${queue.inFlight} in flight`);
  return item(
    name,
    `circuit ${circuit.state}, queues ${intake.state}${perSecond}; ${waiting.join("; ")}; ${pushes(pending)}`,
    pending.late > 0 ? "failed" : undefined,
  );
}

function show({ at, tags, behind, arrived, destinations, deadLetters }) {
  const counts = [...STATES.map((state) => [state, tags[state]]), ["dead letters", deadLetters]];
  place("counts").replaceChildren(
    ...counts.map(([name, count]) => {
      const pair = document.createElement("div");
      pair.append(element("dt", name), element("dd", String(count)));
      return pair;
    }),
  );
  list("copying", behind.filter(({ state }) => state === "copying").map(copying));
  const others = behind.filter(({ state }) => state !== "copying");
  list(
    "behind",
    others.map(({ key, state, lagMs, last }) =>
      item(key, `${state}, pushed ${duration(lagMs)} ago, last: ${outcome(last)}`, state),
    ),
  );
  list("destinations", destinations.map(destination));
  list(
    "arrived",
    arrived.map((tag) => item(tag.key, `${tag.digest}, ${duration(at - tag.at)} ago`, "equal")),
  );
  place("state").textContent = `as of ${new Date(at).toLocaleTimeString()}`;
}

const looks = new EventSource("looks");
looks.addEventListener("message", ({ data }) => show(JSON.parse(data)));
looks.addEventListener("error", () => {
  place("state").textContent = "not connected: Freightliner is not running, or is being started again";
});
