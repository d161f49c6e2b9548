import * as vega from "vega"
import { compile, type TopLevelSpec } from "vega-lite"
import { theme } from "./theme.ts"

// The part of Vega's scene graph that its type declarations leave out.
interface SceneGraph {
  readonly textMetrics: { width(item: TextItem, text: string): number; canvas(use: boolean): void }
  readonly SVGStringRenderer: new () => {
    initialize(element: null, width: number, height: number, origin: readonly number[]): void
    render(scene: unknown): { svg(): string }
  }
}
interface Bounds {
  readonly x1: number
  readonly y1: number
  readonly x2: number
  readonly y2: number
}
interface TextItem {
  readonly fontSize?: number
  readonly fontWeight?: string | number
}
const { textMetrics, SVGStringRenderer } = vega as unknown as SceneGraph

/** The SVG document of a Vega-Lite spec in eidos's theme: synchronous, and the same text on every machine. */
export function renderSvg(spec: TopLevelSpec): string {
  const { spec: chart } = compile(spec, { config: theme, logger: vega.logger(vega.Error) })
  return withFixedMetrics(() => {
    const view = new vega.View(vega.parse(chart), { renderer: "none", logLevel: vega.Error }).run()
    const svg = draw(view.scenegraph() as unknown as { root: { bounds: Bounds } })
    view.finalize()
    return svg
  })
}

const padding = 12 // pixels

// Vega fits its frame in a later, asynchronous pass; the bounds of the drawn scene are known now and are the same.
function draw({ root }: { root: { bounds: Bounds } }): string {
  const { x1, y1, x2, y2 } = root.bounds
  const width = Math.ceil(x2 - x1) + 2 * padding
  const height = Math.ceil(y2 - y1) + 2 * padding
  const renderer = new SVGStringRenderer()
  renderer.initialize(null, width, height, [padding - Math.floor(x1), padding - Math.floor(y1)])
  return rounded(renderer.render(root).svg())
}

// Hundredths of a pixel are enough, and a third of the size of a scatter plot.
const rounded = (svg: string): string =>
  svg.replace(/ (?:d|transform)="[^"<>]*"/g, (attribute) => attribute.replace(/(\.\d\d)\d+/g, "$1"))

// Vega measures text with node-canvas where someone installed it; a chart must not depend on that.
function withFixedMetrics<T>(drawing: () => T): T {
  textMetrics.width = (item, text) => textWidth(String(text ?? ""), item)
  try {
    return drawing()
  } finally {
    textMetrics.canvas(true) // Vega's own default: a canvas where there is one
  }
}

/** About the width of a line of DejaVu Sans in pixels, from three classes of letters; never much too small. */
export function textWidth(text: string, { fontSize = 11, fontWeight }: TextItem): number {
  const ems = [...text].reduce(
    (sum, letter) => sum + (/[iljI.,:;'|! ()[\]]/.test(letter) ? 0.36 : /[mwMW%@–—]/.test(letter) ? 0.97 : 0.64),
    0,
  )
  return ems * fontSize * (fontWeight === "bold" ? 1.12 : 1)
}
