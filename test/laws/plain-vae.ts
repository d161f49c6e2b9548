/** The variational autoencoder once more, in plain 64-bit loops from the paper's formulas: what the laws compare with. */
import type { Parameters } from "../../src/graph/parameter.ts"

export interface PlainVae {
  readonly latent: number
  readonly dimensions: number
  readonly layers: number
  readonly activation: "relu" | "tanh"
  readonly likelihood: "bernoulli" | "gaussian"
  readonly varianceFloor: number
}

const functions = { relu: (x: number) => Math.max(0, x), tanh: Math.tanh }

/** y = h(… f(x·w₀ + b₀) …)·wₙ + bₙ of one row. */
function mlp(parameters: Parameters, prefix: string, { layers, activation }: PlainVae, x: readonly number[]): number[] {
  let h = [...x]
  for (let layer = 0; layer < layers; layer++) {
    const w = parameters.get(`${prefix}.${layer}.w`)!
    const b = parameters.get(`${prefix}.${layer}.b`)!
    const width = b.data.length
    h = Array.from(b.data, (bias, j) => h.reduce((total, value, i) => total + value * w.data[i * width + j]!, bias))
    if (layer < layers - 1) h = h.map(functions[activation])
  }
  return h
}

export const logNormal = (x: number, mean: number, variance: number): number =>
  -0.5 * (Math.log(2 * Math.PI * variance) + (x - mean) ** 2 / variance)

/** Mean and variance of q(z|x), dimension by dimension. */
export function posterior(vae: PlainVae, parameters: Parameters, x: readonly number[]) {
  const h = mlp(parameters, "encoder", vae, x)
  return { mean: h.slice(0, vae.latent), variance: h.slice(vae.latent).map(Math.exp) }
}

/** log p(x|z): Bernoulli pixels by their logits, or Gaussian ones whose variance is floor · (1 + eʳ). */
export function logConditional(vae: PlainVae, parameters: Parameters, x: readonly number[], z: readonly number[]) {
  const h = mlp(parameters, "decoder", vae, z)
  const pixel = (value: number, d: number): number => {
    if (vae.likelihood === "bernoulli") return Math.log(1 / (1 + Math.exp(value > 0.5 ? -h[d]! : h[d]!)))
    const floor = vae.varianceFloor
    return logNormal(value, h[d]!, floor + Math.exp(h[vae.dimensions + d]!)) // floor·(1 + e^{r − log floor})
  }
  return x.reduce((total, value, d) => total + pixel(value, d), 0)
}

const points = Array.from({ length: 4001 }, (_, i) => -10 + i * 0.005)
const integral = (f: (z: number) => number): number => points.reduce((total, z) => total + f(z) * 0.005, 0)

/** log p(x), the evidence lower bound and KL(q ‖ p(z|x)) of a model with one latent dimension, all by quadrature over z. */
export function byQuadrature(vae: PlainVae, parameters: Parameters, x: readonly number[]) {
  const { mean, variance } = posterior(vae, parameters, x)
  const joint = (z: number) => logConditional(vae, parameters, x, [z]) + logNormal(z, 0, 1)
  const logProb = Math.log(integral((z) => Math.exp(joint(z))))
  const logQ = (z: number) => logNormal(z, mean[0]!, variance[0]!)
  const underQ = (f: (z: number) => number) => integral((z) => Math.exp(logQ(z)) * f(z))
  return {
    logProb,
    elbo: underQ((z) => joint(z) - logQ(z)),
    kl: underQ((z) => logQ(z) - logNormal(z, 0, 1)),
    klToPosterior: underQ((z) => logQ(z) - (joint(z) - logProb)),
  }
}
