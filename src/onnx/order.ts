/** The order in which nodes stand in a file, where there are so many that it matters. */
import type { ProtoNode } from "./proto.ts"

/**
 * The same nodes with each that nobody else waits for moved to where it can be computed: behind its one operand that a node makes, or
 * behind the last of them where nothing reads its result. ONNX Runtime sorts a graph several times while it opens a session, and
 * looks for every node's place in a linear list of those that could be next: in a deep network the masks of all layers and the
 * gradients of all weights wait in it.
 */
export function withoutWaiting(nodes: readonly ProtoNode[]): ProtoNode[] {
  const maker = new Map<string, number>()
  nodes.forEach(({ output }, i) => {
    for (const value of output) maker.set(value, i)
  })
  const users = nodes.map((): number[] => [])
  const makers = new Uint32Array(nodes.length) // how many nodes make what each one reads
  nodes.forEach((node, i) => {
    for (const value of readBy(node)) {
      const made = maker.get(value)
      if (made === undefined || users[made]!.at(-1) === i) continue
      users[made]!.push(i)
      makers[i]!++
    }
  })
  const missing = makers.slice()
  const order: ProtoNode[] = []
  const placed = new Uint8Array(nodes.length)
  /** Whether it could stand here, and would enable nothing else. */
  const suits = (i: number) =>
    missing[i] === 0 &&
    placed[i] === 0 &&
    (users[i]!.length === 0 || makers[i] === 1) &&
    users[i]!.every((user) => missing[user]! > 1)
  const place = (i: number) => {
    order.push(nodes[i]!)
    placed[i] = 1
    for (const user of users[i]!) missing[user]!--
  }
  for (let i = 0; i < nodes.length; i++) {
    if (placed[i] === 1) continue
    place(i)
    for (const user of users[i]!) if (suits(user)) place(user)
  }
  return order
}

/** Values that a node reads, those that its bodies read from around them included. */
const readBy = ({ input, attribute }: ProtoNode): readonly string[] =>
  attribute.some(({ g }) => g) ? [...input, ...attribute.flatMap(({ g }) => g?.node.flatMap(readBy) ?? [])] : input
