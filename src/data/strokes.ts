/**
 * Digits as a pen writes them: strokes through a few points, in units of the digit's height (x to the right, y down,
 * top at 0, bottom at 1). A corner is where one stroke ends and the next begins at the same point; within a stroke the
 * pen moves smoothly. Each way of writing a digit takes three numbers in [-1, 1] that move its points as hands differ.
 */
export type Point = readonly [x: number, y: number]
export type Stroke = readonly Point[]
/** One way of writing a digit; `a`, `b`, `c` in [-1, 1] vary its proportions. */
export type Variant = (a: number, b: number, c: number) => readonly Stroke[]

/** Points of an ellipse from angle `from` to `to` in turns; 0 is the right, 0.25 the bottom. */
function arc(center: Point, radius: Point, [from, to]: Point, steps = 12): Point[] {
  return Array.from({ length: steps + 1 }, (_, i) => {
    const angle = 2 * Math.PI * (from + ((to - from) * i) / steps)
    return [center[0] + radius[0] * Math.cos(angle), center[1] + radius[1] * Math.sin(angle)]
  })
}

// biome-ignore format: a table of points
const zero: readonly Variant[] = [
  // a closed oval; b moves where it closes, c lets the ends miss or cross each other
  (a, b, c) => [arc([0.33, 0.5], [0.3 + 0.06 * a, 0.5], [-0.2 + 0.05 * b, -1.21 + 0.05 * b - 0.02 * c], 14)],
  // begun at the top right and closed with a small hook inside
  (a, b, c) => {
    const oval = arc([0.33, 0.5], [0.3 + 0.06 * a, 0.5], [-0.17, -1.12], 13)
    return [[...oval, [0.4 + 0.05 * b, 0.04 + 0.03 * c] as const, [0.26 + 0.06 * b, 0.12 + 0.03 * c] as const]]
  },
]

// biome-ignore format: a table of points
const one: readonly Variant[] = [
  (a, b) => [
    [[0.2, 0], [0.2 + 0.04 * a, 0.35], [0.2 + 0.04 * b, 0.7], [0.2, 1]],
  ],
  (a, b, c) => [
    [[0.02 - 0.05 * a, 0.24 + 0.05 * b], [0.14, 0.15 + 0.03 * b], [0.26, 0]],
    [[0.26, 0], [0.26 + 0.02 * c, 0.5], [0.26, 1]],
  ],
  (a, b, c) => [
    [[0.06 - 0.05 * a, 0.22 + 0.05 * b], [0.18, 0.13], [0.28, 0]],
    [[0.28, 0], [0.28, 0.5], [0.28, 0.98]],
    [[0.06 - 0.05 * c, 0.98], [0.28, 0.98], [0.5 + 0.05 * c, 0.97]],
  ],
]

// biome-ignore format: a table of points
const two: readonly Variant[] = [
  (a, b, c) => [
    [
      [0.05, 0.2 + 0.05 * a], [0.15, 0.06], [0.34, 0], [0.52, 0.1], [0.54 + 0.03 * b, 0.28], [0.42, 0.52], [0.22, 0.78],
      [0.03, 0.97],
    ],
    [[0.03, 0.97], [0.32, 0.95 - 0.03 * c], [0.64, 0.97 + 0.03 * c]],
  ],
  (a, b, c) => [
    [
      [0.06, 0.2 + 0.06 * a], [0.18, 0.04], [0.38, 0], [0.53, 0.12], [0.52 + 0.03 * b, 0.32], [0.4, 0.58], [0.24, 0.82],
      [0.1, 0.96], [0.01, 0.93], [0.03, 0.81], [0.15, 0.77 - 0.02 * c], [0.3, 0.87], [0.45, 0.97], [0.57, 0.98],
      [0.7, 0.9 - 0.04 * c],
    ],
  ],
]

