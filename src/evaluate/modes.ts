/** Whether samples of the plane reach every mode of data whose modes are known, and stay with them. */
import type { Dataset } from "../data/dataset.ts"
import { eightGaussians, type Point2 } from "../data/toy2d.ts"

/** Known modes: equal weights, isotropic, `sigma` along each axis. */
export interface Modes {
  readonly centres: readonly Point2[]
  readonly sigma: number
}

/** The modes of a data set, those of classes that were left out excepted; undefined where they are not known. */
export function modesOf({ name, splits }: Pick<Dataset, "name" | "splits">): Modes | undefined {
  if (name !== "eight-gaussians") return undefined
  const present = new Set(splits.train.labels)
  return { ...eightGaussians, centres: eightGaussians.centres.filter((_, label) => present.has(label)) }
}

/** How far from a centre a point still belongs to its mode, in σ: 98.9 % of the mode's own points do. */
export const reach = 3
/** A mode is covered when this share of what fairly falls to it lies within reach. */
export const fairShare = 0.1

/** The number of each point's mode, −1 where it is within reach of none; the nearest where several are: [n]. */
export function modeOfEach(points: Float32Array, { centres, sigma }: Modes): Int16Array {
  return Int16Array.from({ length: points.length / 2 }, (_, i) => {
    const distances = centres.map(([x, y]) => Math.hypot(points[2 * i]! - x, points[2 * i + 1]! - y))
    const nearest = distances.indexOf(Math.min(...distances))
    return distances[nearest]! <= reach * sigma ? nearest : -1
  })
}

export interface Coverage {
  /** Modes that have their share. */
  readonly covered: number
  /** Share of points within reach of any mode. */
  readonly within: number
}

/** Coverage of `modes` modes by points whose mode is known, −1 being none. */
export function coverageOf(modeOf: ArrayLike<number>, modes: number): Coverage {
  const counts = new Float64Array(modes)
  for (let i = 0; i < modeOf.length; i++) if (modeOf[i]! >= 0) counts[modeOf[i]!]!++
  const least = (fairShare * modeOf.length) / modes
  return {
    covered: counts.filter((count) => count > 0 && count >= least).length,
    within: counts.reduce((a, b) => a + b, 0) / modeOf.length,
  }
}
