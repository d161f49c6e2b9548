import type { TopLevelSpec } from "vega-lite"
import { EidosError } from "../core/errors.ts"
import { keepFinite, titled } from "./finite.ts"
import { distinct, shortened } from "./names.ts"
import { renderSvg } from "./svg.ts"
import { hues } from "./theme.ts"
import { type Point, thin } from "./thin.ts"

/** One measured quantity on one split over the steps of training. */
export interface Series {
  /** What was measured, as in `loss` or `elbo`. */
  readonly name: string
  /** `train`, `validation` or `test`; all but `train` are drawn bold. */
  readonly split: string
  readonly points: readonly Point[]
}

/** Learning curves of one unit, as data. */
export interface CurveChart {
  readonly title: string
  readonly unit: string
  readonly series: readonly Series[]
  readonly logScale?: boolean
}

export const logOfNonPositive = (title: string, value: number): string =>
  `chart "${title}": a logarithmic scale was asked for, but ${value} has no logarithm. Draw it on a linear scale.`

/** The SVG of learning curves: training thin, validation bold with points. Throws EidosError for a log scale over values ≤ 0 and when no value is finite. */
export function curves(chart: CurveChart): string {
  const measured = chart.series.flatMap((series) => series.points.map((point) => ({ series, point })))
  const { shown, note } = keepFinite(chart.title, measured, ({ point }) => point)
  const lines = chart.series.map((series) =>
    thin(shown.filter((datum) => datum.series === series).map((datum) => datum.point)),
  )
  if (chart.logScale) checkPositive(chart.title, lines.flat())
  return renderSvg(specOf(chart, lines, note))
}

function checkPositive(title: string, points: readonly Point[]): void {
  const below = points.find(([, value]) => value <= 0)
  if (below) throw new EidosError("usage", logOfNonPositive(title, below[1]))
}

const isTrain = (series: Series): boolean => series.split === "train"

function specOf(chart: CurveChart, lines: readonly (readonly Point[])[], note: string): TopLevelSpec {
  const keys = keysOf(chart.series)
  const values = lines.flatMap((points, i) =>
    points.map(([step, value]) => ({ step, value, key: keys[i]!, bold: !isTrain(chart.series[i]!) })),
  )
  const few = Math.max(0, ...lines.filter((_, i) => !isTrain(chart.series[i]!)).map((line) => line.length)) <= 60
  return {
    data: { values },
    title: titled(chart.title, [note]),
    width: 620,
    height: 280,
    encoding: encodingOf(chart, keys),
    layer: [
      { transform: [{ filter: "!datum.bold" }], mark: { type: "line", strokeWidth: 1.25, strokeJoin: "round" } },
      {
        transform: [{ filter: "datum.bold" }],
        mark: { type: "line", strokeWidth: 2.5, strokeJoin: "round", point: few ? { size: 34, filled: true } : false },
      },
    ],
  }
}

const encodingOf = (chart: CurveChart, keys: readonly string[]) =>
  ({
    x: {
      field: "step",
      type: "quantitative",
      title: "step",
      axis: { grid: false, tickCount: 7, labelExpr: "format(datum.value, '~s')" },
    },
    y: {
      field: "value",
      type: "quantitative",
      title: chart.unit,
      scale: { zero: false, nice: !chart.logScale, type: chart.logScale ? "log" : "linear" },
      axis: {
        titleAngle: 0,
        titleAnchor: "start",
        titleAlign: "left",
        titleY: -10,
        titleX: 0,
        tickCount: 6,
        domain: false,
        ticks: false,
        labelOverlap: "greedy",
      },
    },
    color: {
      field: "key",
      type: "nominal",
      title: null,
      scale: { domain: [...keys], range: coloursOf(chart.series) },
      legend: { symbolType: "stroke", symbolStrokeWidth: 3, symbolSize: 220, labelLimit: 0 },
    },
  }) as const

// With one quantity its splits name the lines.
function keysOf(series: readonly Series[]): string[] {
  const one = new Set(series.map(({ name }) => name)).size === 1
  return distinct(series.map(({ name, split }) => (one ? split : `${shortened(name)}, ${split}`)))
}

// One quantity: a hue for each split. Several: a hue for each quantity. Either is paler where it was measured in training.
function coloursOf(series: readonly Series[]): string[] {
  const names = [...new Set(series.map(({ name }) => name))]
  return series.map((line, i) => {
    const hue = hues[(names.length === 1 ? i : names.indexOf(line.name)) % hues.length]!
    return isTrain(line) ? paler(hue) : hue
  })
}

// Half transparent instead of mixed with white: it recedes on a light page and on a dark one.
function paler(hue: string): string {
  const bytes = [1, 3, 5].map((at) => Number.parseInt(hue.slice(at, at + 2), 16))
  return `rgba(${bytes.join(",")},0.65)`
}
