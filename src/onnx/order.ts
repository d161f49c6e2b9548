/** The order in which nodes stand in a file, where there are so many that it matters. */
import type { ProtoNode } from "./proto.ts"

/**
 * The same nodes with each that nobody else waits for moved to where it can be computed: behind its one operand that a node makes, or
 * behind the last of them where nothing reads its result. ONNX Runtime sorts a graph several times while it opens a session, and
 * looks for every node's place in a linear list of those that could be next: in a deep network the masks of all layers and the
 * gradients of all weights wait in it.
 */
export function withoutWaiting(nodes: readonly ProtoNode[]): ProtoNode[] {
  const maker = new Map(nodes.flatMap((node, i) => node.output.map((output) => [output, i] as const)))
  const makers = nodes.map((node) =>
    [...new Set(readBy(node).map((value) => maker.get(value)))].filter((i) => i !== undefined),
  )
  const users = nodes.map((): number[] => [])
  for (const [i, each] of makers.entries()) for (const made of each) users[made]!.push(i)
  const missing = makers.map((each) => each.length)
  const order: ProtoNode[] = []
  const placed = new Set<number>()
  /** Whether it could stand here, and would enable nothing else. */
  const suits = (i: number) =>
    missing[i] === 0 &&
    !placed.has(i) &&
    (users[i]!.length === 0 || makers[i]!.length === 1) &&
    users[i]!.every((user) => missing[user]! > 1)
  const place = (i: number) => {
    order.push(nodes[i]!)
    placed.add(i)
    for (const user of users[i]!) missing[user]!--
  }
  for (const i of nodes.keys()) {
    if (placed.has(i)) continue
    place(i)
    for (const user of users[i]!) if (suits(user)) place(user)
  }
  return order
}

/** Values that a node reads, those that its bodies read from around them included. */
const readBy = ({ input, attribute }: ProtoNode): readonly string[] =>
  attribute.some(({ g }) => g) ? [...input, ...attribute.flatMap(({ g }) => g?.node.flatMap(readBy) ?? [])] : input
