import { estimatesTable } from "./estimates.ts"
import { configFacts, factsTable, receipt } from "./facts.ts"
import { chartFigure, curveFigure, galleriesOf } from "./figures.ts"
import { headline } from "./headline.ts"
import { type Html, html, trusted } from "./html.ts"
import type { ReportInput } from "./input.ts"
import { style } from "./style.ts"

export type { ReportInput } from "./input.ts"

interface Section {
  readonly heading: string
  readonly body: Html
}

/**
 * One self-contained HTML page about a run: no script, no request, light and dark, for screens, phones and paper.
 * The same input gives the same page. Throws EidosError for a picture that is no PNG and a drawing that could run or load something.
 */
export function renderReport(input: ReportInput): string {
  const sections = sectionsOf(input).filter(({ body }) => body.html !== "")
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; img-src data:">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${input.title}</title>
<style>${trusted(style)}</style>
</head>
<body>
${headline(input)}
<nav aria-label="Sections">${sections.map(({ heading }) => html`<a href="#${idOf(heading)}">${heading}</a>`)}</nav>
<main>
${sections.map(rendered)}
</main>
<footer>Made by eidos. Every number above says what kind of number it is.</footer>
</body>
</html>
`.html
}

function sectionsOf(input: ReportInput): Section[] {
  return [
    { heading: "Estimates", body: estimatesTable(input) },
    { heading: "Learning curves", body: html`${input.curves.map(curveFigure)}` },
    { heading: "Charts", body: html`${(input.charts ?? []).map(chartFigure)}` },
    ...galleriesOf(input.pictures),
    { heading: "Configuration", body: factsTable("Every setting of the run", configFacts(input.config)) },
    { heading: "Timing", body: factsTable("Where the time went", input.timing) },
    { heading: "Environment", body: factsTable("Where the run was made", input.environment) },
    { heading: "Receipt", body: receipt(input) },
  ]
}

const idOf = (heading: string): string => heading.toLowerCase().replaceAll(" ", "-")

const rendered = ({ heading, body }: Section): Html =>
  html`<section id="${idOf(heading)}" aria-labelledby="${idOf(heading)}-heading"><h2 id="${idOf(heading)}-heading">${heading}</h2>
${body}
</section>
`
