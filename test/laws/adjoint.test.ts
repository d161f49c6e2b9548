/** The cotangent of a linear op is its adjoint: ⟨Cx, y⟩ = ⟨x, Cᵀy⟩ for every x and y. */
import { describe, expect, it } from "vitest"
import { fillNormal } from "../../src/core/random.ts"
import { type Shape, sizeOf } from "../../src/core/shape.ts"
import { graphOf } from "../../src/graph/graph.ts"
import * as ops from "../../src/graph/ops/index.ts"
import { pullback } from "../../src/graph/pullback.ts"
import type { Tensor } from "../../src/graph/tensor.ts"
import { compile } from "../../src/runtime/ort-node.ts"
import { interpret } from "../../src/runtime/reference.ts"

const values = (shape: Shape, name: string) => ({
  shape,
  data: fillNormal({ seed: 1, name }, new Float32Array(sizeOf(shape))),
})
const held = (shape: Shape) => ops.constant(values(shape, "held"))

/** Maps that are linear in their argument, all others held fixed. */
const linear: Readonly<Record<string, readonly [shape: Shape, map: (x: Tensor) => Tensor]>> = {
  "sum over an axis": [[3, 4], (x) => ops.sum(x, 1)],
  "sum over everything": [[3, 4], (x) => ops.sum(x)],
  mean: [[3, 4], (x) => ops.mean(x, 0, true)],
  broadcast: [[3, 1], (x) => ops.broadcastTo(x, [2, 3, 4])],
  "broadcast of a scalar": [[], (x) => ops.broadcastTo(x, [2, 3])],
  reshape: [[3, 4], (x) => ops.reshape(x, [2, 6])],
  transpose: [[2, 3, 4], (x) => ops.transpose(x, [2, 0, 1])],
  slice: [[5, 4], (x) => ops.slice(x, 0, 1, 4)],
  "slice from the back": [[5, 4], (x) => ops.slice(x, -1, 1, 3)],
  pad: [[2, 3], (x) => ops.pad(x, 1, 2, 1)],
  "pad from the back": [[2, 3], (x) => ops.pad(x, -1, 2, 1)],
  concat: [
    [2, 3],
    (x) =>
      ops.concat(
        [x, held([2, 1]), ops.mul(x, 2)].map((part, i) => (i === 1 ? ops.mul(part, 0) : part)),
        1,
      ),
  ],
  "matmul from the left": [[2, 3], (x) => ops.matmul(x, held([3, 4]))],
  "matmul from the right": [[3, 4], (x) => ops.matmul(held([2, 3]), x, { alpha: -0.5 })],
  "matmul transposed on the left": [[3, 2], (x) => ops.matmul(x, held([3, 4]), { transA: true })],
  "matmul transposed on both sides": [[4, 3], (x) => ops.matmul(held([3, 2]), x, { transA: true, transB: true })],
  "mul by a row": [[3, 4], (x) => ops.mul(x, held([4]))],
  "div by a column": [[3, 4], (x) => ops.div(x, held([3, 1]))],
  "add of itself": [[3, 4], (x) => ops.add(x, ops.broadcastTo(ops.sum(x, 0, true), [3, 4]))],
}

const dot = (a: ArrayLike<number>, b: ArrayLike<number>) => Array.from(a).reduce((total, x, i) => total + x * b[i]!, 0)

describe.each(Object.entries(linear))("%s", (_, [shape, map]) => {
  const x = ops.input("x", shape)
  const cx = map(x)
  const y = ops.input("y", cx.shape)
  const graph = graphOf({ cx, cty: pullback(cx, [x], y)[0]! })
  const feeds = { x: values(shape, "x"), y: values(cx.shape, "y") }
  const gap = (outputs: Record<string, { data: ArrayLike<number> }>) =>
    Math.abs(dot(outputs["cx"]!.data, feeds.y.data) - dot(feeds.x.data, outputs["cty"]!.data))

  it("has its adjoint as pullback, in the interpreter and in ONNX Runtime", async () => {
    const slow = interpret(graph, feeds)
    expect(gap(slow)).toBeLessThan(1e-12)
    const program = await compile(graph, { threads: 1 })
    const fast = await program.run(feeds)
    await program.dispose()
    expect(gap(fast)).toBeLessThan(1e-5)
    const bent = { ...slow, cty: { data: slow["cty"]!.data.map((value) => 1.001 * value) } }
    expect(gap(bent)).toBeGreaterThan(1e-6) // a cotangent one part in a thousand off is caught
  })
})
