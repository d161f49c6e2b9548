import type { TopLevelSpec } from "vega-lite"
import { EidosError, ShapeError } from "../core/errors.ts"
import { permutation } from "../core/random.ts"
import { keepFinite, titled } from "./finite.ts"
import { renderSvg } from "./svg.ts"
import { classHues } from "./theme.ts"

/** Points of a plane and the classes they belong to, as data. */
export interface ScatterChart {
  readonly title: string
  /** [n, 2]. */
  readonly points: Float32Array
  /** Number of each point's class, below `classes.length`; points are of one colour without it. */
  readonly labels?: ArrayLike<number>
  readonly classes: readonly string[]
  /** Points drawn, chosen at random but always the same; 5000 unless told. */
  readonly maxPoints?: number
}

export const pointsDoNotFit = (title: string, numbers: number, labels: number): string =>
  `chart "${title}": ${numbers} coordinates and ${labels} labels came; two coordinates and one label a point are needed.`

export const noSuchClass = (title: string, label: number, classes: number): string =>
  `chart "${title}": a point has label ${label}, but there are ${classes} classes, numbered from 0.`

interface Dot {
  readonly x: number
  readonly y: number
  readonly class: string
}

/** The SVG of points coloured by class, one unit equally long on both axes. Throws EidosError when a label has no class or no point is finite. */
export function scatter(chart: ScatterChart): string {
  const n = chart.points.length / 2
  const labels = chart.labels?.length ?? n
  if (!Number.isInteger(n) || labels !== n)
    throw new ShapeError(pointsDoNotFit(chart.title, chart.points.length, labels))
  const { maxPoints = 5000 } = chart
  // A random order also keeps the last class from covering the others.
  const order = permutation({ seed: 0, name: "picture/scatter" }, n).subarray(0, maxPoints)
  const dots = Array.from(order, (i) => ({
    x: chart.points[2 * i]!,
    y: chart.points[2 * i + 1]!,
    class: classOf(chart, i),
  }))
  const { shown, note } = keepFinite(chart.title, dots, ({ x, y }) => [x, y])
  return renderSvg(specOf(chart, shown, [n > maxPoints ? `${maxPoints} of ${n} points` : "", note]))
}

function classOf({ title, labels, classes }: ScatterChart, i: number): string {
  if (labels === undefined) return ""
  const name = classes[labels[i]!]
  if (name === undefined) throw new EidosError("failed", noSuchClass(title, labels[i]!, classes.length))
  return name
}

function specOf(chart: ScatterChart, dots: readonly Dot[], notes: readonly string[]): TopLevelSpec {
  const frame = equalAspect(dots)
  return {
    data: { values: [...dots] },
    title: titled(chart.title, notes),
    width: frame.x.pixels,
    height: frame.y.pixels,
    mark: { type: "point", filled: true, size: dots.length > 1000 ? 12 : 26, opacity: 0.7, strokeWidth: 0 },
    encoding: {
      x: axisOf("x", frame.x.domain),
      y: axisOf("y", frame.y.domain),
      ...(chart.labels === undefined ? { color: { value: classHues[0] } } : classEncoding(chart.classes)),
    },
  }
}

const axisOf = (field: "x" | "y", domain: [number, number]) => ({
  field,
  type: "quantitative" as const,
  title: null,
  scale: { domain, nice: false, zero: false },
  axis: { tickCount: 6, domain: false, ticks: false },
})

// Beyond ten classes the hues come again with another shape.
function classEncoding(classes: readonly string[]) {
  const shapes = ["circle", "triangle-up", "square", "diamond", "cross"]
  const legend = { symbolSize: 70, symbolOpacity: 1, columns: Math.ceil(classes.length / 20), labelLimit: 260 }
  const encode = (range: string[]) => ({
    field: "class",
    type: "nominal" as const,
    title: null,
    scale: { domain: [...classes], range },
    legend,
  })
  return {
    color: encode(classes.map((_, i) => classHues[i % classHues.length]!)),
    ...(classes.length > 10 && { shape: encode(classes.map((_, i) => shapes[Math.floor(i / 10) % shapes.length]!)) }),
  }
}

interface Span {
  readonly domain: [number, number]
  readonly pixels: number
}

// The longer side has 520 pixels; the shorter has at least 200, its domain widened to keep units equal.
function equalAspect(dots: readonly Dot[]): { x: Span; y: Span } {
  const x = extent(dots.map((dot) => dot.x))
  const y = extent(dots.map((dot) => dot.y))
  const longest = Math.max(x.length, y.length) || 1
  const unit = 520 / (1.06 * longest) // 3 % of room at each end
  const span = ({ middle, length }: { middle: number; length: number }): Span => {
    const pixels = Math.max(200, Math.round(unit * (length + 0.06 * longest)))
    return { domain: [middle - pixels / unit / 2, middle + pixels / unit / 2], pixels }
  }
  return { x: span(x), y: span(y) }
}

function extent(values: readonly number[]): { middle: number; length: number } {
  const low = values.reduce((a, b) => Math.min(a, b))
  const high = values.reduce((a, b) => Math.max(a, b))
  return { middle: (low + high) / 2, length: high - low }
}
