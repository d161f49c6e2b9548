/** The components a mixture may have: independent coins, Gaussians with axes along the coordinates, Gaussians with any axes. */
import { EigenvalueDecomposition, Matrix } from "ml-matrix"
import type { Family, Rows } from "./em.ts"

export interface Coins {
  /** log p − log(1 − p) of each pixel: [dimensions]. */
  readonly logits: Float64Array
}

/**
 * Independent pixels of zeros and ones. Probabilities stay `floor` away from 0 and 1; the likelihood of a pixel's share has
 * one maximum, so the nearest value allowed is the best one allowed.
 */
export const bernoulliFamily = (floor: number): Family<Coins> => ({
  estimate(rows, r) {
    const shares = weightedMean(rows, r)
    return {
      logits: shares.map((share) => {
        const p = Math.min(1 - floor, Math.max(floor, share))
        return Math.log(p / (1 - p))
      }),
    }
  },
  logDensities({ data, count, dimensions }, { logits }) {
    const allOff = logits.reduce((sum, l) => sum - Math.max(l, 0) - Math.log1p(Math.exp(-Math.abs(l))), 0)
    const out = new Float64Array(count).fill(allOff)
    for (let i = 0; i < count; i++)
      for (let d = 0; d < dimensions; d++) out[i]! += data[i * dimensions + d]! * logits[d]!
    return out
  },
})

export interface Gaussian {
  readonly mean: Float64Array
  /** Variances along the axes, none below the floor: [dimensions]. */
  readonly variances: Float64Array
  /** Unit axes in columns, [dimensions, dimensions] row-major; the coordinates where there are none. */
  readonly axes?: Float64Array
}

/**
 * Gaussians whose variances stay at or above `floor`: without it a component that settles on one datum, or on a pixel that
 * never varies, has a likelihood without end. With S the weighted covariance, the best Σ with no variance below the floor has
 * the axes of S and its variances, raised where they are too small.
 */
export const diagonalFamily = (floor: number): Family<Gaussian> => ({
  estimate(rows, r) {
    const mean = weightedMean(rows, r)
    return { mean, variances: weightedVariances(rows, r, mean).map((v) => Math.max(v, floor)) }
  },
  logDensities: gaussianLogDensities,
})
export const fullFamily = (floor: number): Family<Gaussian> => ({
  estimate(rows, r) {
    const mean = weightedMean(rows, r)
    const { dimensions } = rows
    const covariance = Matrix.from1DArray(dimensions, dimensions, weightedCovariance(rows, r, mean))
    const { realEigenvalues, eigenvectorMatrix } = new EigenvalueDecomposition(covariance, { assumeSymmetric: true })
    return {
      mean,
      variances: Float64Array.from(realEigenvalues, (v) => Math.max(v, floor)),
      axes: Float64Array.from(eigenvectorMatrix.to1DArray()),
    }
  },
  logDensities: gaussianLogDensities,
})

function gaussianLogDensities(rows: Rows, { mean, variances, axes }: Gaussian): Float64Array {
  const { data, count, dimensions } = rows
  const constant = variances.reduce((sum, v) => sum + Math.log(2 * Math.PI * v), 0)
  const along = new Float64Array(dimensions)
  return Float64Array.from({ length: count }, (_, i) => {
    let quadratic = constant
    for (let d = 0; d < dimensions; d++) along[d] = data[i * dimensions + d]! - mean[d]!
    const projected = axes === undefined ? along : project(along, axes)
    for (let d = 0; d < dimensions; d++) quadratic += projected[d]! ** 2 / variances[d]!
    return -0.5 * quadratic
  })
}

const project = (row: Float64Array, axes: Float64Array): Float64Array =>
  row.map((_, j) => row.reduce((sum, x, i) => sum + x * axes[i * row.length + j]!, 0))

// Below the rounding of 64 bits; most rows belong to one component, and skipping the others saves most of the time.
const negligible = 1e-16

// A component without rows gets zeros: its weight makes it count for nothing.
const nonzero = (mass: number): number => (mass > 0 ? mass : 1)

function weightedMean({ data, count, dimensions }: Rows, r: Float64Array): Float64Array {
  const mean = new Float64Array(dimensions)
  let mass = 0
  for (let i = 0; i < count; i++) {
    if (r[i]! < negligible) continue
    mass += r[i]!
    for (let d = 0; d < dimensions; d++) mean[d]! += r[i]! * data[i * dimensions + d]!
  }
  return mean.map((sum) => sum / nonzero(mass))
}

function weightedVariances({ data, count, dimensions }: Rows, r: Float64Array, mean: Float64Array): Float64Array {
  const squares = new Float64Array(dimensions)
  let mass = 0
  for (let i = 0; i < count; i++) {
    if (r[i]! < negligible) continue
    mass += r[i]!
    for (let d = 0; d < dimensions; d++) squares[d]! += r[i]! * (data[i * dimensions + d]! - mean[d]!) ** 2
  }
  return squares.map((sum) => sum / nonzero(mass))
}

function weightedCovariance({ data, count, dimensions }: Rows, r: Float64Array, mean: Float64Array): Float64Array {
  const products = new Float64Array(dimensions * dimensions)
  let mass = 0
  for (let i = 0; i < count; i++) {
    if (r[i]! < negligible) continue
    mass += r[i]!
    const row = mean.map((m, d) => data[i * dimensions + d]! - m)
    for (let a = 0; a < dimensions; a++)
      for (let b = 0; b < dimensions; b++) products[a * dimensions + b]! += r[i]! * row[a]! * row[b]!
  }
  return products.map((sum) => sum / nonzero(mass))
}
