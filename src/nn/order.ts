/** Orders in which an autoregressive model visits the pixels of an event. */
import { permutation } from "../core/random.ts"

export type OrderName = "raster" | "random"

/** Positions in the flat event in the order they are visited: as they are stored, or the permutation `step` of a seed. */
export const visitingOrder = (
  name: OrderName,
  pixels: number,
  { seed, step = 0 }: { seed: number; step?: number },
): number[] =>
  name === "raster"
    ? Array.from({ length: pixels }, (_, i) => i)
    : Array.from(permutation({ seed, name: "order", step }, pixels))

/** When each pixel is visited, from 1: the inverse of the order. */
export function visitsOf(order: readonly number[]): number[] {
  const visits = new Array<number>(order.length)
  for (const [step, pixel] of order.entries()) visits[pixel] = step + 1
  return visits
}
