/** `docs/providers.json`, from which the tables of the README are written. */
import { cpus } from "node:os"
import { tolerances } from "./case.ts"
import type { Column } from "./columns.ts"
import { different, looser, type Verdict } from "./judge.ts"
import type { Outcome } from "./outcomes.ts"

/** A column that was run. */
export interface Run {
  readonly column: Column
  readonly outcomes: readonly Outcome[]
  readonly verdicts: readonly Verdict[]
}

/** Subject → largest error of its cases of a kind, or why one of them did not run. */
function worstBySubject(verdicts: readonly Verdict[], kind: Verdict["kind"]): Record<string, number | string> {
  const found: Record<string, number | string> = {}
  for (const { subject, error } of verdicts.filter((verdict) => verdict.kind === kind)) {
    const before = found[subject] ?? 0
    found[subject] = typeof before === "string" ? before : typeof error === "string" ? error : Math.max(before, error)
  }
  return found
}

const bySubject = (runs: readonly Run[], kind: Verdict["kind"]) => {
  const columns = runs.map(({ column, verdicts }) => [column.name, worstBySubject(verdicts, kind)] as const)
  return Object.fromEntries(
    Object.keys(columns[0]![1])
      .sort()
      .map((subject) => [subject, Object.fromEntries(columns.map(([name, found]) => [name, found[subject]!]))]),
  )
}

/** Programs by name where they are few, else the ops whose examples are among them. */
const differing = ({ verdicts }: Run, names: readonly string[]): string[] =>
  names.length <= 3
    ? [...names]
    : [
        ...new Set(
          verdicts.filter((one) => one.kind === "example" && names.includes(one.name)).map((one) => one.subject),
        ),
      ]

/** How many programs give the same bits in a column as in the one beside it, and which do not. */
function bits(run: Run, runs: readonly Run[]) {
  const other = runs.find(({ column }) => column.name === run.column.beside?.name)
  if (!other) return []
  const [names, programs] = [different(run.outcomes, other.outcomes), run.outcomes.length]
  const same = programs - names.length
  return [{ of: run.column.name, as: other.column.name, programs, same, differing: differing(run, names) }]
}

/** The record of all columns that ran; `runtime` and `browser` are versions. */
export function recordOf(runs: readonly Run[], versions: { readonly runtime: string; readonly browser: string }) {
  return {
    ...versions,
    processor: cpus()[0]?.model ?? "unknown",
    columns: runs.map(({ column: { name, provider } }) => ({
      name,
      provider,
      ...tolerances[provider],
      looser: looser(provider),
    })),
    ops: bySubject(runs, "example"),
    steps: bySubject(runs, "step"),
    laws: bySubject(runs, "law"),
    bits: runs.flatMap((run) => bits(run, runs)),
  }
}
