import { EidosError } from "../core/errors.ts"
import { input } from "../graph/ops/source.ts"
import type { Model, Needs, Trained, Unnormalized } from "../model/capabilities.ts"
import type { SessionOptions } from "../runtime/ort-node.ts"
import { compileFor } from "./evaluator.ts"
import { logAddExp } from "./statistics.ts"

export type UnnormalizedOnly<M> = Needs<
  M,
  Unnormalized<any>,
  "no partition function: the model's density is normalised already, or it has none."
>

export const tooManyToList =
  "partition: this model has too many states to sum them one by one; estimate log Z with annealedPartition()."

const statesPerRun = 4096

/**
 * log Z in nats, by summing all states of the model's enumerable units: 32-bit log densities, their sum in 64 bits. Throws
 * EidosError("usage") where the states are too many.
 */
export async function exactPartition<M extends Model>(
  trained: Trained<M> & UnnormalizedOnly<M>,
  options: SessionOptions = {},
): Promise<number> {
  const { enumeration } = trained.model as Model & Unnormalized<any> // guaranteed by the parameter's type
  if (!enumeration) throw new EidosError("usage", tooManyToList)
  const { units, logDensity } = enumeration
  const count = 2 ** units
  const rows = Math.min(count, statesPerRun)
  const program = await compileFor(
    trained.model,
    (p) => ({ logDensities: logDensity(p, input("states", [rows, units])) }),
    options,
  )
  let total = Number.NEGATIVE_INFINITY
  for (let first = 0; first < count; first += rows) {
    const states = { shape: [rows, units], data: statesFrom(first, rows, units) }
    const { logDensities } = await program.run(trained.parameters, { states })
    for (const value of logDensities!.data) total = logAddExp(total, value)
  }
  await program.dispose()
  return total
}

/** States `first … first + rows − 1` of so many binary units, counted in binary: [rows, units]. */
function statesFrom(first: number, rows: number, units: number): Float32Array {
  const states = new Float32Array(rows * units)
  for (let row = 0; row < rows; row++)
    for (let unit = 0; unit < units; unit++) states[row * units + unit] = ((first + row) >>> unit) & 1
  return states
}
