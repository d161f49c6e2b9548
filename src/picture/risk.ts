import type { TopLevelSpec } from "vega-lite"
import { keepFinite, titled } from "./finite.ts"
import { distinct, shortened } from "./names.ts"
import { renderSvg } from "./svg.ts"
import { hues } from "./theme.ts"

/** One way of rejecting: risk over coverage, both shares. */
export interface RiskLine {
  readonly name: string
  readonly points: readonly { readonly coverage: number; readonly risk: number }[]
}

/** Risk–coverage curves, as data. */
export interface RiskChart {
  readonly title: string
  readonly lines: readonly RiskLine[]
}

const mostPoints = 500

/** The SVG of risk–coverage curves; of a long curve every so-manieth point. Throws EidosError("failed") when no value is finite. */
export function riskCurves({ title, lines }: RiskChart): string {
  const names = distinct(lines.map(({ name }) => shortened(name)))
  const points = lines.flatMap((line, i) => spread(line.points).map((point) => ({ ...point, name: names[i]! })))
  const { shown, note } = keepFinite(title, points, ({ coverage, risk }) => [coverage, risk])
  return renderSvg(specOf(titled(title, ["risk: share of wrong labels among those given", note]), shown, names))
}

const spread = <T>(points: readonly T[]): T[] => {
  const every = Math.ceil(points.length / mostPoints)
  return points.filter((_, i) => i % every === 0 || i === points.length - 1)
}

const specOf = (
  title: { text: string; subtitle?: string },
  values: readonly object[],
  names: readonly string[],
): TopLevelSpec => ({
  data: { values: [...values] },
  title,
  width: 460,
  height: 280,
  mark: { type: "line", strokeWidth: 2, strokeJoin: "round" },
  encoding: {
    x: {
      field: "coverage",
      type: "quantitative",
      title: "coverage: share of data that get a label",
      scale: { domain: [0, 1] },
      axis: { grid: false, format: "%" },
    },
    y: {
      field: "risk",
      type: "quantitative",
      title: "risk",
      axis: {
        format: "%",
        titleAngle: 0,
        titleAnchor: "start",
        titleY: -10,
        titleX: 0,
        titleAlign: "left",
        domain: false,
        ticks: false,
      },
    },
    color: {
      field: "name",
      type: "nominal",
      title: null,
      scale: { domain: [...names], range: names.map((_, i) => hues[i % hues.length]!) },
      legend: { symbolType: "stroke", symbolStrokeWidth: 3, symbolSize: 220, labelLimit: 0 },
    },
  },
})
