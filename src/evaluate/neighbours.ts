/** Labelled points: [n, dimensions] and [n]. */
export interface Labelled {
  readonly points: Float32Array
  readonly labels: ArrayLike<number>
}

/** Share of `queries` whose label is the commonest among their k nearest `known` points; at a tie the nearer label wins. */
export function nearestNeighbourAccuracy(known: Labelled, queries: Labelled, k = 3): number {
  const dimensions = known.points.length / known.labels.length
  let right = 0
  for (let q = 0; q < queries.labels.length; q++) {
    const query = queries.points.subarray(q * dimensions, (q + 1) * dimensions)
    if (vote(nearest(known, query, k), known.labels) === queries.labels[q]) right++
  }
  return right / queries.labels.length
}

/** Rows of the k nearest points, nearest first. */
function nearest({ points }: Labelled, query: Float32Array, k: number): number[] {
  const best: { row: number; distance: number }[] = []
  for (let row = 0; row * query.length < points.length; row++) {
    let distance = 0
    for (let d = 0; d < query.length; d++) distance += (points[row * query.length + d]! - query[d]!) ** 2
    if (best.length === k && distance >= best[k - 1]!.distance) continue
    best.push({ row, distance })
    best.sort((a, b) => a.distance - b.distance)
    best.length = Math.min(best.length, k)
  }
  return best.map(({ row }) => row)
}

function vote(rows: readonly number[], labels: ArrayLike<number>): number | undefined {
  const votes = new Map<number, number>()
  for (const row of rows) votes.set(labels[row]!, (votes.get(labels[row]!) ?? 0) + 1)
  return [...votes].sort((a, b) => b[1] - a[1])[0]?.[0]
}
