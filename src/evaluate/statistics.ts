import { EidosError } from "../core/errors.ts"

export const notNumbers = (nans: number, count: number, first: number): string =>
  `evaluate: ${nans} of ${count} values are not a number, the first at place ${first}; a mean over the others would hide them.`

/** The values themselves. Throws EidosError("diverged") when one is NaN. */
export function withoutNaN<T extends ArrayLike<number>>(values: T): T {
  let [nans, first] = [0, -1]
  for (let i = 0; i < values.length; i++)
    if (Number.isNaN(values[i])) {
      if (nans === 0) first = i
      nans++
    }
  if (nans > 0)
    throw new EidosError("diverged", notNumbers(nans, values.length, first), {
      hint: "The weights or the events hold something that the model cannot take; train again with a smaller learning rate.",
    })
  return values
}

/** Mean over data and its standard error, in 64 bits. Throws EidosError("diverged") when a value is NaN. */
export function meanOf(values: ArrayLike<number>): { value: number; standardError: number } {
  withoutNaN(values)
  const n = values.length
  let total = 0
  for (let i = 0; i < n; i++) total += values[i]!
  const value = total / n
  let squares = 0
  for (let i = 0; i < n; i++) squares += (values[i]! - value) ** 2
  return { value, standardError: n > 1 ? Math.sqrt(squares / (n - 1) / n) : 0 }
}

/** log Σ eˣ of `a` and `b`, by the max-shift; −∞ is the logarithm of nothing. */
export function logAddExp(a: number, b: number): number {
  const top = Math.max(a, b)
  return top === Number.NEGATIVE_INFINITY ? top : top + Math.log(Math.exp(a - top) + Math.exp(b - top))
}

/** log of the mean of eˣ over values. */
export function logMeanExp(values: ArrayLike<number>): number {
  let total = Number.NEGATIVE_INFINITY
  for (let i = 0; i < values.length; i++) total = logAddExp(total, values[i]!)
  return total - Math.log(values.length)
}
