import { sizeOf } from "../core/shape.ts"
import { graphOf } from "../graph/graph.ts"
import { sub } from "../graph/ops/arithmetic.ts"
import { matmul } from "../graph/ops/matmul.ts"
import { input } from "../graph/ops/source.ts"
import { principalAxes } from "../models/autoencoder/pca.ts"
import { compile, type SessionOptions } from "../runtime/ort-node.ts"
import { type EvaluationData, eventsOf } from "./evaluator.ts"
import { momentsOf } from "./moments.ts"

/** The training split seen along its principal axes: what linear baselines of every kind are read off. */
export interface Principal {
  /** Variances along the axes, falling: [dimensions]. */
  readonly variances: Float64Array
  /** Squared projections of each centred datum of a split on each axis: [count, dimensions]. */
  squaredProjections(data: EvaluationData): Promise<Float32Array>
}

const chunk = 1000

/** Principal axes of the training split, prepared as `data` says. */
export async function principalOf(
  data: EvaluationData,
  event: readonly number[],
  session: SessionOptions = {},
): Promise<Principal> {
  const dimensions = sizeOf(event)
  const moments = await momentsOf({ ...data, split: "train" }, event, session)
  const { variances, axes } = principalAxes(moments)
  const columns = Float32Array.from(
    { length: dimensions ** 2 },
    (_, i) => axes[i % dimensions]![Math.floor(i / dimensions)]!,
  )
  const parameters = {
    mean: { shape: [dimensions], data: Float32Array.from(moments.mean) },
    axes: { shape: [dimensions, dimensions], data: columns },
  }
  async function squaredProjections(from: EvaluationData): Promise<Float32Array> {
    const centred = sub(input("x", [chunk, dimensions]), input("mean", [dimensions]))
    const graph = graphOf({ y: matmul(centred, input("axes", [dimensions, dimensions])) })
    const program = await compile(graph, session)
    const { count } = from.dataset.splits[from.split]
    const squares = new Float32Array(count * dimensions)
    for (let first = 0; first < count; first += chunk) {
      const rows = Uint32Array.from({ length: chunk }, (_, i) => Math.min(count - 1, first + i))
      const x = { shape: [chunk, dimensions], data: eventsOf(from, event, rows).data }
      const { y } = await program.run({ ...parameters, x })
      const kept = y!.data.subarray(0, Math.min(chunk, count - first) * dimensions)
      squares.set(
        kept.map((value) => value * value),
        first * dimensions,
      )
    }
    await program.dispose()
    return squares
  }
  return { variances, squaredProjections }
}
