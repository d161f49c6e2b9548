import type { Estimate } from "../core/estimate.ts"
import { grouped, partsOf } from "./headline.ts"
import { type Html, html } from "./html.ts"
import type { ReportInput } from "./input.ts"

/** The table of what was measured, baselines first, each number beside its kind; what it was measured on is said once, above. */
export function estimatesTable({ estimates, evaluation: { split, n }, data }: ReportInput): Html {
  if (estimates.length === 0) return html``
  const baselinesFirst = [...estimates].sort((a, b) => rank(a) - rank(b))
  return html`<p>All on the ${split} split, ${grouped(n)} events; ${data.preprocessing}.</p>
<div class="wide" tabindex="0"><table class="estimates">
<caption>Lower is better for negative log-likelihoods, bits and errors. A bound marked ≤ says the exact value is no larger.</caption>
<thead><tr><th scope="col">Quantity</th><th scope="col" class="number">Value</th><th scope="col">Kind</th></tr></thead>
<tbody>${baselinesFirst.map((estimate) => row(estimate))}</tbody>
</table></div>`
}

const rank = ({ kind }: Estimate): number => (kind === "baseline" ? 0 : 1)

function row(estimate: Estimate): Html {
  const { value, worth } = partsOf(estimate)
  const note = estimate.note === undefined ? html`` : html`<small>${estimate.note}</small>`
  const error = estimate.kind === "estimate" && estimate.standardError !== undefined ? " ± s.e." : ""
  return html`<tr><th scope="row">${estimate.quantity}${note}</th><td class="number">${value}</td>
<td><span class="kind ${estimate.kind}">${worth}${error}</span></td></tr>
`
}
