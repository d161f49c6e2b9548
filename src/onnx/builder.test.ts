import { expect, it } from "vitest"
import { builder } from "./builder.ts"

it("shares constants whose bits are the same, and no others", () => {
  const emit = builder()
  const numbers = [0, -0, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, Number.NaN]
  const names = numbers.map((value) => emit.scalar(value))
  expect(new Set(names).size).toBe(numbers.length)
  expect(numbers.map((value) => emit.scalar(value))).toEqual(names)
  const array = (value: number) => emit.array({ shape: [2], data: Float32Array.of(1, value) })
  const arrays = numbers.map(array)
  expect(new Set([...names, ...arrays]).size).toBe(2 * numbers.length)
  expect(numbers.map(array)).toEqual(arrays)
})
