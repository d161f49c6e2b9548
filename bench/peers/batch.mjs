// What is run and on what data, for every JavaScript contestant, in Node and in a browser.

import workloads from "../workloads.json" with { type: "json" }

export { workloads }

const INK = 0.3 // share of ones in the binary batch

/** Numerical Recipes' generator from state 1: enough for a batch of dots, and the same in every language. */
export const uniforms = () => {
  let state = 1
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return state / 2 ** 32
  }
}

const values = { bits: (u) => (u < INK ? 1 : 0), signs: (u) => (u < INK ? 1 : -1), uniform: (u) => u }

export const sizeOf = (shape) => shape.reduce((a, b) => a * b, 1)

/** The batch, flat in the order [batch, ...event]. */
export const batchOf = ({ event, data }, batch) => {
  const next = uniforms()
  return Float32Array.from({ length: batch * sizeOf(event) }, () => values[data](next()))
}

/** One-hot labels [batch, classes], flat. */
export const labelsOf = ({ sizes: { classes } }, batch) =>
  Float32Array.from({ length: batch * classes }, (_, i) => (Math.floor(i / classes) % classes === i % classes ? 1 : 0))

/** 1 where a kernel of a PixelCNN may look, flat [kernel, kernel]. */
export const pixelMask = (kernel, seesItself) => {
  const last = kernel * (kernel >> 1) + (kernel >> 1) + (seesItself ? 1 : 0)
  return Float32Array.from({ length: kernel * kernel }, (_, i) => (i < last ? 1 : 0))
}

/** MADE's masks, each flat [inputs, outputs]: a hidden unit j has degree 1 + j mod (pixels − 1). */
export const madeMasks = ({ event: [pixels], sizes: { hidden } }) => {
  const inOrder = Array.from({ length: pixels }, (_, i) => i + 1)
  const units = hidden.map((width) => Array.from({ length: width }, (_, j) => 1 + (j % (pixels - 1))))
  const degrees = [inOrder, ...units, inOrder]
  return degrees.slice(1).map((above, l) => {
    const sees = l === hidden.length ? (below, m) => m > below : (below, m) => m >= below
    return Float32Array.from(degrees[l].flatMap((below) => above.map((m) => (sees(below, m) ? 1 : 0))))
  })
}
