import { normalizeAxis, stridesOf } from "../../core/shape.ts"
import { apply, type Op, type Tensor } from "../tensor.ts"

interface Running {
  readonly axis: number
  /** From the end to the beginning. */
  readonly reverse: boolean
  /** Each place sums what comes before it, without its own element. */
  readonly exclusive: boolean
}

/** Running sums along an axis. */
export const cumsumOp: Op<Running> = {
  name: "cumsum",
  shape: ([x]) => x!,
  reference: ([x], [shape], { axis, reverse, exclusive }) => {
    const [inner, length] = [stridesOf(shape!)[axis]!, shape![axis]!]
    return x!.map((_, i) => {
      const here = Math.floor(i / inner) % length
      let total = 0
      for (let j = 0; j < length; j++) {
        const counts = j === here ? !exclusive : reverse ? j > here : j < here
        if (counts) total += x![i + (j - here) * inner]!
      }
      return total
    })
  },
  vjp: (g, _, __, { axis, reverse, exclusive }) => [cumsum(g, axis, { reverse: !reverse, exclusive })],
  onnx: (emit, [x], { axis, reverse, exclusive }) =>
    emit.node("CumSum", [x!, emit.node("Squeeze", [emit.ints([axis])])], {
      ...(reverse && { reverse: 1 }),
      ...(exclusive && { exclusive: 1 }),
    }),
  examples: [
    { shapes: [[2, 4]], attrs: { axis: 1, reverse: false, exclusive: false } },
    { shapes: [[3, 2]], attrs: { axis: 0, reverse: true, exclusive: false } },
    { shapes: [[2, 3, 2]], attrs: { axis: 1, reverse: false, exclusive: true } },
  ],
}

/** Running sums along an axis, from the front and with each place's own element unless told; shaped like x. */
export const cumsum = (x: Tensor, axis: number, options: Partial<Omit<Running, "axis">> = {}): Tensor =>
  apply(cumsumOp, [x], { reverse: false, exclusive: false, ...options, axis: normalizeAxis("cumsum", axis, x.shape) })
