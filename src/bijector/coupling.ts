/** Coupling layers: one half of a vector moves by an amount that is read from the other half, which stays and so can undo it. */
import { EidosError } from "../core/errors.ts"
import { add, mul, sub } from "../graph/ops/arithmetic.ts"
import { reshape, sum } from "../graph/ops/broadcast.ts"
import { concat, halves, pad, slice, transpose } from "../graph/ops/layout.ts"
import type { Operand } from "../graph/ops/source.ts"
import { exp, relu, tanh } from "../graph/ops/unary.ts"
import { type Init, type Live, normalInit, weight } from "../graph/parameter.ts"
import type { Tensor } from "../graph/tensor.ts"
import type { Env } from "../graph/trace.ts"
import { dense, mlp } from "../nn/dense.ts"
import type { Bijector } from "./bijector.ts"

/** Moves one half [batch, moved] given the other [batch, kept]. */
export interface Coupling<P> {
  readonly params: P
  forward(p: Live<P>, moved: Tensor, kept: Tensor, env: Env): { readonly moved: Tensor; readonly logDet: Operand }
  inverse(p: Live<P>, moved: Tensor, kept: Tensor, env: Env): Tensor
}

export interface CouplingOptions {
  /** Length of the half that is read. */
  readonly kept: number
  /** Length of the half that moves. */
  readonly moved: number
  /** At least one width. */
  readonly hidden: readonly number[]
  /** Length of the one-hot `env.label` that the network also reads; 0 where the model has no classes. */
  readonly classes?: number
}

// 0.01: a fresh coupling is nearly the identity, and still every weight has a gradient.
const lastInit = normalInit(0.01)

/** What a coupling reads: rectified layers over the kept half and the label, with a last layer that starts near zero. */
function conditioner({ kept, hidden, classes = 0 }: CouplingOptions, outputs: number) {
  const widths = [kept + classes, ...hidden]
  const body = mlp(widths, "relu")
  const head = dense(widths.at(-1)!, outputs, { weights: lastInit })
  const params = { body: body.params, head: head.params }
  return {
    params,
    apply: (p: Live<typeof params>, x: Tensor, { label }: Env): Tensor => {
      const read = body.apply(p.body, label && classes > 0 ? concat([x, label], 1) : x)
      return head.apply(p.head, relu(read))
    },
  }
}

/** y = b + m(a), which keeps volumes (Dinh et al. 2014, eq. 7 and 8). */
export function additive(options: CouplingOptions) {
  const shift = conditioner(options, options.moved)
  return {
    params: shift.params,
    forward: (p: Live<typeof shift.params>, moved: Tensor, kept: Tensor, env: Env) => ({
      moved: add(moved, shift.apply(p, kept, env)),
      logDet: 0,
    }),
    inverse: (p: Live<typeof shift.params>, moved: Tensor, kept: Tensor, env: Env) =>
      sub(moved, shift.apply(p, kept, env)),
  }
}

const ones: Init = (shape) => new Float32Array(shape.reduce((a, b) => a * b, 1)).fill(1)

/**
 * y = b ⊙ exp(s(a)) + t(a) with log|det| = Σ s(a) (Dinh et al. 2017, eq. 5–8). s is a learned scale times a tanh, so that
 * no input, seen or not, can blow up the exponential.
 */
export function affine(options: CouplingOptions) {
  const net = conditioner(options, 2 * options.moved)
  const params = { net: net.params, scale: weight([options.moved], ones) }
  type P = Live<typeof params>
  const read = (p: P, kept: Tensor, env: Env) => {
    const [raw, shift] = halves(net.apply(p.net, kept, env))
    return { logScale: mul(tanh(raw), p.scale), shift }
  }
  return {
    params,
    forward: (p: P, moved: Tensor, kept: Tensor, env: Env) => {
      const { logScale, shift } = read(p, kept, env)
      return { moved: add(mul(moved, exp(logScale)), shift), logDet: sum(logScale, -1) }
    },
    inverse: (p: P, moved: Tensor, kept: Tensor, env: Env) => {
      const { logScale, shift } = read(p, kept, env)
      return mul(sub(moved, shift), exp(mul(logScale, -1)))
    },
  }
}

/** Dimensions at even and at odd places of the last axis, as [batch, ⌈dims/2⌉] and [batch, ⌊dims/2⌋]. */
export function evensAndOdds(x: Tensor): readonly [Tensor, Tensor] {
  const [batch, dims] = [x.shape[0]!, x.shape[1]!]
  const half = Math.ceil(dims / 2)
  // One transposition: slices of every second number take four times as long. As rows of a matrix, or ONNX Runtime's optimiser
  // moves it behind the slices.
  const places = transpose(reshape(pad(x, 1, 0, dims % 2), [batch, half, 2]), [2, 0, 1])
  const rows = reshape(places, [2 * batch, half])
  return [slice(rows, 0, 0, batch), slice(slice(rows, 0, batch, 2 * batch), 1, 0, Math.floor(dims / 2))]
}

/** The vector whose even and odd places these are. */
export function interleaved(evens: Tensor, odds: Tensor): Tensor {
  const [batch, half] = [evens.shape[0]!, evens.shape[1]!]
  const dims = half + odds.shape[1]!
  const places = concat([evens, pad(odds, 1, 0, dims % 2)].map((part) => reshape(part, [1, batch, half])))
  return slice(reshape(transpose(places, [1, 2, 0]), [batch, 2 * half]), 1, 0, dims)
}

export const tooFewToCouple = (dims: number): string =>
  `coupling: the event has ${dims} dimension; coupling keeps some and moves the others, so it needs at least 2.`

/**
 * `count` couplings, the odd places moving first and then the halves in turn. The result holds the evens before the odds:
 * a permutation, after which another such layer finds other halves. Throws EidosError("config") for fewer than 2 dimensions.
 */
export function alternating<P>(
  dims: number,
  count: number,
  make: (sizes: { readonly kept: number; readonly moved: number }) => Coupling<P>,
): Bijector<readonly P[]> {
  if (dims < 2) throw new EidosError("config", tooFewToCouple(dims))
  const [first, second] = [Math.ceil(dims / 2), Math.floor(dims / 2)]
  const layers = Array.from({ length: count }, (_, i) =>
    make(i % 2 === 0 ? { kept: first, moved: second } : { kept: second, moved: first }),
  )
  return {
    params: layers.map(({ params }) => params),
    forward: (p, x, env) => {
      let [kept, moved] = evensAndOdds(x)
      let logDet: Operand = 0
      for (const [i, layer] of layers.entries()) {
        const next = layer.forward(p[i]!, moved, kept, env)
        logDet = add(logDet, next.logDet)
        ;[kept, moved] = [next.moved, kept]
      }
      return { z: concat(count % 2 === 0 ? [kept, moved] : [moved, kept], 1), logDet }
    },
    inverse: (p, z, env) => {
      const parts = [slice(z, 1, 0, first), slice(z, 1, first, dims)] as const
      let [kept, moved] = count % 2 === 0 ? parts : [parts[1], parts[0]]
      for (const [i, layer] of [...layers.entries()].reverse())
        [moved, kept] = [layer.inverse(p[i]!, kept, moved, env), moved]
      return interleaved(kept, moved)
    },
  }
}
