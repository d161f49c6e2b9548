import { type Estimate, formatEstimate } from "../core/estimate.ts"
import { type Html, html } from "./html.ts"
import type { ReportInput } from "./input.ts"

/** The top of the page: what was trained on what, and the number to remember. */
export function headline({ title, model, data, ...run }: ReportInput): Html {
  const counts = Object.entries(data.counts).map(([split, n]) => `${grouped(n)} ${split}`)
  return html`<header>
<p class="eyebrow">eidos report</p>
<h1>${title}</h1>
${result(run, data.name)}
<dl class="facts">
<div><dt>Model</dt><dd>${model.name}</dd></div>
<div><dt>Density</dt><dd>${model.density}</dd></div>
<div><dt>Sampling</dt><dd>${model.sampling}</dd></div>
<div><dt>Data</dt><dd>${data.name} <span class="quiet">${linked(data.source)}</span></dd></div>
<div><dt>Preprocessing</dt><dd>${data.preprocessing}</dd></div>
<div><dt>Splits</dt><dd>${counts.join(" · ")}</dd></div>
</dl>
${citations(model.cites)}
</header>`
}

/** A whole number with its thousands parted: `10,000`. */
export const grouped = (n: number): string => n.toLocaleString("en-US")

/** An estimate's value with its unit, and what it is worth, as `formatEstimate` writes them. */
export function partsOf(estimate: Estimate): { value: string; worth: string } {
  const written = formatEstimate(estimate)
  const cut = written.lastIndexOf(" (")
  return { value: written.slice(0, cut), worth: written.slice(cut + 2, -1) }
}

// The first number that is not a baseline is the one the run was made for.
function result({ estimates, evaluation }: Pick<ReportInput, "estimates" | "evaluation">, data: string): Html {
  const estimate = estimates.find(({ kind }) => kind !== "baseline")
  if (estimate === undefined) return html`<p class="lede">No likelihood or other estimate was made for this run.</p>`
  const { value, worth } = partsOf(estimate)
  return html`<p class="result"><strong>${value}</strong>
<span>${estimate.quantity} (${worth}) on ${grouped(evaluation.n)} events of the ${evaluation.split} split of ${data}</span></p>`
}

const citations = (cites: readonly string[]): Html =>
  cites.length === 0
    ? html``
    : html`<div class="cites"><h2>References</h2><ul>${cites.map((cite) => html`<li>${linked(cite)}</li>`)}</ul></div>`

/** Text whose addresses and arXiv numbers can be followed. */
export function linked(text: string): Html {
  const parts = text.split(/(https?:\/\/[^\s<>"')\]]+[^\s<>"')\].,;]|arXiv:\d{4}\.\d{4,5})/)
  return html`${parts.map((part, i) => (i % 2 === 0 ? part : html`<a href="${addressOf(part)}" rel="noreferrer">${part}</a>`))}`
}

const addressOf = (found: string): string => found.replace(/^arXiv:/, "https://arxiv.org/abs/")
