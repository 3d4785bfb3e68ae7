import { useState } from "preact/hooks";
import { Answered } from "../parts/notice.tsx";
import { useLive } from "../use-live.ts";

interface Rules {
  readonly configuration: string;
  readonly rules: readonly {
    readonly name: string;
    readonly destinations: readonly string[];
    readonly gate?: readonly string[];
  }[];
}

interface Explanation {
  readonly destinations: readonly {
    readonly destination: string;
    readonly decision: "selected" | "waiting" | "attached" | "undecided" | "not-selected";
    readonly rule?: string;
    readonly reason?: string;
  }[];
  readonly rules: readonly { readonly rule: string; readonly verdict: string; readonly reason?: string }[];
}

const EVERY_MS = 30_000;

const DECISIONS: Readonly<Record<Explanation["destinations"][number]["decision"], string>> = {
  selected: "is copied",
  waiting: "is copied later, when it is old enough",
  attached: "is copied if it is attached to an image that is copied",
  undecided: "depends on what only its push says",
  "not-selected": "is not copied",
};

/** The rules in force, and what they say about an image. */
export function RulesPage() {
  const live = useLive<Rules>("api/rules", EVERY_MS);
  return (
    <section aria-labelledby="rules">
      <h2 id="rules">Rules</h2>
      <Answered live={live}>
        {({ configuration, rules }) => (
          <>
            <p class="detail">Configuration {configuration}, in the order of their priority.</p>
            <ol class="rules">
              {rules.map(({ name, destinations, gate }) => (
                <li key={name}>
                  <strong>{name}</strong> to {destinations.join(", ")}
                  {gate !== undefined && <span class="detail"> if it has {gate.join(", and ")}</span>}
                </li>
              ))}
            </ol>
          </>
        )}
      </Answered>
      <Explain />
    </section>
  );
}

function Explain() {
  const [image, setImage] = useState("");
  const at = image.includes("@") ? image.lastIndexOf("@") : image.lastIndexOf(":");
  const query = new URLSearchParams({ repository: image.slice(0, at), reference: image.slice(at + 1) });
  const live = useLive<Explanation>(at > 0 ? `api/explain?${query.toString()}` : undefined, EVERY_MS);
  return (
    <>
      <h3>What happens to an image?</h3>
      <form
        class="filters"
        onSubmit={(event) => {
          event.preventDefault();
          const given = new FormData(event.currentTarget).get("image");
          setImage(typeof given === "string" ? given.trim() : "");
        }}
      >
        <label>
          Image of the source
          <input
            name="image"
            autocomplete="off"
            spellcheck={false}
            placeholder="team/app:v1"
            required
            pattern=".+[:@].+"
          />
        </label>
        <button type="submit">Explain</button>
      </form>
      {image !== "" && (
        <Answered live={live}>{(explanation) => <Explained image={image} explanation={explanation} />}</Answered>
      )}
    </>
  );
}

function Explained({ image, explanation }: { readonly image: string; readonly explanation: Explanation }) {
  const { destinations, rules } = explanation;
  const verdicts = rules.map(({ rule, verdict, reason }) => `${rule}: ${verdict}${reason ? ` (${reason})` : ""}`);
  return (
    <ul class="rows" aria-live="polite">
      {destinations.map(({ destination, decision, rule, reason }) => (
        <li key={destination}>
          <strong>{destination}</strong>
          <span>
            {image} {DECISIONS[decision]}
            {rule === undefined ? "" : `, by ${rule}`}
            {reason === undefined ? "" : ` (${reason})`}
          </span>
          <span class="detail">{verdicts.join("; ")}</span>
        </li>
      ))}
    </ul>
  );
}