// biome-ignore format: a table of points
const three: readonly Variant[] = [
  (a, b, c) => [
    [[0.06, 0.12 + 0.04 * a], [0.2, 0.01], [0.4, 0.02], [0.51, 0.16], [0.45, 0.33], [0.32, 0.43], [0.2 + 0.04 * b, 0.46]],
    [[0.2 + 0.04 * b, 0.46], [0.4, 0.48], [0.55, 0.6], [0.56, 0.79], [0.42, 0.96], [0.22, 1], [0.02, 0.89 + 0.05 * c]],
  ],
  (a, b, c) => [
    [[0.05, 0.04 + 0.03 * a], [0.3, 0.02], [0.54, 0.02]],
    [[0.54, 0.02], [0.4, 0.22], [0.24 + 0.03 * b, 0.4]],
    [[0.24 + 0.03 * b, 0.4], [0.44, 0.43], [0.57, 0.57], [0.56, 0.78], [0.42, 0.95], [0.22, 1], [0.02, 0.9 + 0.05 * c]],
  ],
  // one movement with a small loop at the waist
  (a, b, c) => [
    [
      [0.07, 0.12 + 0.05 * a], [0.22, 0.01], [0.42, 0.03], [0.51, 0.17], [0.43, 0.34], [0.28, 0.45], [0.19 + 0.03 * b, 0.47],
      [0.25, 0.42], [0.42, 0.47], [0.56, 0.62], [0.54, 0.82], [0.38, 0.97], [0.18, 0.99], [0.02, 0.88 + 0.06 * c],
    ],
  ],
]

// biome-ignore format: a table of points
const four: readonly Variant[] = [
  // open: a corner at the left, the stem apart
  (a, b, c) => [
    [[0.14 + 0.04 * a, 0.04], [0.09, 0.28], [0.03, 0.54 + 0.04 * b]],
    [[0.03, 0.54 + 0.04 * b], [0.34, 0.56 + 0.03 * b], [0.68, 0.53]],
    [[0.54 + 0.03 * c, 0], [0.51, 0.5], [0.48, 1]],
  ],
  // closed, as printed
  (a, b, c) => [
    [[0.47, 0], [0.26 + 0.03 * a, 0.3], [0.02, 0.62 + 0.05 * b]],
    [[0.02, 0.62 + 0.05 * b], [0.36, 0.63 + 0.05 * b], [0.68 + 0.05 * c, 0.62 + 0.03 * b]],
    [[0.47, 0], [0.475, 0.5], [0.46, 1]],
  ],
  // open and round: a cup and the stem
  (a, b, c) => [
    [[0.1 + 0.04 * a, 0.02], [0.05, 0.2], [0.05, 0.38], [0.16, 0.5 + 0.02 * b], [0.34, 0.5 + 0.02 * b], [0.52, 0.42]],
    [[0.56, 0 + 0.04 * c], [0.53, 0.4], [0.49, 0.75], [0.46, 1]],
  ],
]

// biome-ignore format: a table of points
const five: readonly Variant[] = [
  (a, b, c) => [
    [[0.57 + 0.04 * a, 0.02 + 0.03 * c], [0.36, 0.03], [0.16, 0.04]],
    [[0.16, 0.04], [0.13, 0.22], [0.1, 0.44 + 0.03 * b]],
    [
      [0.1, 0.44 + 0.03 * b], [0.27, 0.38], [0.46, 0.43], [0.57, 0.62], [0.51, 0.85], [0.32, 0.98], [0.14, 0.99],
      [0.0, 0.9 + 0.04 * c],
    ],
  ],
  // one movement, round like an S
  (a, b, c) => [
    [
      [0.6 + 0.04 * a, 0.0], [0.4, 0.02], [0.22, 0.07], [0.14, 0.2], [0.15, 0.35 + 0.02 * b], [0.3, 0.42], [0.46, 0.52],
      [0.53, 0.7], [0.43, 0.91], [0.22, 1], [0.02, 0.92 + 0.05 * c],
    ],
  ],
]

