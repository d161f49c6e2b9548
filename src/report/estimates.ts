import type { Estimate } from "../core/estimate.ts"
import { grouped, partsOf } from "./headline.ts"
import { type Html, html } from "./html.ts"
import type { ReportInput } from "./input.ts"

/** The table of what was measured, baselines first, each number beside its kind and what it was measured on. */
export function estimatesTable({ estimates, evaluation, data }: ReportInput): Html {
  if (estimates.length === 0) return html``
  const baselinesFirst = [...estimates].sort((a, b) => rank(a) - rank(b))
  return html`<div class="wide" tabindex="0"><table class="estimates">
<caption>Lower is better for negative log-likelihoods, bits and errors. A bound marked ≤ says the exact value is no larger.</caption>
<thead><tr><th scope="col">Quantity</th><th scope="col" class="number">Value</th><th scope="col">Kind</th><th scope="col">Split</th><th scope="col" class="number">Events</th><th scope="col">Preprocessing</th></tr></thead>
<tbody>${baselinesFirst.map((estimate) => row(estimate, evaluation, data.preprocessing))}</tbody>
</table></div>`
}

const rank = ({ kind }: Estimate): number => (kind === "baseline" ? 0 : 1)

function row(estimate: Estimate, { split, n }: ReportInput["evaluation"], preprocessing: string): Html {
  const { value, worth } = partsOf(estimate)
  const note = estimate.note === undefined ? html`` : html`<small>${estimate.note}</small>`
  const error = estimate.kind === "estimate" && estimate.standardError !== undefined ? " ± s.e." : ""
  return html`<tr><th scope="row">${estimate.quantity}${note}</th><td class="number">${value}</td>
<td><span class="kind ${estimate.kind}">${worth}${error}</span></td><td>${split}</td><td class="number events">${grouped(n)}</td><td>${preprocessing}</td></tr>
`
}
