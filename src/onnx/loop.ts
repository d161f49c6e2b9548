import { EidosError } from "../core/errors.ts"
import { formatShape, sameShape } from "../core/shape.ts"
import type { Graph } from "../graph/graph.ts"
import type { Tensor } from "../graph/tensor.ts"
import { builder, valueInfo } from "./builder.ts"
import { emitNodes } from "./emission.ts"
import { portsOf } from "./lower.ts"
import { elementType, encodeModel, type ProtoGraph } from "./proto.ts"

/** How a step graph becomes a loop: which ports carry state, which output is the port's next value. */
export interface Loop {
  readonly step: Graph
  /** Port name → output name. Every other port is fed per step, with one more leading axis. */
  readonly carry: Readonly<Record<string, string>>
  /** Most steps one call may run. */
  readonly capacity: number
}

/** Name of the input that says how many steps to run, an int64 scalar. */
export const stepsPort = "steps"

function checkCarry({ step, carry }: Loop): void {
  for (const [port, output] of Object.entries(carry)) {
    const [from, to] = [step.inputs.get(port), step.outputs.get(output)]
    if (!from || !to || !sameShape(from.shape, to.shape))
      throw new EidosError(
        "trace",
        `loop: the state "${port}" ${formatShape(from?.shape ?? [])} has no next value of its shape.`,
      )
  }
}

const isCarried = (carry: Loop["carry"], name: string): boolean => Object.hasOwn(carry, name)

/** One step as the body of an ONNX Loop: (iteration, condition, ...state) → (condition, ...next state, ...results). */
function body({ step, carry }: Loop): ProtoGraph {
  const emit = builder("b")
  const nameOf = (port: string) =>
    isCarried(carry, port) ? `in.${port}` : emit.node("Gather", [port, "iteration"], { axis: 0 })
  const names = new Map(portsOf(step).map((port): [Tensor, string] => [port, nameOf(port.attrs.name)]))
  emitNodes(step.nodes, emit, names)
  const results = [...step.outputs.keys()].filter((name) => !Object.values(carry).includes(name))
  emit.nodeTo(["condition.out"], "Identity", ["condition"])
  const out = (name: string, output: string) => {
    emit.nodeTo([name], "Identity", [names.get(step.outputs.get(output)!)!])
    return valueInfo(name, step.outputs.get(output)!.shape)
  }
  const states = Object.entries(carry)
  return emit.graph(
    "step",
    [
      valueInfo("iteration", [], elementType.int64),
      valueInfo("condition", [], elementType.bool),
      ...states.map(([port]) => valueInfo(`in.${port}`, step.inputs.get(port)!.shape)),
    ],
    [
      valueInfo("condition.out", [], elementType.bool),
      ...states.map(([port, output]) => out(`out.${port}`, output)),
      ...results.map((name) => out(`each.${name}`, name)),
    ],
  )
}

/**
 * Many steps as one ONNX program. Per-step ports are fed as [capacity, ...shape]; outputs are the final state under the
 * port's name and each result as [steps, ...shape]. Running fewer steps than the capacity gives the same bits.
 */
export function lowerLoop(loop: Loop): Uint8Array {
  checkCarry(loop)
  const { step, carry, capacity } = loop
  const emit = builder()
  const states = Object.keys(carry)
  const results = [...step.outputs.keys()].filter((name) => !Object.values(carry).includes(name))
  const outputs = [...states.map((port) => `next.${port}`), ...results]
  emit.nodeTo(outputs, "Loop", [stepsPort, emit.flag(true), ...states], { body: body(loop) })
  const ports = portsOf(step).map(({ attrs: { name }, shape }) =>
    valueInfo(name, isCarried(carry, name) ? shape : [capacity, ...shape]),
  )
  const graph = emit.graph(
    "loop",
    [valueInfo(stepsPort, [], elementType.int64), ...ports],
    [
      ...states.map((port) => valueInfo(`next.${port}`, step.inputs.get(port)!.shape)),
      ...results.map((name) => ({
        name,
        type: {
          tensorType: {
            elemType: elementType.float,
            shape: {
              dim: [{ dimParam: "steps" }, ...step.outputs.get(name)!.shape.map((length) => ({ dimValue: length }))],
            },
          },
        },
      })),
    ],
  )
  return encodeModel(graph)
}
