/** Samples drawn pixel by pixel, by the whole conditional at each pixel or by the model's own recurrence. */
import type { NdArray } from "../core/array.ts"
import { fillUniform } from "../core/random.ts"
import { sizeOf } from "../core/shape.ts"
import { compileFor, labelsInTurn, oneHotFeeds } from "../evaluate/evaluator.ts"
import { input } from "../graph/ops/source.ts"
import type { Env } from "../graph/trace.ts"
import type { Ancestral, Model, Recurrence, Trained } from "../model/capabilities.ts"
import type { SessionOptions } from "../runtime/ort-node.ts"

type AncestralModel = Model & Ancestral<any>

export interface AncestralOptions extends SessionOptions {
  readonly seed: number
  readonly labels?: readonly number[]
  /** Whether the model's recurrence is used where it has one; it is unless told. */
  readonly recurrent?: boolean
}

const mostAtOnce = 1000 // rows of one run: enough for full-speed products

/** n samples [n, ...event]: x_i ~ p(x_i | x_<i), each sample in an order of the model drawn for it. */
export async function ancestralSamples(
  trained: Trained<AncestralModel>,
  n: number,
  options: AncestralOptions,
): Promise<NdArray> {
  const { orders, event } = trained.model
  const pixels = sizeOf(event)
  const samples: NdArray = { shape: [n, ...event], data: new Float32Array(n * pixels) }
  const chosen = fillUniform({ seed: options.seed, name: "sample/order" }, new Float32Array(n))
  for (const k of orders.keys()) {
    const rows = [...chosen.keys()].filter((row) => Math.floor(chosen[row]! * orders.length) === k)
    for (let first = 0; first < rows.length; first += mostAtOnce) {
      const some = rows.slice(first, first + mostAtOnce)
      const x = await inOneOrder(trained, k, some, n, options)
      for (const [i, row] of some.entries()) samples.data.set(x.subarray(i * pixels, (i + 1) * pixels), row * pixels)
    }
  }
  return samples
}

/** What visits pixels in turn: logits of the next one, and the values it took. */
interface Visitor {
  /** Logits [rows] of the pixel visited `at`-th. */
  logits(at: number, pixel: number): Promise<ArrayLike<number>>
  take(at: number, values: Float32Array): Promise<void>
  dispose(): Promise<void>
}

/** The samples with these numbers among n, in order `k`: [rows.length · pixels]. */
async function inOneOrder(
  trained: Trained<AncestralModel>,
  k: number,
  rows: readonly number[],
  n: number,
  options: AncestralOptions,
): Promise<Float32Array> {
  const { model } = trained
  const pixels = sizeOf(model.event)
  const x = new Float32Array(rows.length * pixels)
  const { recurrence } = model
  const visitor =
    recurrence && options.recurrent !== false
      ? await byRecurrence({ ...trained, recurrence }, rows.length, options)
      : await byConditional(trained, k, rows, n, x, options)
  const values = new Float32Array(rows.length)
  for (const [at, pixel] of model.orders[k]!.entries()) {
    const logits = await visitor.logits(at, pixel)
    const noise = fillUniform({ seed: options.seed, name: "sample/pixel", step: pixel }, new Float32Array(n))
    for (const [i, row] of rows.entries()) {
      values[i] = noise[row]! * (1 + Math.exp(-logits[i]!)) < 1 ? 1 : 0
      x[i * pixels + pixel] = values[i]!
    }
    await visitor.take(at, values)
  }
  await visitor.dispose()
  return x
}

/** Every pixel asks for the conditionals of all of them, and reads its own. */
async function byConditional(
  { model, parameters }: Trained<AncestralModel>,
  k: number,
  rows: readonly number[],
  n: number,
  data: Float32Array,
  options: AncestralOptions,
): Promise<Visitor> {
  const shape = [rows.length, ...model.event]
  const labels = options.labels ?? labelsInTurn(model, n)
  const own = rows.map((row) => labels[row]!)
  const logitsOf = (p: unknown, env: Env) => ({ logits: model.conditional(p, input("x", shape), k, env) })
  const program = await compileFor(model, logitsOf, { ...options, rows: rows.length })
  const feeds = { x: { shape, data }, ...oneHotFeeds(model, own) }
  const pixels = sizeOf(model.event)
  return {
    async logits(_, pixel) {
      const { logits } = await program.run(parameters, feeds)
      return rows.map((_row, i) => logits!.data[i * pixels + pixel]!)
    },
    take: async () => {},
    dispose: () => program.dispose(),
  }
}

/** A state carries what was seen, so that a pixel costs one row of the weights. */
async function byRecurrence(
  { model, parameters, recurrence }: Trained<AncestralModel> & { readonly recurrence: Recurrence<any> },
  rows: number,
  options: AncestralOptions,
): Promise<Visitor> {
  const first = await compileFor(model, (p) => ({ state: recurrence.start(p, rows) }), options)
  let state = (await first.run(parameters))["state"]!
  await first.dispose()
  const carried = () => input("carried", state.shape)
  const at = input("at", [1])
  const asked = await compileFor(model, (p) => ({ logits: recurrence.logits(p, carried(), at) }), options)
  const taken = await compileFor(
    model,
    (p) => ({ state: recurrence.after(p, carried(), at, input("value", [rows, 1])) }),
    options,
  )
  const visit = (number: number) => ({ carried: state, at: { shape: [1], data: Float32Array.of(number) } })
  return {
    logits: async (number) => (await asked.run(parameters, visit(number)))["logits"]!.data,
    async take(number, values) {
      const fed = { ...visit(number), value: { shape: [rows, 1], data: values } }
      state = (await taken.run(parameters, fed))["state"]!
    },
    async dispose() {
      await asked.dispose()
      await taken.dispose()
    },
  }
}
