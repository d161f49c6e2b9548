/** A nested plain object (or array) whose leaves are values of type `T`; parameters, slots and batches are trees. */
export type Tree<T> = T | { readonly [name: string]: Tree<T> } | readonly Tree<T>[]

/** The same tree with every leaf replaced: `Live`, `Stored` and slots are instances of it. */
export type Mapped<X, From, To> = X extends From ? To : { readonly [K in keyof X]: Mapped<X[K], From, To> }

/** A leaf and its path, as in `decoder.0.w`. */
export interface Entry<T> {
  readonly path: string
  readonly value: T
}

const join = (prefix: string, name: string): string => (prefix === "" ? name : `${prefix}.${name}`)

/** Leaves with their paths, in the order the tree declares them. */
export function entries<T>(tree: unknown, isLeaf: (node: unknown) => node is T, prefix = ""): Entry<T>[] {
  if (isLeaf(tree)) return [{ path: prefix, value: tree }]
  if (typeof tree !== "object" || tree === null) throw new TypeError(`tree: ${prefix || "the root"} is not a leaf.`)
  return Object.entries(tree).flatMap(([name, child]) => entries(child, isLeaf, join(prefix, name)))
}

/** The same tree with each leaf replaced by `f(leaf, path)`. */
export function mapTree<X, T, U>(
  tree: X,
  isLeaf: (node: unknown) => node is T,
  f: (leaf: T, path: string) => U,
): Mapped<X, T, U> {
  const visit = (node: unknown, path: string): unknown => {
    if (isLeaf(node)) return f(node, path)
    if (Array.isArray(node)) return node.map((child, i) => visit(child, join(path, String(i))))
    return Object.fromEntries(
      Object.entries(node as object).map(([name, child]) => [name, visit(child, join(path, name))]),
    )
  }
  return visit(tree, "") as Mapped<X, T, U> // the visitor rebuilds exactly this type, which TypeScript cannot follow
}
