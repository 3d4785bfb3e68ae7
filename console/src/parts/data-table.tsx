/** A row: what it is about, and its cells in the order of the other heads. */
export interface DataRow {
  readonly key: string | number;
  readonly head: string;
  readonly cells: readonly (string | number)[];
}

interface DataTableProps {
  readonly label: string;
  readonly heads: readonly string[];
  readonly rows: readonly DataRow[];
}

/** Numbers in a table that scrolls sideways where it is too wide. */
export function DataTable({ label, heads, rows }: DataTableProps) {
  return (
    <div class="scroll" tabIndex={0} role="region" aria-label={label}>
      <table>
        <thead>
          <tr>
            {heads.map((head) => (
              <th key={head} scope="col">
                {head}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map(({ key, head: about, cells }) => (
            <tr key={key}>
              <th scope="row">{about}</th>
              {cells.map((cell, index) => (
                <td key={heads[index + 1]}>{cell}</td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
