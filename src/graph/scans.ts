/** Simplifies the bodies of scans and leaves out of them what the program around them does not ask for. */
import { type Body, portsOf, pruned, rewritten, settled, stepOf } from "./body.ts"
import { type Graph, graphOf } from "./graph.ts"
import { broadcastOp, broadcastTo } from "./ops/broadcast.ts"
import { scanOp } from "./ops/scan.ts"
import { constantOp } from "./ops/source.ts"
import { apply, type Tensor } from "./tensor.ts"

/** The constant that all elements of a tensor are, where that is known. */
function uniform(x: Tensor): Tensor | undefined {
  const base = x.op === broadcastOp ? x.inputs[0]! : x
  return base.op === constantOp && typeof base.attrs.value === "number" ? base : undefined
}

/** Parts and shared operands that are one number throughout, as constants in the body. */
function numbersOf(body: Body, operands: readonly Tensor[]): Map<Tensor, Tensor> {
  const found = portsOf(body).flatMap((port, i): [Tensor, Tensor][] => {
    const number = body.states.includes(port) ? undefined : uniform(operands[i]!)
    return number ? [[port, broadcastTo(number, port.shape)]] : []
  })
  return new Map(found)
}

type Simplify = (graph: Graph) => Graph

/** A scan and those of its results that are used. */
interface Used {
  readonly operands: readonly Tensor[]
  readonly body: Body
  readonly wanted: readonly number[]
}

/** The same scan with a body that makes no more than the results wanted: its body, its operands. */
function reduced({ body, operands, wanted }: Used, simplify: Simplify): { body: Body; operands: Tensor[] } {
  let current = { body: settled(body, numbersOf(body, operands)), operands: [...operands] }
  let asked = wanted
  const prune = () => {
    const { body: next, states, parts, shared } = pruned(current.body, asked)
    const offsets = [0, current.body.states.length, current.body.states.length + current.body.parts.length]
    const kept = [states, parts, shared].flatMap((indices, group) => indices.map((i) => i + offsets[group]!))
    current = { body: next, operands: kept.map((i) => current.operands[i]!) }
    asked = wanted.map((_, i) => i)
  }
  prune()
  const step = (outputs: Record<string, Tensor>) => {
    const { outputs: simple } = simplify(graphOf(outputs))
    return Object.keys(outputs).map((name) => simple.get(name)!)
  }
  current = { ...current, body: rewritten(current.body, step) }
  prune()
  return current
}

/** The scans of a graph that share a body and operands, with the results that are used. */
function usedScans(graph: Graph): Map<Tensor, Used> {
  const ids = new Map<object, number>()
  const idOf = (thing: object) => ids.get(thing) ?? ids.set(thing, ids.size).size - 1
  const groups = new Map<string, Tensor[]>()
  for (const node of graph.nodes) {
    if (node.op !== scanOp) continue
    const key = [node.attrs.body, ...node.inputs].map(idOf).join()
    groups.set(key, [...(groups.get(key) ?? []), node])
  }
  const used = [...groups.values()].flatMap((nodes) => {
    const { inputs: operands, attrs } = nodes[0]!
    const { body } = attrs as { body: Body }
    const all = Array.from({ length: body.each.length + body.terms.length }, (_, i) => i)
    const isWhole = nodes.some((node) => node.attrs.item === undefined)
    const wanted = isWhole ? all : all.filter((i) => nodes.some((node) => node.attrs.item === i))
    const scan: Used = { operands, body, wanted }
    return nodes.map((node): [Tensor, Used] => [node, scan])
  })
  return new Map(used)
}

/** Whether the graph has a scan. */
export const hasScans = ({ nodes }: Graph): boolean => nodes.some(({ op }) => op === scanOp)

/** The graph with every scan reduced to what is used of it; `simplify` simplifies a body. */
export function reduceScans(graph: Graph, simplify: Simplify): Graph {
  const used = usedScans(graph)
  const reductions = new Map<Used, ReturnType<typeof reduced>>()
  const replaced = new Map<Tensor, Tensor>()
  for (const node of graph.nodes) {
    const inputs = node.inputs.map((operand) => replaced.get(operand)!)
    const scan = used.get(node)
    if (!scan) {
      replaced.set(node, { ...node, inputs })
      continue
    }
    const known = reductions.get(scan) ?? reduced({ ...scan, operands: inputs }, simplify)
    reductions.set(scan, known)
    const { item, ...way } = node.attrs
    const own = item === undefined ? {} : { item: scan.wanted.indexOf(item) }
    replaced.set(node, apply(scanOp, known.operands, { ...way, body: known.body, ...own }))
  }
  const outputs = Object.fromEntries([...graph.outputs].map(([name, tensor]) => [name, replaced.get(tensor)!]))
  return graphOf(outputs)
}

/** How often a scan's body runs, and the graph of one step; undefined for every other tensor. */
export const stepsOf = (node: Tensor): { steps: number; step: Graph } | undefined =>
  node.op === scanOp ? { steps: node.attrs.steps, step: stepOf(node.attrs.body) } : undefined
