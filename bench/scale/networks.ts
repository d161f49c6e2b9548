/** Networks of any width, depth and batch, by which growth is measured. */
import { diagonalNormal } from "../../src/dist/normal.ts"
import { sub } from "../../src/graph/ops/arithmetic.ts"
import { reshape, sum } from "../../src/graph/ops/broadcast.ts"
import { halves } from "../../src/graph/ops/layout.ts"
import { bernoulliLogProb } from "../../src/graph/ops/likelihood.ts"
import { mean } from "../../src/graph/ops/reduce.ts"
import { crossEntropy } from "../../src/graph/ops/softmax.ts"
import { relu } from "../../src/graph/ops/unary.ts"
import type { Live } from "../../src/graph/parameter.ts"
import type { Tensor } from "../../src/graph/tensor.ts"
import type { Env } from "../../src/graph/trace.ts"
import type { Model } from "../../src/model/capabilities.ts"
import { made, vae } from "../../src/models/index.ts"
import { convLayer, convTransposeLayer } from "../../src/nn/conv.ts"
import { dense } from "../../src/nn/dense.ts"
import { lstm } from "../../src/nn/recurrent.ts"

export interface Size {
  readonly width: number
  readonly depth: number
}

const latent = 20
const widths = ({ width, depth }: Size): number[] => new Array<number>(depth).fill(width)

export const denseVae = (size: Size): Model => vae.build(vae.config.parse({ latent, hidden: widths(size) }), [784])

export const masked = (size: Size): Model =>
  made.build(made.config.parse({ hidden: widths(size), direct: false }), [784])

const params = <L extends { readonly params: object }>(layers: readonly L[]): L["params"][] =>
  layers.map((layer) => layer.params)

/** A VAE of square images: one strided convolution down to `width` channels, then `depth` of stride 1; the decoder mirrors it. */
export function convVae({ width, depth }: Size, side = 28): Model {
  const half = side / 2
  const flat = width * half * half
  const same = () => Array.from({ length: depth }, () => convLayer(width, width, 3, { padding: 1 }))
  const down = convLayer(1, width, 4, { stride: 2, padding: 1 })
  const up = convTransposeLayer(width, 1, 4, { stride: 2, padding: 1, size: [side, side] })
  const [reading, writing] = [same(), same()]
  const [code, unfold] = [dense(flat, 2 * latent), dense(latent, flat)]
  const tree = {
    down: down.params,
    reading: params(reading),
    code: code.params,
    unfold: unfold.params,
    writing: params(writing),
    up: up.params,
  }
  type P = Live<typeof tree>
  const deep = (layers: ReturnType<typeof same>, p: P["reading"], x: Tensor) =>
    layers.reduce((h, layer, i) => relu(layer.apply(p[i]!, h)), x)
  const play = (p: P, x: Tensor, { rng }: Env) => {
    const n = x.shape[0]!
    const h = deep(reading, p.reading, relu(down.apply(p.down, x)))
    const q = diagonalNormal(...halves(code.apply(p.code, reshape(h, [n, flat]))))
    const unfolded = reshape(relu(unfold.apply(p.unfold, q.sample(rng))), [n, width, half, half])
    const logits = up.apply(p.up, deep(writing, p.writing, unfolded))
    return { loss: mean(sub(q.kl(), sum(bernoulliLogProb(logits, x), [1, 2, 3]))) }
  }
  return { event: [1, side, side], density: "none", sampling: "none", params: tree, players: { evidence: { play } } }
}

const classes = 10

/** `depth` LSTMs, one reading the outputs of the other, over so many steps of 28 inputs; the last state names a class. */
export function stackedLstm({ width, depth }: Size, steps = 28): Model {
  const inputs = 28
  const cells = Array.from({ length: depth }, (_, i) => lstm(i === 0 ? inputs : width, width))
  const head = dense(width, classes)
  const tree = { cells: params(cells), head: head.params }
  type P = Live<typeof tree>
  const play = (p: P, x: Tensor, { label }: Env) => {
    const below = cells.slice(0, -1).reduce((h, cell, i) => cell.apply(p.cells[i]!, h).outputs, x)
    const { last } = cells.at(-1)!.apply(p.cells.at(-1)!, below)
    return { loss: mean(crossEntropy(head.apply(p.head, last!.h), label!)) }
  }
  return {
    event: [steps, inputs],
    classes,
    density: "none",
    sampling: "none",
    params: tree,
    players: { reader: { play } },
  }
}