// biome-ignore format: a table of points
const six: readonly Variant[] = [
  (a, b, c) => [
    [
      [0.46 + 0.06 * a, 0.0], [0.26, 0.19], [0.1, 0.45], [0.04, 0.72], [0.13, 0.94], [0.31, 1], [0.49, 0.91],
      [0.53, 0.73], [0.42, 0.57 + 0.03 * b], [0.25, 0.57 + 0.03 * b], [0.09 + 0.03 * c, 0.73],
    ],
  ],
  // a straighter back and a smaller bowl
  (a, b, c) => [
    [
      [0.28 + 0.08 * a, 0.0], [0.13, 0.27], [0.05, 0.55], [0.06, 0.82], [0.2, 0.99], [0.4, 0.95], [0.49, 0.79],
      [0.41, 0.64 + 0.03 * b], [0.26, 0.63 + 0.03 * b], [0.13 + 0.02 * c, 0.78], [0.12, 0.88],
    ],
  ],
]

// biome-ignore format: a table of points
const seven: readonly Variant[] = [
  (a, b, c) => [
    [[0.02, 0.07 + 0.04 * a], [0.3, 0.06], [0.6, 0.03]],
    [[0.6, 0.03], [0.43 + 0.05 * b, 0.36], [0.31 + 0.03 * b, 0.7], [0.24 + 0.05 * c, 1]],
  ],
  // with a bar through the stem
  (a, b, c) => [
    [[0.03, 0.08 + 0.04 * a], [0.32, 0.05], [0.61, 0.04]],
    [[0.61, 0.04], [0.45, 0.36], [0.34, 0.68], [0.25 + 0.05 * b, 1]],
    [[0.17, 0.51 + 0.03 * c], [0.38, 0.5], [0.6, 0.47 - 0.03 * c]],
  ],
  // with a serif, and round at the corner
  (a, b, c) => [
    [
      [0.02, 0.2 + 0.04 * a], [0.05, 0.08], [0.2, 0.07], [0.4, 0.07], [0.55, 0.02], [0.58, 0.12], [0.46 + 0.03 * b, 0.38],
      [0.36 + 0.03 * b, 0.7], [0.31 + 0.04 * c, 1],
    ],
  ],
]

// biome-ignore format: a table of points
const eight: readonly Variant[] = [
  // one movement from the top right
  (a, b, c) => [
    [
      [0.5 + 0.02 * a, 0.12], [0.36, 0.0], [0.18, 0.03], [0.1, 0.17], [0.18, 0.34], [0.33, 0.48 + 0.03 * b], [0.48, 0.62],
      [0.52, 0.82], [0.38, 0.98], [0.18, 0.98], [0.06, 0.83], [0.13, 0.64], [0.29, 0.49 + 0.03 * b], [0.44, 0.34],
      [0.51 + 0.03 * c, 0.17], [0.46 + 0.05 * c, 0.06],
    ],
  ],
  // two rings, one above the other
  (a, b, c) => [
    arc([0.31, 0.23], [0.19 + 0.03 * a, 0.23 + 0.02 * b], [0.25, 1.26]),
    arc([0.3, 0.73 + 0.01 * b], [0.25 + 0.03 * c, 0.27], [-0.25, 0.77]),
  ],
]

// biome-ignore format: a table of points
const nine: readonly Variant[] = [
  // a ring and a straight stem
  (a, b, c) => [
    [
      [0.53, 0.13], [0.41, 0.01], [0.22, 0.02], [0.07, 0.16], [0.07, 0.35], [0.2, 0.47 + 0.02 * a], [0.37, 0.43 + 0.02 * a],
      [0.53, 0.2],
    ],
    [[0.53, 0.1], [0.51, 0.4], [0.47 + 0.03 * b, 0.72], [0.43 + 0.05 * c, 1]],
  ],
  // one movement with a curved tail
  (a, b, c) => [
    [
      [0.52, 0.2], [0.45, 0.05], [0.28, 0.0], [0.1, 0.1], [0.06, 0.3], [0.17, 0.46 + 0.02 * a], [0.36, 0.43 + 0.02 * a],
      [0.5, 0.27], [0.54, 0.14], [0.54, 0.4], [0.51, 0.7], [0.4, 0.92], [0.24, 1], [0.08 + 0.05 * b, 0.93 + 0.04 * c],
    ],
  ],
]

/** Ways of writing the digits 0 to 9. */
export const digits: readonly (readonly Variant[])[] = [zero, one, two, three, four, five, six, seven, eight, nine]
