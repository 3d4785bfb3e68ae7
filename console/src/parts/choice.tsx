/** One of a few, as a group of radio buttons. */
export function Choice<Name extends string>({
  label,
  options,
  chosen,
  choose,
}: {
  readonly label: string;
  readonly options: Readonly<Record<Name, string>>;
  readonly chosen: Name;
  readonly choose: (name: string) => void;
}) {
  return (
    <fieldset class="choice">
      <legend>{label}</legend>
      {Object.entries<string>(options).map(([name, text]) => (
        <label key={name}>
          <input type="radio" name={label} checked={name === chosen} onChange={() => choose(name)} /> {text}
        </label>
      ))}
    </fieldset>
  );
}
