/** The bench as a picture: how many times as long as eidos the fastest Python and JavaScript peers take, on a logarithmic axis. */
import { writeFileSync } from "node:fs"
import type { TopLevelSpec } from "vega-lite"
import { svgToPng } from "../src/picture/raster.ts"
import { renderSvg } from "../src/picture/svg.ts"
import { hues, neutrals } from "../src/picture/theme.ts"
import { batchesOf, fastest, type WorkloadResult } from "./results.ts"

interface Ratio {
  readonly workload: string
  readonly family: string
  readonly ratio: number
  readonly written: string
}

const ratiosOf = (result: WorkloadResult): Ratio[] =>
  batchesOf(result).flatMap((batch) => {
    const ours = fastest(result.rows, "eidos", batch)
    if (!ours) return []
    return (["Python", "JavaScript"] as const).flatMap((family) => {
      const theirs = fastest(result.rows, family, batch)
      if (!theirs) return []
      const ratio = theirs.ms / ours.ms
      const peer = theirs.name.split(" ")[0]
      const times = ratio.toFixed(ratio < 10 ? 2 : 0)
      return [
        {
          workload: `${result.title}, ${batch}`,
          family: `fastest ${family} peer`,
          ratio,
          written: `${times} (${peer})`,
        },
      ]
    })
  })

function chart(ratios: readonly Ratio[], processor: string): TopLevelSpec {
  const all = ["fastest Python peer", "fastest JavaScript peer"]
  const families = all.filter((name) => ratios.some(({ family }) => family === name))
  const y = {
    field: "workload",
    type: "nominal",
    title: null,
    sort: null,
    axis: { domain: false, ticks: false, labelLimit: 0, labelColor: neutrals.ink },
  } as const
  const yOffset = { field: "family", sort: families } as const
  const values = ratios.map(({ ratio }) => ratio)
  const domain = [Math.min(0.5, ...values) / 2.5, Math.max(2, ...values) * 3]
  const x = {
    field: "ratio",
    type: "quantitative",
    title: "time of a step, as a multiple of eidos'",
    scale: { type: "log", domain, nice: false },
  } as const
  return {
    data: { values: [...ratios] },
    title: {
      text: "One training step beside its peers",
      subtitle: `${processor}; right of the line is slower than eidos`,
    },
    width: 480,
    height: { step: 18 },
    layer: [
      { mark: { type: "rule", color: neutrals.axis }, encoding: { x: { datum: 1 } } },
      {
        mark: { type: "point", filled: true, size: 70 },
        encoding: {
          x,
          y,
          yOffset,
          color: {
            field: "family",
            type: "nominal",
            title: null,
            scale: { domain: families, range: families.map((name) => hues[all.indexOf(name)]!) },
            legend: { orient: "top" },
          },
        },
      },
      // Away from the line, so that no label lies across it.
      ...(["right", "left"] as const).map((side) => ({
        transform: [{ filter: side === "right" ? "datum.ratio >= 1" : "datum.ratio < 1" }],
        mark: {
          type: "text" as const,
          align: side === "right" ? ("left" as const) : ("right" as const),
          baseline: "middle" as const,
          dx: side === "right" ? 9 : -9,
          fontSize: 10,
          color: neutrals.ink,
        },
        encoding: { x, y, yOffset, text: { field: "written" } },
      })),
    ],
  }
}

/** Writes the picture of these results as PNG; nothing where no contestant has anything beside eidos. */
export function drawResults(results: readonly WorkloadResult[], file: string): boolean {
  const ratios = results.flatMap(ratiosOf)
  if (ratios.length === 0) return false
  writeFileSync(file, svgToPng(renderSvg(chart(ratios, results[0]!.processor))))
  return true
}
