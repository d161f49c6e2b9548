/** Pictures of points of the plane, where an event is two numbers instead of an image. */
import type { NdArray } from "../core/array.ts"
import { type ScatterChart, scatter } from "../picture/chart.ts"
import { svgToPng } from "../picture/raster.ts"

/** Whether an event is a point of the plane. */
export const isPlane = (event: readonly number[]): boolean => event.length === 1 && event[0] === 2

/** Points drawn of each kind unless told: enough to see a density, few enough for a small file. */
export const pointsShown = 2000

interface PointsDrawing {
  readonly png: Uint8Array
  readonly svg: string
  readonly events: NdArray
  readonly caption: string
}

/** Points [n, 2] as a scatter plot, coloured by class where they have labels. */
export function drawPoints(
  events: NdArray,
  { caption, ...chart }: Omit<ScatterChart, "points"> & { readonly caption: string },
): PointsDrawing {
  const svg = scatter({ ...chart, points: events.data })
  return { svg, png: svgToPng(svg), events, caption }
}

/** Points [n, 2] of a model over test data, where there are any: what is missed and what is made up shows. */
export function drawPointsOverData({
  title,
  caption,
  samples,
  known,
}: {
  readonly title: string
  /** One sentence about the samples. */
  readonly caption: string
  readonly samples: NdArray
  readonly known: NdArray
}): PointsDrawing {
  if (known.data.length === 0) return drawPoints(samples, { title, caption, classes: [] })
  const [shown, n] = [known.data.length / 2, (known.data.length + samples.data.length) / 2]
  const points = new Float32Array(2 * n)
  points.set(known.data)
  points.set(samples.data, known.data.length)
  const labels = Uint8Array.from({ length: n }, (_, i) => Number(i >= shown))
  const chart = { title, caption, classes: ["test data", "samples"], labels, maxPoints: n }
  const { svg, png } = drawPoints({ shape: [n, 2], data: points }, chart)
  return { svg, png, events: samples, caption: `${caption.replace(/\.$/, "")} over ${shown} test points.` }
}
