/** log|det| of a matrix [n, n] by elimination with pivots. */
export function logAbsDet(matrix: readonly number[][]): number {
  const m = matrix.map((row) => [...row])
  let total = 0
  for (let i = 0; i < m.length; i++) {
    const pivot = m.slice(i).reduce((best, row, k) => (Math.abs(row[i]!) > Math.abs(m[best]![i]!) ? i + k : best), i)
    ;[m[i], m[pivot]] = [m[pivot]!, m[i]!]
    total += Math.log(Math.abs(m[i]![i]!))
    for (const row of m.slice(i + 1)) {
      const factor = row[i]! / m[i]![i]!
      for (let j = i; j < m.length; j++) row[j]! -= factor * m[i]![j]!
    }
  }
  return total
}
