/** Which form of a convolution's kernel gradient is fastest on a processor, by its shapes. */
import type { Shape } from "../../core/shape.ts"
import { isOnes } from "./conv-emission.ts"
import type { Geometry, Sides } from "./conv-geometry.ts"

export type KernelGradientForm = "pointwise" | "gathered" | "channelsLast" | "split" | "convolved"

interface Shapes {
  /** [batch, channels, height, width]. */
  readonly from: Shape
  /** [batch, out, rows, columns]. */
  readonly to: Shape
  readonly kernel: Sides
  readonly geometry: Geometry
}

const fewChannels = 16 // copies of so few channels' taps cost little
const smallMap = 64 // pixels

/** The rule: what was fastest on the shapes of benchmark networks, two threads of an Intel Xeon. */
export function kernelGradientForm({ from, to, kernel, geometry }: Shapes): KernelGradientForm {
  const isDense = isOnes(geometry.stride) && isOnes(geometry.dilation)
  if (isOnes(kernel) && isDense && geometry.padding.every((length) => length === 0)) return "pointwise"
  if (!isDense) return "convolved"
  return from[1]! >= fewChannels && to[2]! * to[3]! <= smallMap ? "channelsLast" : "gathered"
}
