import { EidosError } from "../core/errors.ts"
import type { Shape } from "../core/shape.ts"
import { type Distribution, draw } from "./ops/source.ts"
import type { Tensor } from "./tensor.ts"

/** Named noise: each draw becomes an input that the runtime fills from (seed, step, name). */
export interface Rng {
  /** Standard normal numbers of this shape. Throws EidosError("trace") when this name has drawn already. */
  normal(shape: Shape): Tensor
  /** Uniform numbers in [0, 1). */
  uniform(shape: Shape): Tensor
  /** An independent generator for another purpose. */
  fork(name: string): Rng
}

/** What a traced function may ask of its surroundings. */
export interface Env {
  readonly rng: Rng
  /** A constant while tracing: training and evaluation are two traces. */
  readonly training: boolean
  /** One-hot labels of the batch, [batch, classes], where the model is conditional. */
  readonly label?: Tensor
}

export const drawnTwice = (name: string): string =>
  `trace: the noise "${name}" is drawn twice. Fork the generator for each purpose: rng.fork("purpose").`

function rngOf(path: string, used: Set<string>): Rng {
  const take = (shape: Shape, distribution: Distribution): Tensor => {
    if (used.has(path)) throw new EidosError("trace", drawnTwice(path))
    used.add(path)
    return draw(path, shape, distribution)
  }
  return {
    normal: (shape) => take(shape, "normal"),
    uniform: (shape) => take(shape, "uniform"),
    fork: (name) => rngOf(`${path}/${name}`, used),
  }
}

/** A fresh environment for one trace; its generator starts with no name used. */
export const tracing = (training: boolean, root = "noise", label?: Tensor): Env => ({
  rng: rngOf(root, new Set()),
  training,
  ...(label && { label }),
})
