import type { TopLevelSpec } from "vega-lite"
import type { EstimateKind } from "../core/estimate.ts"
import { keepFinite, titled } from "./finite.ts"
import { distinct, shortened } from "./names.ts"
import { renderSvg } from "./svg.ts"
import { hues, neutrals } from "./theme.ts"

/** One estimate as a bar; a bound is an upper one, as `formatEstimate` has it. */
export interface Bar {
  readonly label: string
  readonly kind: EstimateKind
  readonly value: number
  readonly standardError?: number
}

/** Estimates of one unit beside each other, as data. */
export interface BarChart {
  readonly title: string
  readonly unit: string
  readonly rows: readonly Bar[]
}

const kindColours: Record<EstimateKind, string> = {
  exact: hues[0],
  bound: hues[5],
  estimate: hues[2],
  baseline: neutrals.axis,
}

/** The SVG of horizontal bars, each saying what its number is worth, with whiskers of one standard error. Throws EidosError("failed") when no value is finite. */
export function bars(chart: BarChart): string {
  const { shown, note } = keepFinite(chart.title, chart.rows, ({ value, standardError = 0 }) => [value, standardError])
  const whiskers = shown.some((row) => row.standardError !== undefined) ? "whiskers: ± 1 standard error" : ""
  return renderSvg(specOf(chart, shown, [whiskers, note]))
}

function specOf(chart: BarChart, rows: readonly Bar[], notes: readonly string[]): TopLevelSpec {
  return {
    data: { values: dataOf(rows) },
    title: titled(chart.title, notes),
    width: 480,
    height: { step: 34 },
    encoding: { y: rowEncoding },
    layer: [
      {
        mark: { type: "bar", height: 18 },
        encoding: { x: valueEncoding(chart.unit, rows), color: kindEncoding(rows) },
      },
      ...whiskerLayers,
      {
        mark: { type: "text", align: "left", baseline: "middle", dx: 8, fontSize: 11, color: neutrals.ink },
        encoding: { x: { field: "end", type: "quantitative" }, text: { field: "written" } },
      },
    ],
  }
}

function dataOf(rows: readonly Bar[]) {
  const names = distinct(rows.map(({ label, kind }) => `${shortened(label)} (${kind})`))
  return rows.map(({ kind, value, standardError: error = 0 }, row) => ({
    name: names[row]!,
    kind,
    value,
    written: `${kind === "bound" ? "≤ " : ""}${Number(value.toPrecision(5))}`.replaceAll("-", "−"),
    low: value - error,
    high: value + error,
    end: Math.max(0, value + error),
    certain: error === 0,
  }))
}

const rowEncoding = {
  field: "name",
  type: "nominal",
  title: null,
  sort: null,
  axis: { domain: false, ticks: false, labelLimit: 0, labelColor: neutrals.ink },
} as const

function valueEncoding(unit: string, rows: readonly Bar[]) {
  const ends = rows.flatMap(({ value, standardError = 0 }) => [value - standardError, value + standardError])
  const low = Math.min(0, ...ends)
  const high = Math.max(0, ...ends)
  const room = 0.18 * (high - low || 1) // for the number written at the end of the longest bar
  return {
    field: "value",
    type: "quantitative" as const,
    title: unit,
    scale: { domain: [low, high + room], nice: false },
    axis: { tickCount: 6, domain: false, ticks: false },
  }
}

function kindEncoding(rows: readonly Bar[]) {
  const kinds = (Object.keys(kindColours) as EstimateKind[]).filter((kind) => rows.some((row) => row.kind === kind))
  return {
    field: "kind",
    type: "nominal" as const,
    title: null,
    scale: { domain: kinds, range: kinds.map((kind) => kindColours[kind]) },
    legend: { symbolType: "square", symbolSize: 110, orient: "top" as const, offset: 14 },
  }
}

const whisker = (mark: { type: "rule" | "tick"; strokeWidth?: number; thickness?: number; size?: number }) =>
  ({ ...mark, color: neutrals.ink }) as const

const whiskerLayers = [
  { mark: whisker({ type: "rule", strokeWidth: 1.5 }), ends: { x: "low", x2: "high" } },
  { mark: whisker({ type: "tick", thickness: 1.5, size: 8 }), ends: { x: "low" } },
  { mark: whisker({ type: "tick", thickness: 1.5, size: 8 }), ends: { x: "high" } },
].map(({ mark, ends }) => ({
  transform: [{ filter: "!datum.certain" }],
  mark,
  encoding: {
    x: { field: ends.x, type: "quantitative" as const },
    ...(ends.x2 !== undefined && { x2: { field: ends.x2 } }),
  },
}))
