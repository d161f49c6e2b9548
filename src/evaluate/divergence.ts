/** How far two sets of points of the plane lie apart as distributions, by their histograms on one grid. */

/** A square grid over a box; what lies outside has one more bin. */
export interface Grid {
  readonly low: readonly [x: number, y: number]
  readonly high: readonly [x: number, y: number]
  /** Bins along each axis. */
  readonly bins: number
}

/** Bins along each axis unless told: coarse, so that a few thousand points fill them. */
const usualBins = 16

/** A grid over the points' bounding box and a tenth more at each side. */
export function gridOver(points: Float32Array, bins = usualBins): Grid {
  const span = (axis: 0 | 1) => {
    let [low, high] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]
    for (let i = axis; i < points.length; i += 2) {
      low = Math.min(low, points[i]!)
      high = Math.max(high, points[i]!)
    }
    const margin = 0.1 * (high - low) || 0.5
    return [low - margin, high + margin] as const
  }
  const [x, y] = [span(0), span(1)]
  return { low: [x[0], y[0]], high: [x[1], y[1]], bins }
}

/** The bin of each point: [n], the last bin being outside. */
export function binsOf(points: Float32Array, { low, high, bins }: Grid): Uint32Array {
  const along = (value: number, axis: 0 | 1) => Math.floor((bins * (value - low[axis])) / (high[axis] - low[axis]))
  return Uint32Array.from({ length: points.length / 2 }, (_, i) => {
    const [column, row] = [along(points[2 * i]!, 0), along(points[2 * i + 1]!, 1)]
    const isInside = column >= 0 && column < bins && row >= 0 && row < bins
    return isInside ? row * bins + column : bins * bins
  })
}

/** Points in each bin: [bins² + 1]. */
export function histogram(binOf: ArrayLike<number>, { bins }: Grid): Float64Array {
  const counts = new Float64Array(bins * bins + 1)
  for (let i = 0; i < binOf.length; i++) counts[binOf[i]!]!++
  return counts
}

const total = (counts: Float64Array): number => counts.reduce((a, b) => a + b, 0)

/** KL(p ‖ q) in nats of two histograms; half a point is added to each bin of q, so that an empty one costs much but not everything. */
export function klDivergence(p: Float64Array, q: Float64Array): number {
  const [all, others] = [total(p), total(q) + 0.5 * q.length]
  return p.reduce(
    (sum, count, i) => sum + (count && (count / all) * Math.log(count / all / ((q[i]! + 0.5) / others))),
    0,
  )
}

/** Jensen and Shannon's divergence in nats of two histograms: 0 where they are equal, log 2 where they share no bin. */
export function jsDivergence(p: Float64Array, q: Float64Array): number {
  const [all, others] = [total(p), total(q)]
  const part = (share: number, mean: number) => (share > 0 ? share * Math.log(share / mean) : 0)
  return p.reduce((sum, count, i) => {
    const [a, b] = [count / all, q[i]! / others]
    return sum + 0.5 * (part(a, (a + b) / 2) + part(b, (a + b) / 2))
  }, 0)
}
