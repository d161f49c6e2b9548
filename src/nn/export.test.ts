import { describe, expect, it } from "vitest"
import { ndarray } from "../core/array.ts"
import { fillNormal } from "../core/random.ts"
import { type Shape, sizeOf } from "../core/shape.ts"
import { graphOf } from "../graph/graph.ts"
import {
  averagePool,
  gelu,
  input,
  maxPool,
  pixelShuffle,
  resizeBilinear,
  softmax,
  type Tensor,
  upsample,
} from "../graph/index.ts"
import { initialize, live } from "../graph/parameter.ts"
import { lower } from "../onnx/lower.ts"
import { symbolicBatch } from "../onnx/symbolic.ts"
import { openSession, toTensor } from "../runtime/ort-node.ts"
import { interpret } from "../runtime/reference.ts"
import { multiHeadAttention } from "./attention.ts"
import { batchNorm, groupNorm, layerNorm } from "./norm.ts"
import { gru, lstm } from "./recurrent.ts"
import { squeeze, unsqueeze } from "./squeeze.ts"

/** A layer as what it makes of its live parameters and an input. */
interface Exported {
  readonly name: string
  readonly event: Shape
  readonly params: unknown
  apply(p: never, x: Tensor): Tensor
}
const bare = (name: string, apply: (x: Tensor) => Tensor): Exported => ({
  name,
  event: [4, 4, 6],
  params: {},
  apply: (_, x) => apply(x),
})
const norm = batchNorm(4)
const layers: readonly Exported[] = [
  { name: "lstm", event: [3, 5], ...lstm(5, 4), apply: (p, x) => lstm(5, 4).apply(p, x).outputs },
  { name: "gru", event: [3, 5], ...gru(5, 4), apply: (p, x) => gru(5, 4).apply(p, x).outputs },
  { name: "multiHeadAttention", event: [3, 4], ...multiHeadAttention(4, 2, { causal: true }) },
  { name: "batchNorm", event: [4, 2, 3], ...norm, apply: (p, x) => norm.apply(p, x, { training: false }).y },
  { name: "groupNorm", event: [4, 2, 3], ...groupNorm(4, 2) },
  { name: "layerNorm", event: [4, 3], ...layerNorm([3]) },
  bare("pooling", (x) => averagePool(maxPool(x, { kernel: 2 }), { kernel: 2, stride: 1, padding: 1 })),
  bare("resizing", (x) => upsample(resizeBilinear(x, [2, 3]), 2)),
  bare("squeezing", (x) => pixelShuffle(unsqueeze(squeeze(x)), 2)),
  bare("activations", (x) => gelu(softmax(x, 1))),
]

describe("an exported program of any batch length", () => {
  it.each(layers)("computes $name", async ({ event, params, apply }) => {
    const traced = (batch: number) => graphOf({ y: apply(live(params) as never, input("x", [batch, ...event])) })
    const x = ndarray([2, ...event], fillNormal({ seed: 1, name: "x" }, new Float32Array(2 * sizeOf(event))))
    const feeds = { ...Object.fromEntries(initialize(params, 1)), x }
    const session = await openSession(lower(traced(symbolicBatch)), { threads: 1 })
    const found = await session.run(
      Object.fromEntries(Object.entries(feeds).map(([name, value]) => [name, toTensor(value)])),
    )
    await session.release()
    const slow = interpret(traced(2), feeds)["y"]!
    expect(found["y"]!.dims).toEqual(slow.shape)
    for (const [i, value] of slow.data.entries()) expect(Number(found["y"]!.data[i])).toBeCloseTo(value, 5)
  })
})
