/** Recurrent layers over sequences [batch, steps, inputs], unrolled while tracing. */
import { ShapeError } from "../core/errors.ts"
import { fillUniform } from "../core/random.ts"
import { formatShape, type Shape, sizeOf } from "../core/shape.ts"
import { add, mul, sub } from "../graph/ops/arithmetic.ts"
import { batchMatmul } from "../graph/ops/batch-matmul.ts"
import { broadcastTo, reshape } from "../graph/ops/broadcast.ts"
import { withPullback } from "../graph/ops/custom-gradient.ts"
import { concat, pad, slice, transpose } from "../graph/ops/layout.ts"
import { matmul, matmulOp } from "../graph/ops/matmul.ts"
import { constant } from "../graph/ops/source.ts"
import { sigmoid, tanh } from "../graph/ops/unary.ts"
import { type Init, type Live, weight } from "../graph/parameter.ts"
import { apply, type Tensor } from "../graph/tensor.ts"

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

function checkSequence(where: string, x: Tensor, inputs: number): void {
  if (x.shape.length !== 3 || x.shape[2] !== inputs) throw new ShapeError(noSequence(where, x.shape, inputs))
}

/** The inputs' share of the gates at each step, one product for all steps: [batch, gates] each. Throws ShapeError. */
function projected(where: string, x: Tensor, w: Tensor, b: Tensor): Tensor[] {
  const [inputs, gates] = w.shape as readonly [number, number]
  checkSequence(where, x, inputs)
  const [batch, steps] = x.shape as readonly [number, number, number]
  const all = add(batchMatmul(transpose(x, [1, 0, 2]), w), b) // [steps, batch, gates]
  return Array.from({ length: steps }, (_, t) => reshape(slice(all, 0, t, t + 1), [batch, gates]))
}

/** States of each step, [batch, units] each, as one sequence [batch, steps, units]. */
function sequenceOf(states: readonly Tensor[]): Tensor {
  const stacked = concat(states.map((h) => reshape(h, [1, ...h.shape]))) // [steps, batch, units]
  return transpose(stacked, [1, 0, 2])
}

/** Parts of so many rows each, or of so many columns. */
const cut = (whole: Tensor, length: number, axis: 0 | 1): Tensor[] =>
  Array.from({ length: whole.shape[axis]! / length }, (_, i) => slice(whole, axis, i * length, (i + 1) * length))

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

/** A step of an LSTM with what its derivatives are made of, of one shape each. */
interface LstmStep extends LstmState {
  readonly before: LstmState | undefined
  readonly i: Tensor
  readonly f: Tensor
  readonly n: Tensor
  readonly o: Tensor
  readonly tanhC: Tensor
}

/**
 * c = f⊙c₋ + i⊙n, h = o⊙tanh c, with n = tanh of the cell's gate and σ of the others; before the first step h and c are zero.
 * A datum's gates lie along `axis`.
 */
function advance(before: LstmState | undefined, gates: Tensor, axis: 0 | 1): LstmStep {
  const hidden = gates.shape[axis]! / 4
  // σ of all gates in one node: that of the cell's gate is not read, which costs less than leaving it out.
  const [i, f, , o] = cut(sigmoid(gates), hidden, axis) as [Tensor, Tensor, Tensor, Tensor]
  const n = tanh(slice(gates, axis, 2 * hidden, 3 * hidden))
  const written = mul(i, n)
  const c = before ? add(written, mul(f, before.c)) : written
  const tanhC = tanh(c)
  return { before, i, f, n, o, c, tanhC, h: mul(o, tanhC) }
}

/** d⊙(1 − y²), the cotangent before y = tanh. */
const throughTanh = (d: Tensor, y: Tensor): Tensor => sub(d, mul(mul(d, y), y))
/** d⊙y⊙(1 − y), the cotangent before y = σ, from d⊙y. */
const throughSigmoid = (dy: Tensor, y: Tensor): Tensor => sub(dy, mul(dy, y))

/** Cotangents of the gates [4 · hidden, batch] and of c₋, given those of h and c. */
function backThroughStep({ before, i, f, n, o, tanhC }: LstmStep, dh: Tensor, dcLater: Tensor) {
  const dTanhC = mul(dh, o)
  const dc = add(throughTanh(dTanhC, tanhC), dcLater)
  const [dn, dcBefore] = [mul(dc, i), mul(dc, f)]
  const byForget = before ? throughSigmoid(mul(dcBefore, before.c), f) : zeros(f.shape)
  // dc⊙n⊙i = dn⊙n and dh⊙tanh c⊙o = dTanhC⊙tanh c: what other cotangents need too
  const dGates = concat(
    [throughSigmoid(mul(dn, n), i), byForget, throughTanh(dn, n), throughSigmoid(mul(dTanhC, tanhC), o)],
    0,
  )
  return { dGates, dcBefore }
}

/** An LSTM's steps over a sequence, a datum a column, and what they were made from. */
interface LstmPass {
  /** [x, 1] of each step: [inputs + 1, batch]. */
  readonly xs: readonly Tensor[]
  /** w, b and u, one above the other: [inputs + 1 + hidden, 4 · hidden]. */
  readonly weights: Tensor
  readonly u: Tensor
  readonly start: LstmState | undefined
  readonly steps: readonly LstmStep[]
}

