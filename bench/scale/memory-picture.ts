/** Resident memory over training steps as a chart. */
import { writeFileSync } from "node:fs"
import type { TopLevelSpec } from "vega-lite"
import { svgToPng } from "../../src/picture/raster.ts"
import { renderSvg } from "../../src/picture/svg.ts"
import { hues } from "../../src/picture/theme.ts"
import type { MemoryCourse } from "./memory.ts"

const chart = (courses: readonly MemoryCourse[]): TopLevelSpec => ({
  data: {
    values: courses.flatMap(({ provider, readings }) =>
      readings.map(([step, megabytes]) => ({ provider, step, megabytes })),
    ),
  },
  title: {
    text: "Memory while training",
    subtitle: "resident, of the process or of the tab's process; on WebGPU with that of the device",
  },
  width: 480,
  height: 220,
  mark: { type: "line", strokeWidth: 2, point: { size: 24, filled: true } },
  encoding: {
    x: { field: "step", type: "quantitative", title: "step", axis: { grid: false } },
    y: { field: "megabytes", type: "quantitative", title: "MB", scale: { zero: true } }, // from zero, so that growth shows in proportion
    color: {
      field: "provider",
      type: "nominal",
      title: null,
      legend: { labelLimit: 0 },
      scale: { domain: courses.map(({ provider }) => provider), range: hues.slice(0, courses.length) },
    },
  },
})

/** Writes the chart as PNG. */
export const drawMemory = (courses: readonly MemoryCourse[], file: string): void =>
  writeFileSync(file, svgToPng(renderSvg(chart(courses))))
