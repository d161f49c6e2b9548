/**
 * Probabilistic principal component analysis (Tipping and Bishop 1999): x ~ N(μ, W Wᵀ + σ²I), whose maximum-likelihood fit
 * is the eigenvectors of the covariance (eq. 7, 8). Codes are the plain projections on the components, so reconstructions
 * are those of PCA.
 */
import { EigenvalueDecomposition, Matrix } from "ml-matrix"
import { z } from "zod"
import type { NdArray } from "../../core/array.ts"
import { EidosError } from "../../core/errors.ts"
import { sizeOf } from "../../core/shape.ts"
import { add, div, mul, sub } from "../../graph/ops/arithmetic.ts"
import { reshape, sum } from "../../graph/ops/broadcast.ts"
import { matmul } from "../../graph/ops/matmul.ts"
import { log, sqrt, square } from "../../graph/ops/unary.ts"
import { buffer, type Live } from "../../graph/parameter.ts"
import type { Tensor } from "../../graph/tensor.ts"
import type { Env } from "../../graph/trace.ts"
import type { FitData, Moments } from "../../model/capabilities.ts"
import { defineModel } from "../../model/define.ts"
import { tipping1999 } from "../citations.ts"

const config = z.strictObject({
  latent: z.int().min(1).max(4096).default(20).meta({ title: "Principal components" }),
})

export const tooManyComponents = (latent: number, dimensions: number): string =>
  `pca: ${latent} components were asked of events with ${dimensions} dimensions; there must be fewer components than dimensions.`

/** Eigenvalues in falling order and their unit eigenvectors as rows: [dimensions, dimensions]. */
export function principalAxes({ covariance, mean }: Moments): { variances: Float64Array; axes: Float64Array[] } {
  const n = mean.length
  const matrix = Matrix.from1DArray(n, n, covariance)
  const { realEigenvalues, eigenvectorMatrix } = new EigenvalueDecomposition(matrix, { assumeSymmetric: true })
  const order = realEigenvalues.map((_, i) => i).sort((i, j) => realEigenvalues[j]! - realEigenvalues[i]!)
  return {
    variances: Float64Array.from(order, (i) => Math.max(0, realEigenvalues[i]!)),
    axes: order.map((i) => Float64Array.from(eigenvectorMatrix.getColumn(i))),
  }
}

export const pca = defineModel({
  name: "pca",
  title: "Probabilistic principal component analysis",
  cites: [tipping1999],
  config,
  density: "tractable",
  sampling: "direct",
  data: () => ({ binarize: "none", dequantize: false }),
  training: { steps: 0, batchSize: 128, learningRate: 1e-3 },
  build({ latent }, event) {
    const dimensions = sizeOf(event)
    if (latent >= dimensions) throw new EidosError("config", tooManyComponents(latent, dimensions))
    const params = {
      mean: buffer([dimensions]),
      components: buffer([dimensions, latent]), // columns are unit vectors
      variances: buffer([latent]),
      noise: buffer([]), // σ², the mean of the discarded variances
    }
    type P = Live<typeof params>
    const centred = (p: P, x: Tensor) => sub(reshape(x, [x.shape[0]!, dimensions]), p.mean)
    const encode = (p: P, x: Tensor) => matmul(centred(p, x), p.components) // [batch, latent]
    const decode = (p: P, z: Tensor) =>
      reshape(add(matmul(z, p.components, { transB: true }), p.mean), [z.shape[0]!, ...event])
    // log N(x; μ, C): inside the subspace variances λ, outside it σ² in every direction.
    const logProb = (p: P, x: Tensor) => {
      const inside = square(encode(p, x))
      const outside = sub(sum(square(centred(p, x)), -1), sum(inside, -1))
      const quadratic = add(sum(div(inside, p.variances), -1), div(outside, p.noise))
      const logDet = add(sum(log(p.variances)), mul(log(p.noise), dimensions - latent))
      return mul(add(add(quadratic, logDet), dimensions * Math.log(2 * Math.PI)), -0.5)
    }
    const sample = (p: P, n: number, { rng }: Env) => {
      const z = mul(rng.fork("code").normal([n, latent]), sqrt(sub(p.variances, p.noise)))
      return add(decode(p, z), mul(rng.fork("pixels").normal([n, ...event]), sqrt(p.noise)))
    }
    return {
      density: "tractable" as const,
      sampling: "direct" as const,
      event,
      support: "real" as const,
      latent,
      params,
      logProb,
      sample,
      encode,
      decode,
      fit: async ({ train }: FitData) => maximumLikelihood(await train.moments(), latent),
      ports: {
        encoder: (p: P, x: Tensor) => ({ z: encode(p, x) }),
        decoder: (p: P, z: Tensor) => ({ mean: decode(p, z) }),
      },
      players: {},
    }
  },
})

// Variances below this share of the largest are rounding errors of constant pixels; a density needs them positive.
const smallestShare = 1e-7

/** Eq. 7 and 8: the leading axes, and the mean of the discarded variances as noise. */
function maximumLikelihood(moments: Moments, latent: number): Map<string, NdArray> {
  const dimensions = moments.mean.length
  const { variances, axes } = principalAxes(moments)
  const floor = smallestShare * variances[0]!
  const noise = Math.max(floor, variances.subarray(latent).reduce((a, b) => a + b, 0) / (dimensions - latent))
  const components = Float32Array.from(
    { length: dimensions * latent },
    (_, i) => axes[i % latent]![Math.floor(i / latent)]!,
  )
  return new Map<string, NdArray>([
    ["mean", { shape: [dimensions], data: Float32Array.from(moments.mean) }],
    ["components", { shape: [dimensions, latent], data: components }],
    [
      "variances",
      { shape: [latent], data: Float32Array.from(variances.subarray(0, latent), (v) => Math.max(v, noise)) },
    ],
    ["noise", { shape: [], data: Float32Array.of(noise) }],
  ])
}
