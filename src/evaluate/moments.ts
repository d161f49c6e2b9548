import { sizeOf } from "../core/shape.ts"
import { graphOf } from "../graph/graph.ts"
import { sub } from "../graph/ops/arithmetic.ts"
import { matmul } from "../graph/ops/matmul.ts"
import { input } from "../graph/ops/source.ts"
import type { Moments } from "../model/capabilities.ts"
import { compile, type SessionOptions } from "../runtime/ort-node.ts"
import { type EvaluationData, eventsOf } from "./evaluator.ts"

const chunk = 2000

/** Events of a split in chunks, as rows. */
function* chunks(data: EvaluationData, event: readonly number[]) {
  const { count } = data.dataset.splits[data.split]
  for (let first = 0; first < count; first += chunk) {
    const length = Math.min(chunk, count - first)
    yield eventsOf(
      data,
      event,
      Uint32Array.from({ length }, (_, i) => first + i),
    ).data
  }
}

function meanOfEvents(data: EvaluationData, event: readonly number[]): Float64Array {
  const dimensions = sizeOf(event)
  const mean = new Float64Array(dimensions)
  for (const rows of chunks(data, event)) for (let i = 0; i < rows.length; i++) mean[i % dimensions]! += rows[i]!
  return mean.map((total) => total / data.dataset.splits[data.split].count)
}

/** Mean and covariance of a split's events, flattened: products by ONNX Runtime on centred rows, sums in 64 bits. */
export async function momentsOf(
  data: EvaluationData,
  event: readonly number[],
  session: SessionOptions = {},
): Promise<Moments> {
  const dimensions = sizeOf(event)
  const { count } = data.dataset.splits[data.split]
  const mean = meanOfEvents(data, event)
  const centred = sub(input("x", [chunk, dimensions]), input("mean", [dimensions]))
  const program = await compile(graphOf({ gram: matmul(centred, centred, { transA: true }) }), session)
  const covariance = new Float64Array(dimensions * dimensions)
  const mean32 = Float32Array.from(mean)
  for (const rows of chunks(data, event)) {
    const padded = new Float32Array(chunk * dimensions)
    for (let i = rows.length; i < padded.length; i += dimensions) padded.set(mean32, i) // rows at the mean add nothing
    padded.set(rows)
    const feeds = { x: { shape: [chunk, dimensions], data: padded }, mean: { shape: [dimensions], data: mean32 } }
    const { gram } = await program.run(feeds)
    for (let i = 0; i < covariance.length; i++) covariance[i]! += gram!.data[i]! / count
  }
  await program.dispose()
  return { count, mean, covariance }
}
