/** A colour as red, green and blue, 0 to 255. */
export type Colour = readonly [red: number, green: number, blue: number]

// Ten equally spaced colours of viridis (Smith and van der Walt 2015): perceptually even, and readable when colour-blind.
const stops: readonly Colour[] = [
  [68, 1, 84],
  [72, 40, 120],
  [62, 73, 137],
  [49, 104, 142],
  [38, 130, 142],
  [31, 158, 137],
  [53, 183, 121],
  [110, 206, 88],
  [181, 222, 43],
  [253, 231, 37],
]

/** The colour of a value from 0 (dark violet) to 1 (yellow); values outside are clamped. */
export function viridis(value: number): Colour {
  const at = Math.min(1, Math.max(0, value)) * (stops.length - 1)
  const i = Math.min(stops.length - 2, Math.floor(at))
  return mixed(stops[i]!, stops[i + 1]!, at - i)
}

/** A colour between two, `share` of it the second. */
export const mixed = (a: Colour, b: Colour, share: number): Colour => [
  Math.round(a[0] + share * (b[0] - a[0])),
  Math.round(a[1] + share * (b[1] - a[1])),
  Math.round(a[2] + share * (b[2] - a[2])),
]
