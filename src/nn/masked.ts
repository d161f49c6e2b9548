/** Dense layers that see only some of their inputs. Masks come from the degrees of units, so no mask is stored as a matrix. */
import { add, greater, mul } from "../graph/ops/arithmetic.ts"
import { reshape } from "../graph/ops/broadcast.ts"
import { withPullback } from "../graph/ops/custom-gradient.ts"
import { matmul } from "../graph/ops/matmul.ts"
import { constant } from "../graph/ops/source.ts"
import { glorotUniform, type Init, type Live, sparseWeight, weight, zeros } from "../graph/parameter.ts"
import type { Tensor } from "../graph/tensor.ts"
import type { Env } from "../graph/trace.ts"

/** Degrees known while tracing: [units]. */
export const degrees = (values: readonly number[]): Tensor =>
  constant({ shape: [values.length], data: Float32Array.from(values) })

/** 1 where the output's degree exceeds the input's, else 0: [inputs, outputs], from degrees [inputs] and [outputs]. */
export const seesBelow = (inputs: Tensor, outputs: Tensor): Tensor =>
  greater(reshape(outputs, [1, outputs.shape[0]!]), reshape(inputs, [inputs.shape[0]!, 1]))

/** 1 where the output's degree reaches the input's, else 0: [inputs, outputs]; degrees are whole numbers. */
export const seesUpTo = (inputs: Tensor, outputs: Tensor): Tensor => seesBelow(inputs, add(outputs, 0.5))

/** A mask that never changes: of all weights at once, and of each by its place in the matrix [inputs, outputs]. */
export interface FixedMask {
  readonly tensor: Tensor
  readonly keeps: (at: number) => boolean
}

const fixedMask =
  (rule: (inputs: Tensor, outputs: Tensor) => Tensor, sees: (input: number, output: number) => boolean) =>
  (inputs: readonly number[], outputs: readonly number[]): FixedMask => ({
    tensor: rule(degrees(inputs), degrees(outputs)),
    keeps: (at) => sees(inputs[Math.floor(at / outputs.length)]!, outputs[at % outputs.length]!),
  })
/** `seesBelow` of degrees known while the model is built. */
export const fixedBelow = fixedMask(seesBelow, (input, output) => output > input)
/** `seesUpTo` of degrees known while the model is built. */
export const fixedUpTo = fixedMask(seesUpTo, (input, output) => output >= input)

/**
 * Weights [inputs, outputs] of which a mask lets some pass; those outside it get no gradient. With a fixed mask they are zero as well
 * throughout training, so that a step need not clear them again.
 */
export function maskedWeight(shape: readonly [inputs: number, outputs: number], init: Init, fixed?: FixedMask) {
  return {
    leaf: fixed ? sparseWeight(shape, init, fixed.keeps) : weight(shape, init),
    /** The weights that pass: w ⊙ mask. */
    passing(w: Tensor, { training }: Env, mask = fixed?.tensor): Tensor {
      if (!mask) throw new Error("maskedWeight: a weight without a fixed mask needs one in each use.")
      return training && mask === fixed?.tensor ? withPullback(w, [w], (g) => [mul(g, mask)]) : mul(w, mask)
    },
  }
}

/**
 * An affine map x·(w ⊙ mask) + b of rows: [batch, inputs] → [batch, outputs], with the fixed mask or, so that one set of weights
 * serves many, with that of each use.
 */
export function maskedDense(inputs: number, outputs: number, init: Init = glorotUniform, fixed?: FixedMask) {
  const { leaf, passing } = maskedWeight([inputs, outputs], init, fixed)
  const params = { w: leaf, b: weight([outputs], zeros) }
  return {
    params,
    apply: (p: Live<typeof params>, x: Tensor, env: Env, mask?: Tensor): Tensor =>
      add(matmul(x, passing(p.w, env, mask)), p.b),
  }
}