/**
 * Cotangents of all [x, 1], [steps · (inputs + 1), batch], of the turned weights and of the start, given `g`, that of [h₁ … h_T, c_T].
 * The gradient of the weights adds up step by step, while what it is made of is in the cache. With all steps stacked, for one
 * product and for all factors that need no cotangent, the program had a third fewer nodes and took 1.7 times as long (28
 * steps, 128 units, batch of 128, one core; measured with a datum in a row).
 */
function backThroughTime({ xs, weights, u, start, steps }: LstmPass, g: Tensor): Tensor[] {
  const { shape } = steps[0]!.h // [hidden, batch]
  const outer = cut(g, shape[0]!, 0)
  const ofXs = slice(weights, 0, 0, xs[0]!.shape[0]!)
  let [dh, dc] = [zeros(shape), outer[steps.length]!]
  let dTurned: Tensor | undefined
  const dXs: Tensor[] = []
  for (const [t, step] of [...steps.entries()].reverse()) {
    const { dGates, dcBefore } = backThroughStep(step, add(dh, outer[t]!), dc)
    const joined = concat([xs[t]!, step.before?.h ?? zeros(shape)], 0)
    dTurned = accumulated(dTurned, dGates, joined)
    dXs.unshift(matmul(ofXs, dGates))
    dh = matmul(u, dGates)
    dc = dcBefore
  }
  return [concat(dXs, 0), dTurned!, ...(start ? [dh, dc] : [])]
}

const zeros = (shape: Shape): Tensor => broadcastTo(constant(0), shape)

/** a·bᵀ and, where there is one, the sum so far, in one node. */
const accumulated = (soFar: Tensor | undefined, a: Tensor, b: Tensor): Tensor =>
  apply(matmulOp, soFar ? [a, b, soFar] : [a, b], { transA: false, transB: true, alpha: 1 })

/** x [batch, steps, inputs] with a 1 after the inputs of each step, a column for each datum: [steps · (inputs + 1), batch]. */
function withOnes(x: Tensor): Tensor {
  const [batch, steps, inputs] = x.shape as readonly [number, number, number]
  const one = Float32Array.from({ length: inputs + 1 }, (_, i) => (i === inputs ? 1 : 0))
  const ones = add(pad(x, 2, 0, 1), constant({ shape: [inputs + 1], data: one }))
  return reshape(transpose(ones, [1, 2, 0]), [steps * (inputs + 1), batch])
}

const turned = (x: Tensor): Tensor => transpose(x, [1, 0])

/**
 * The states [h₁ … h_T, c_T] one above the other, [(steps + 1) · hidden, batch], whose derivatives are written out. A datum is a column:
 * so every product has the data on its right, the smaller operand, which the processor packs anew for each (ADR 0010), and gates are whole rows.
 */
function lstmOver(x: Tensor, { w, u, b }: { w: Tensor; u: Tensor; b: Tensor }, from: LstmState | undefined): Tensor {
  const [inputs, gates] = w.shape as readonly [number, number]
  // [w; b; u]ᵀ·[x, 1, h₋]: one product a step, forward and for all weights' gradients.
  const weights = concat([w, reshape(b, [1, gates]), u])
  const left = turned(weights)
  const ones = withOnes(x)
  const xs = cut(ones, inputs + 1, 0)
  const start = from && { h: turned(from.h), c: turned(from.c) }
  const gatesAt = (h: Tensor | undefined, x: Tensor) =>
    h ? matmul(left, concat([x, h], 0)) : matmul(slice(left, 1, 0, inputs + 1), x)
  const steps = unroll<LstmState | undefined>((state, x) => advance(state, gatesAt(state?.h, x), 0), start, xs)
  const pass = { xs, weights, u, start, steps: steps as LstmStep[] }
  const states = concat([...steps.map((step) => step!.h), steps.at(-1)!.c], 0)
  return withPullback(states, [ones, left, ...(start ? [start.h, start.c] : [])], (g) => backThroughTime(pass, g))
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
  return {
    params,
    /** The state after an input [batch, inputs]. */
    step: (p: P, state: LstmState | undefined, x: Tensor): LstmState => {
      const fromInput = add(matmul(x, p.w), p.b)
      return advance(state, state ? add(matmul(state.h, p.u), fromInput) : fromInput, 1)
    },
    /** Outputs [batch, steps, hidden] of a sequence [batch, steps, inputs] and the last state; from zeros unless told. Throws ShapeError. */
    apply: (p: P, x: Tensor, start?: LstmState) => {
      checkSequence("lstm", x, inputs)
      const [batch, steps] = x.shape as readonly [number, number, number]
      const states = lstmOver(x, p, start) // [(steps + 1) · hidden, batch]
      const at = (t: number) => turned(slice(states, 0, t * hidden, (t + 1) * hidden))
      const sequence = reshape(slice(states, 0, 0, steps * hidden), [steps, hidden, batch])
      const outputs = transpose(sequence, [2, 0, 1])
      return { outputs, last: { h: at(steps - 1), c: at(steps) } }
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
    const [xr, xz, xn] = cut(fromInput, hidden, 1) as [Tensor, Tensor, Tensor]
    const [hr, hz, hn] = h ? cut(matmul(h, p.u), hidden, 1) : []
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
