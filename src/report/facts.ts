import { entries } from "../core/tree.ts"
import { type Html, html } from "./html.ts"
import type { Fact, ReportInput } from "./input.ts"

/** A two-column table of facts; nothing when there are none. */
export function factsTable(caption: string, facts: readonly Fact[]): Html {
  if (facts.length === 0) return html``
  const rows = facts.map(
    ({ label, value }) => html`<tr><th scope="row">${label}</th><td>${value}</td></tr>
`,
  )
  return html`<div class="wide" tabindex="0"><table class="pairs"><caption>${caption}</caption><tbody>${rows}</tbody></table></div>`
}

/** Leaves of a nested configuration as facts named by their paths, as in `optimizer.rate`; lists of numbers stay whole. */
export function configFacts(config: object): Fact[] {
  const isLeaf = (node: unknown): node is unknown => !isBranch(node)
  const leaves = isLeaf(config) ? [] : entries(config, isLeaf)
  return leaves.map(({ path, value }) => ({ label: path, value: written(value) }))
}

function isBranch(node: unknown): boolean {
  if (typeof node !== "object" || node === null) return false
  const children = Object.values(node)
  return children.length > 0 && !(Array.isArray(node) && children.every((child) => typeof child !== "object"))
}

function written(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(String).join(", ")}]`
  return typeof value === "object" && value !== null ? JSON.stringify(value) : String(value)
}

/** What is needed to make the run again: the command, the seeds and the digest of the data. */
export function receipt({ command, config, data }: ReportInput): Html {
  const seeds = configFacts(config).filter(({ label }) => /(^|\.)seed$/.test(label))
  const facts = [...seeds, { label: "data", value: data.name }, { label: "data digest", value: data.digest }]
  return html`<p>This command makes the run again.</p><pre class="command" tabindex="0"><code>${command}</code></pre>
${factsTable("What the command rests on", facts)}`
}
