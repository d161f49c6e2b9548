/** A scoreboard as one self-contained page: no script, no request. */
import { type Html, html, trusted } from "./html.ts"
import { style } from "./style.ts"

/** One line of the page: a cell for each column, a strip of samples, and its receipt. */
export interface BoardPageRow {
  readonly cells: readonly string[]
  readonly note: string
  /** PNG file of samples, with what it shows for those who cannot see it. */
  readonly strip?: { readonly png: Uint8Array; readonly alt: string }
  /** The command line that makes the line again, and what it gives. */
  readonly command: string
  readonly repeats: string
  /** Facts of the receipt, as label and value. */
  readonly receipt: readonly (readonly [label: string, value: string])[]
}

/** Everything the page says; plain data. */
export interface BoardPage {
  readonly title: string
  readonly lede: string
  readonly columns: readonly string[]
  readonly groups: readonly { readonly heading: string; readonly rows: readonly BoardPageRow[] }[]
  readonly footnotes: readonly string[]
}

const boardStyle = `
header,main,footer{max-width:1400px}
.board td,.board th{padding:.5rem 1.1rem .5rem 0;vertical-align:middle}
.board .group th{padding-top:1.5rem;color:var(--muted);font-size:.8rem;font-weight:600}
.board td.number{text-align:right}
.board img{image-rendering:pixelated;height:2.2rem;border-radius:2px;display:block}
.board .note td{border-bottom:1px solid var(--grid);padding-top:0;color:var(--muted);font-size:.84rem;white-space:normal}
.board .line th,.board .line td{border-bottom:0;white-space:nowrap}
summary{cursor:pointer;color:var(--accent);font-size:.84rem}
details pre{margin:.6rem 0}
details dl{display:grid;grid-template-columns:max-content 1fr;gap:.1rem 1.4rem;margin:0;font-size:.84rem;overflow-wrap:anywhere}
`

/** The page of a scoreboard. The same input gives the same page. */
export function renderBoard({ title, lede, columns, groups, footnotes }: BoardPage): string {
  const wide = columns.length + 1
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; img-src data:">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title}</title>
<style>${trusted(style)}${trusted(boardStyle)}</style>
</head>
<body>
<header><p class="eyebrow">eidos board</p><h1>${title}</h1><p class="lede">${lede}</p></header>
<main><div class="wide" tabindex="0"><table class="board">
<thead><tr>${columns.map((name, i) => html`<th scope="col"${trusted(i > 0 ? ' class="number"' : "")}>${name}</th>`)}<th scope="col">Samples</th></tr></thead>
${groups.map(({ heading, rows }) => html`<tbody><tr class="group"><th scope="colgroup" colspan="${wide}">${heading}</th></tr>${rows.map((row) => lineOf(row, wide))}</tbody>`)}
</table></div></main>
<footer>${footnotes.map((note) => html`<p>${note}</p>`)}</footer>
</body>
</html>
`.html
}

function lineOf({ cells, note, strip, command, repeats, receipt }: BoardPageRow, wide: number): Html {
  const [name, ...others] = cells
  const picture = strip
    ? html`<img src="data:image/png;base64,${Buffer.from(strip.png).toString("base64")}" alt="${strip.alt}">`
    : html``
  return html`<tr class="line"><th scope="row">${name!}</th>${others.map((cell) => html`<td class="number">${cell}</td>`)}<td>${picture}</td></tr>
<tr class="note"><td colspan="${wide}">${note}<details><summary>Receipt</summary><pre class="command">${command}</pre><p>This command makes the line again, ${repeats}.</p><dl>${receipt.map(([label, value]) => html`<dt>${label}</dt><dd>${value}</dd>`)}</dl></details></td></tr>
`
}
