/** Dense layers that see only some of their inputs. Masks come from the degrees of units, so no mask is stored as a matrix. */
import { add, greater, mul } from "../graph/ops/arithmetic.ts"
import { reshape } from "../graph/ops/broadcast.ts"
import { matmul } from "../graph/ops/matmul.ts"
import { constant } from "../graph/ops/source.ts"
import { glorotUniform, type Init, type Live, weight, zeros } from "../graph/parameter.ts"
import type { Tensor } from "../graph/tensor.ts"

/** Degrees known while tracing: [units]. */
export const degrees = (values: readonly number[]): Tensor =>
  constant({ shape: [values.length], data: Float32Array.from(values) })

/** 1 where the output's degree exceeds the input's, else 0: [inputs, outputs], from degrees [inputs] and [outputs]. */
export const seesBelow = (inputs: Tensor, outputs: Tensor): Tensor =>
  greater(reshape(outputs, [1, outputs.shape[0]!]), reshape(inputs, [inputs.shape[0]!, 1]))

/** 1 where the output's degree reaches the input's, else 0: [inputs, outputs]; degrees are whole numbers. */
export const seesUpTo = (inputs: Tensor, outputs: Tensor): Tensor => seesBelow(inputs, add(outputs, 0.5))

/**
 * An affine map x·(w ⊙ mask) + b of rows: [batch, inputs] → [batch, outputs]. The weights outside the mask are kept as they
 * are and get no gradient, so that one set of weights serves many masks.
 */
export function maskedDense(inputs: number, outputs: number, init: Init = glorotUniform) {
  const params = { w: weight([inputs, outputs], init), b: weight([outputs], zeros) }
  return {
    params,
    apply: (p: Live<typeof params>, x: Tensor, mask: Tensor): Tensor => add(matmul(x, mul(p.w, mask)), p.b),
  }
}
