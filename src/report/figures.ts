import { EidosError } from "../core/errors.ts"
import { type CurveChart, curves } from "../picture/chart.ts"
import { type Html, html } from "./html.ts"
import { inertSvg } from "./inert-svg.ts"
import type { Chart, Picture } from "./input.ts"

/** A drawing in the page, in the page's colours. */
export const chartFigure = ({ title, caption, svg }: Chart): Html =>
  html`<figure class="chart"><div class="wide" role="img" aria-label="${title}" tabindex="0">${inertSvg(title, svg)}</div>${captionOf(caption)}</figure>
`

/** Learning curves in the page; curves that cannot be drawn leave the sentence that says why. */
export function curveFigure(chart: CurveChart): Html {
  try {
    const splits = [...new Set(chart.series.map(({ split }) => split))].join(" and ")
    const caption = `${chart.title} in ${chart.unit} over training steps, on ${splits} data.`
    return chartFigure({ title: chart.title, caption, svg: curves(chart) })
  } catch (error) {
    if (error instanceof EidosError) return html`<p class="refused">${error.message}</p>`
    throw error
  }
}

const captionOf = (caption: string): Html => (caption === "" ? html`` : html`<figcaption>${caption}</figcaption>`)

const galleries: readonly (readonly [heading: string, titles: RegExp])[] = [
  ["Training film", /\bfilm\b/i],
  ["Samples", /\bsamples?\b/i],
  ["Reconstructions", /reconstruct/i],
  ["Traversals", /travers|interpolat/i],
  ["Manifold", /manifold/i],
  ["Other pictures", /^/],
]

/** Pictures under the headings their titles belong to, empty headings left out. */
export function galleriesOf(pictures: readonly Picture[]): { heading: string; body: Html }[] {
  const headingOf = ({ title }: Picture): string => galleries.find(([, titles]) => titles.test(title))![0]
  return galleries
    .map(([heading]) => ({ heading, shown: pictures.filter((picture) => headingOf(picture) === heading) }))
    .filter(({ shown }) => shown.length > 0)
    .map(({ heading, shown }) => ({
      heading,
      body: html`<div class="gallery">${shown.map((picture) => pictureFigure(picture, shown.length === 1 ? heading : ""))}</div>`,
    }))
}

function pictureFigure({ title, caption, alt, png, still }: Picture, heading: string): Html {
  const { width, height } = sizeOfPng(title, png)
  const name = title.toLowerCase() === heading.toLowerCase() ? html`` : html`<h3>${title}</h3>`
  const image = html`<img src="${dataUri(png)}" alt="${alt}" width="${width}" height="${height}">`
  const shown = still
    ? html`<picture><source media="print, (prefers-reduced-motion: reduce)" srcset="${dataUri(still)}">${image}</picture>`
    : image
  return html`<figure class="picture" style="--width:${width}px">${name}
${shown}${captionOf(caption)}</figure>
`
}

const dataUri = (png: Uint8Array): string => `data:image/png;base64,${Buffer.from(png).toString("base64")}`

export const notAPng = (title: string): string => `report: the picture "${title}" is not a PNG file.`

// The IHDR chunk comes first: width and height are the big-endian words at bytes 16 and 20.
function sizeOfPng(title: string, png: Uint8Array): { width: number; height: number } {
  if (png.length < 24 || png[0] !== 0x89 || png[1] !== 0x50) throw new EidosError("data", notAPng(title))
  const bytes = new DataView(png.buffer, png.byteOffset)
  return { width: bytes.getUint32(16), height: bytes.getUint32(20) }
}
