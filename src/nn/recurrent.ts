/**
 * Recurrent layers over sequences [batch, steps, inputs], unrolled while tracing. What the inputs add to the gates is one
 * product for all steps; only the product with the last state is inside the recurrence.
 */
import { ShapeError } from "../core/errors.ts"
import { fillUniform } from "../core/random.ts"
import { formatShape, type Shape, sizeOf } from "../core/shape.ts"
import { add, mul, sub } from "../graph/ops/arithmetic.ts"
import { batchMatmul } from "../graph/ops/batch-matmul.ts"
import { reshape } from "../graph/ops/broadcast.ts"
import { concat, slice, transpose } from "../graph/ops/layout.ts"
import { matmul } from "../graph/ops/matmul.ts"
import { sigmoid, tanh } from "../graph/ops/unary.ts"
import { type Init, type Live, weight } from "../graph/parameter.ts"
import type { Tensor } from "../graph/tensor.ts"

/** The states after each step, of a step that is traced once for each input. */
export function unroll<S>(step: (state: S, x: Tensor) => S, start: S, inputs: readonly Tensor[]): S[] {
  let state = start
  return inputs.map((x) => {
    state = step(state, x)
    return state
  })
}

export const noSequence = (where: string, shape: Shape, inputs: number): string =>
  `${where}: ${formatShape(shape)} came; sequences are [batch, steps, ${inputs}].`

/** The inputs' share of the gates at each step: [batch, gates] each. Throws ShapeError. */
function projected(where: string, x: Tensor, w: Tensor, b: Tensor): Tensor[] {
  const [inputs, gates] = w.shape as readonly [number, number]
  if (x.shape.length !== 3 || x.shape[2] !== inputs) throw new ShapeError(noSequence(where, x.shape, inputs))
  const [batch, steps] = x.shape as readonly [number, number, number]
  const all = add(batchMatmul(transpose(x, [1, 0, 2]), w), b) // [steps, batch, gates]
  return Array.from({ length: steps }, (_, t) => reshape(slice(all, 0, t, t + 1), [batch, gates]))
}

/** States of each step, [batch, units] each, as one sequence [batch, steps, units]. */
function sequenceOf(states: readonly Tensor[]): Tensor {
  const stacked = concat(states.map((h) => reshape(h, [1, ...h.shape]))) // [steps, batch, units]
  return transpose(stacked, [1, 0, 2])
}

/** Columns of gates [batch, count · hidden], cut into [batch, hidden] each. */
const cut = (gates: Tensor, hidden: number): Tensor[] =>
  Array.from({ length: gates.shape[1]! / hidden }, (_, i) => slice(gates, 1, i * hidden, (i + 1) * hidden))

/** U(−1/√hidden, 1/√hidden), as PyTorch begins. */
const small =
  (hidden: number): Init =>
  (shape, stream) =>
    fillUniform(stream, new Float32Array(sizeOf(shape))).map((u) => (2 * u - 1) / Math.sqrt(hidden))

/** What an LSTM carries from step to step: output and cell, [batch, hidden] each. */
export interface LstmState {
  readonly h: Tensor
  readonly c: Tensor
}

/** A long short-term memory (Hochreiter and Schmidhuber 1997) with forget gates; gates in PyTorch's order: input, forget, cell, output. */
export function lstm(inputs: number, hidden: number) {
  const init = small(hidden)
  const params = {
    w: weight([inputs, 4 * hidden], init),
    u: weight([hidden, 4 * hidden], init),
    b: weight([4 * hidden], init),
  }
  type P = Live<typeof params>
  // c′ = σ(f)⊙c + σ(i)⊙tanh(g), h′ = σ(o)⊙tanh(c′); before the first step h and c are zero
  const advance = (p: P, state: LstmState | undefined, fromInput: Tensor): LstmState => {
    const gates = state ? add(matmul(state.h, p.u), fromInput) : fromInput
    const [i, f, g, o] = cut(gates, hidden) as [Tensor, Tensor, Tensor, Tensor]
    // Output, cell, input, forget: met in this order, neighbouring cotangents add up to one concatenation.
    const written = mul(tanh(g), sigmoid(i))
    const c = state ? add(written, mul(sigmoid(f), state.c)) : written
    return { h: mul(sigmoid(o), tanh(c)), c }
  }
  return {
    params,
    /** The state after an input [batch, inputs]. */
    step: (p: P, state: LstmState | undefined, x: Tensor): LstmState => advance(p, state, add(matmul(x, p.w), p.b)),
    /** Outputs [batch, steps, hidden] of a sequence [batch, steps, inputs] and the last state; from zeros unless told. Throws ShapeError. */
    apply: (p: P, x: Tensor, start?: LstmState) => {
      const states = unroll((state, part) => advance(p, state, part), start, projected("lstm", x, p.w, p.b))
      return { outputs: sequenceOf(states.map((state) => state!.h)), last: states.at(-1)! }
    },
  }
}

/** A gated recurrent unit (Cho et al. 2014) in PyTorch's form: gates in the order reset, update, new, with a bias inside the reset. */
export function gru(inputs: number, hidden: number) {
  const init = small(hidden)
  const params = {
    w: weight([inputs, 3 * hidden], init),
    u: weight([hidden, 3 * hidden], init),
    b: weight([3 * hidden], init),
    inner: weight([hidden], init),
  }
  type P = Live<typeof params>
  // n = tanh(xₙ + r⊙(uₙ·h + inner)), h′ = (1 − z)⊙n + z⊙h = n + z⊙(h − n); before the first step h is zero
  const advance = (p: P, h: Tensor | undefined, fromInput: Tensor): Tensor => {
    const [xr, xz, xn] = cut(fromInput, hidden) as [Tensor, Tensor, Tensor]
    const [hr, hz, hn] = h ? cut(matmul(h, p.u), hidden) : []
    const r = sigmoid(hr ? add(xr, hr) : xr)
    const z = sigmoid(hz ? add(xz, hz) : xz)
    const n = tanh(add(xn, mul(r, hn ? add(hn, p.inner) : p.inner)))
    return h ? add(n, mul(z, sub(h, n))) : sub(n, mul(z, n))
  }
  return {
    params,
    /** The state [batch, hidden] after an input [batch, inputs]. */
    step: (p: P, h: Tensor | undefined, x: Tensor): Tensor => advance(p, h, add(matmul(x, p.w), p.b)),
    /** States [batch, steps, hidden] over a sequence [batch, steps, inputs] and the last one; from zeros unless told. Throws ShapeError. */
    apply: (p: P, x: Tensor, start?: Tensor) => {
      const states = unroll((h, part) => advance(p, h, part), start, projected("gru", x, p.w, p.b)) as Tensor[]
      return { outputs: sequenceOf(states), last: states.at(-1)! }
    },
  }
}
