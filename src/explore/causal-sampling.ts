/** Samples of a network of causal convolutions, pixel by pixel, at the price of one pass over the images. */
import { type NdArray, ndarray } from "../core/array.ts"
import { sizeOf } from "../core/shape.ts"
import type { Graph } from "../graph/graph.ts"
import { lower } from "../onnx/lower.ts"
import type { Ports } from "../runtime/bound.ts"
import { fillUniform } from "../runtime/noise.ts"
import { type BindOptions, bind } from "../runtime/ort-bound.ts"
import { type CausalNetwork, logitsPort, pixelProgram, portOf, type Reach, rowProgram } from "./causal-network.ts"

/** Writes the values [images, channels] of a pixel, given its logits [images, …]; pixels are counted in raster order. */
export type Draw = (pixel: number, logits: Float32Array, values: Float32Array) => void

/** Bits with these logits, from the same noise for the same seed. */
export const drawBits =
  (seed: number): Draw =>
  (pixel, logits, values) => {
    const noise = fillUniform({ seed, name: "sample/pixel", step: pixel }, new Float32Array(values.length))
    for (const [i, u] of noise.entries()) values[i] = u * (1 + Math.exp(-logits[i]!)) < 1 ? 1 : 0
  }

export interface CausalSampler {
  /** Images [images, channels, height, width]. */
  sample(draw: Draw): Promise<NdArray>
  dispose(): Promise<void>
}

/** What draws so many images at once from a network, fastest by some 64, whose caches stay near the processor. Throws EidosError("trace") when a pixel would see itself. */
export async function openCausalSampler(
  network: CausalNetwork,
  images: number,
  options: BindOptions = {},
): Promise<CausalSampler> {
  const [channels, height, width] = network.event as [number, number, number]
  const { graph, reaches } = pixelProgram(network, images)
  const values = ndarray([images, channels])
  const logits = ndarray(graph.outputs.get(logitsPort)!.shape)
  const caches = reaches.map((reach) => cacheOf(reach, images, width, values))
  const ports: Ports = new Map([[logitsPort, logits], ...caches.flatMap(({ ofPixel }) => ofPixel)])
  // One thread: a pixel's products take some microseconds each, which is what waking a second thread costs.
  const pixelStep = await bindGraph(graph, ports, { ...options, threads: 1 })
  const row = rowProgram(network, reaches, images)
  const rowStep = await bindGraph(row, new Map(caches.flatMap(({ ofRow }) => ofRow)), options)

  /** Writes the values of a pixel into the images [images, channels, pixels]. */
  const place = (x: Float32Array, pixel: number): void => {
    for (const [i, value] of values.data.entries()) x[i * height * width + pixel] = value
  }
  return {
    async sample(draw) {
      const x = ndarray([images, ...network.event])
      for (const cache of caches) cache.clear()
      for (let first = 0; first < height * width; first += width) {
        await rowStep.run()
        for (const cache of caches) cache.nextRow()
        for (let column = 0; column < width; column++) {
          for (const cache of caches) cache.arrive(column)
          const running = pixelStep.run()
          if (running) await running
          draw(first + column, logits.data, values.data)
          for (const cache of caches) cache.keep(column)
          place(x.data, first + column)
        }
        await new Promise(setImmediate) // direct calls never leave the thread: let signals and timers have their turn
      }
      return x
    },
    async dispose() {
      await pixelStep.dispose()
      await rowStep.dispose()
    },
  }
}

const bindGraph = (graph: Graph, arrays: Ports, options: BindOptions) => {
  const chosen = (names: Iterable<string>): Ports => new Map([...names].map((name) => [name, arrays.get(name)!]))
  return bind(lower(graph), chosen(graph.inputs.keys()), chosen(graph.outputs.keys()), options)
}

/** Numbers in equal blocks, as views. */
const blocksOf = (data: Float32Array, count: number): Float32Array[] =>
  Array.from({ length: count }, (_, i) => data.subarray((i * data.length) / count, ((i + 1) * data.length) / count))

type Port = [name: string, array: NdArray]

/**
 * What one kernel convolves, in the rows that it still reaches: [far · (far + width + far) · images, inputs], zero beyond the
 * borders. Columns come before images, so that the window to the left of a pixel is one block of memory.
 */
function cacheOf({ kernel, far, inputs, outputs, ofImages }: Reach, images: number, width: number, values: NdArray) {
  const rows = ndarray([far * (width + 2 * far) * images, inputs])
  const aboveRow = ndarray([width * images, outputs])
  const above = ndarray([images, outputs])
  const left = new Float32Array(far * images * inputs)
  const seen = ofImages ? values : ndarray([images, inputs])
  const rowLength = rows.data.length / far
  const lastRow = rows.data.subarray((far - 1) * rowLength)
  const columns = blocksOf(lastRow, width + 2 * far)
  const block = sizeOf(seen.shape)
  const windows = columns.map((_, c) => lastRow.subarray(c * block, (c + far) * block))
  const sums = blocksOf(aboveRow.data, width)
  const ofPixel: Port[] = [
    [portOf.above(kernel), above],
    ...blocksOf(left, far).map(
      (data, column): Port => [portOf.left(kernel, column), { shape: [images, inputs], data }],
    ),
    [portOf.seen(kernel), seen],
  ]
  const ofRow: Port[] = [
    [portOf.rows(kernel), rows],
    [portOf.above(kernel), aboveRow],
  ]
  return {
    ofPixel,
    ofRow,
    clear: () => void rows.data.fill(0),
    /** Forgets the highest row; the last one is written anew, from left to right. */
    nextRow: () => void rows.data.copyWithin(0, rowLength),
    /** Hands the program what lies above a pixel and to its left. */
    arrive(column: number) {
      above.data.set(sums[column]!)
      left.set(windows[column]!)
    },
    keep: (column: number) => columns[far + column]!.set(seen.data),
  }
}
