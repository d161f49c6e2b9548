/** A point of a curve: the step and the value there. */
export type Point = readonly [step: number, value: number]

/** At most about `most` points of a curve: the ends, and the lowest and highest point of each stretch, so no spike is lost. */
export function thin(points: readonly Point[], most = 1000): readonly Point[] {
  if (points.length <= most) return points
  const stretch = Math.ceil((2 * points.length) / most)
  const kept = new Set([0, points.length - 1])
  for (let start = 0; start < points.length; start += stretch)
    for (const index of extremes(points, start, Math.min(start + stretch, points.length))) kept.add(index)
  return [...kept].sort((a, b) => a - b).map((index) => points[index]!)
}

function extremes(points: readonly Point[], start: number, end: number): [lowest: number, highest: number] {
  let lowest = start
  let highest = start
  for (let i = start; i < end; i++) {
    if (points[i]![1] < points[lowest]![1]) lowest = i
    if (points[i]![1] > points[highest]![1]) highest = i
  }
  return [lowest, highest]
}
