/** Binary states shared by the Boltzmann machines: how they begin, how they are listed. */
import { fillUniform } from "../../core/random.ts"
import { sizeOf } from "../../core/shape.ts"
import { concat, slice } from "../../graph/ops/layout.ts"
import type { Init } from "../../graph/parameter.ts"
import type { Tensor } from "../../graph/tensor.ts"
import type { Enumeration } from "../../model/capabilities.ts"

/** Zeros and ones with equal chances: where persistent chains begin. */
export const coinFlips: Init = (shape, stream) =>
  fillUniform(stream, new Float32Array(sizeOf(shape))).map((u) => (u < 0.5 ? 0 : 1))

/** n rows [n, units] of chains [chains, units], from the first again when there are fewer. */
export function firstRows(chains: Tensor, n: number): Tensor {
  const copies = Math.ceil(n / chains.shape[0]!)
  return slice(
    concat(
      Array.from({ length: copies }, () => chains),
      0,
    ),
    0,
    0,
    n,
  )
}

const mostUnits = 20 // 2^20 states: seconds

/** The enumeration as a property of the model, where its states are few enough to be summed. */
export const enumerable = <L>(enumeration: Enumeration<L>): { enumeration?: Enumeration<L> } =>
  enumeration.units <= mostUnits ? { enumeration } : {}

/** All states of so many binary units as rows, unit 0 changing slowest: [2^units · units] numbers. */
export const allStates = (units: number): Float32Array =>
  Float32Array.from({ length: 2 ** units * units }, (_, i) => {
    const [state, unit] = [Math.floor(i / units), i % units]
    return (state >>> (units - 1 - unit)) & 1
  })
