import { isNdArray } from "../core/array.ts"
import { isBody } from "./body.ts"
import { operandsFirst } from "./graph.ts"
import type { Tensor } from "./tensor.ts"

/**
 * Tensors by number, for as long as a graph is simplified: maps from tensors are most of what a large one costs, so that passes work with
 * numbers alone. A class, not closures: those would be compiled anew for every graph.
 */
export class Registry {
  readonly tensors: Tensor[] = []
  /** Numbers of each tensor's operands, by its own number. */
  readonly operands: (readonly number[])[] = []
  readonly #numbers = new Map<Tensor, number>()
  readonly #shared = new Map<number, number>()
  readonly #written = new Map<object, number>() // attributes are written once for all passes
  readonly #ids = new Map<unknown, number>()

  /** The number of a tensor, which is new where it was never seen before. All but a few of those it depends on have theirs. */
  numberOf(tensor: Tensor): number {
    return this.#numbers.get(tensor) ?? this.#add(tensor, this.#numbersOf(tensor.inputs))
  }

  /** The number of the first tensor asked for that computes the same. */
  sharedOf(tensor: Tensor): number {
    const own = this.#numbers.get(tensor)
    const inputs = own === undefined ? this.#numbersOf(tensor.inputs) : this.operands[own]!
    const attributes = this.#attributesOf(tensor)
    let hash = Math.imul(this.#idOf(tensor.op), 31) + attributes
    for (const operand of inputs) hash = (Math.imul(hash, 31) + operand) | 0
    for (let first = this.#shared.get(hash); first !== undefined; first = this.#shared.get(hash)) {
      const other = this.tensors[first]!
      const operands = this.operands[first]!
      const isSame =
        other.op === tensor.op &&
        operands.length === inputs.length &&
        operands.every((operand, i) => operand === inputs[i]) &&
        this.#attributesOf(other) === attributes
      if (isSame) return first
      hash = (hash + 1) | 0
    }
    const number = own ?? this.#add(tensor, inputs)
    this.#shared.set(hash, number)
    return number
  }

  /** Numbers of all that `roots` depend on, in the order of `topological`. */
  orderOf(roots: readonly number[]): number[] {
    const seen = new Uint8Array(this.tensors.length)
    const enter = (i: number): boolean => {
      const isNew = seen[i] === 0
      seen[i] = 1
      return isNew
    }
    return operandsFirst(roots, (i) => this.operands[i]!, enter)
  }

  #add(tensor: Tensor, inputs: readonly number[]): number {
    const number = this.tensors.length
    this.tensors.push(tensor)
    this.operands.push(inputs)
    this.#numbers.set(tensor, number)
    return number
  }

  #numbersOf(tensors: readonly Tensor[]): number[] {
    return tensors.map((tensor) => this.numberOf(tensor))
  }

  #attributesOf({ attrs }: Tensor): number {
    if (attrs === null) return -1
    const known = this.#written.get(attrs)
    if (known !== undefined) return known
    const id = this.#idOf(this.#textOf(attrs))
    this.#written.set(attrs, id)
    return id
  }

  #idOf(thing: unknown): number {
    const known = this.#ids.get(thing)
    if (known !== undefined) return known
    this.#ids.set(thing, this.#ids.size)
    return this.#ids.size - 1
  }

  // Not as JSON, which has one word for NaN and both infinities. Arrays and the bodies of scans are known by identity.
  #textOf(value: unknown): string {
    if (typeof value === "number") return Object.is(value, -0) ? "-0" : `${value}`
    if (Array.isArray(value)) return `[${value.map((each) => this.#textOf(each)).join()}]`
    if (isNdArray(value) || isBody(value) || typeof value === "function") return `@${this.#idOf(value)}`
    if (typeof value !== "object" || value === null) return JSON.stringify(value) ?? ""
    return Object.entries(value)
      .map(([name, part]) => `${name}:${this.#textOf(part)}`)
      .join()
  }
}
