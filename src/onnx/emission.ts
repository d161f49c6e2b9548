import { EidosError } from "../core/errors.ts"
import { formatShape, type Shape } from "../core/shape.ts"
import { broadcastOp, reshapeOp, scanOp } from "../graph/ops/index.ts"
import type { Emitter, Tensor } from "../graph/tensor.ts"
import { isSymbolic } from "./symbolic.ts"

export const notExportable = (name: string, shape: Shape): string =>
  `export: ${name} makes ${formatShape(shape)} from the batch length alone; a program with a symbolic batch axis cannot say this.`

/** The shape of a tensor that needs more than one number which only the batch decides. */
function unsayable(node: Tensor): Shape | undefined {
  const symbolic = (shape: Shape): number => shape.filter(isSymbolic).length
  if (node.op === scanOp) return node.attrs.body.terms.find((term: Tensor) => symbolic(term.shape) > 0)?.shape
  if (node.op !== reshapeOp && node.op !== broadcastOp) return undefined
  return symbolic(node.shape) > (node.op === reshapeOp ? 1 : 0) ? node.shape : undefined
}

/** Emits every tensor of `order` that has no name yet and adds its name. Throws EidosError("trace"). */
export function emitNodes(order: readonly Tensor[], emit: Emitter, names: Map<Tensor, string>): void {
  for (const node of order) {
    if (names.has(node)) continue
    const shape = unsayable(node)
    if (shape) throw new EidosError("trace", notExportable(node.op.name, shape))
    const operands = node.inputs.map((operand) => names.get(operand)!)
    const shapes = node.inputs.map((operand) => operand.shape)
    names.set(node, node.op.onnx(emit, operands, node.attrs, shapes))
  }
}
