/** How the learning rate moves from its start to its end over a run. */
export const schedules = {
  constant: () => 0,
  linear: (progress: number) => progress,
  cosine: (progress: number) => (1 - Math.cos(Math.PI * progress)) / 2,
} as const
export type ScheduleName = keyof typeof schedules

export interface Schedule {
  readonly name: ScheduleName
  readonly start: number
  readonly end: number
  /** Steps over which the rate moves; it stays at `end` afterwards. */
  readonly steps: number
}

/** Learning rate of step t = 1, 2, …; interpolation is geometric, from `start` at the first step to `end` at the last. */
export function learningRate({ name, start, end, steps }: Schedule, t: number): number {
  const progress = Math.min(1, steps <= 1 ? 1 : (t - 1) / (steps - 1))
  return start * (end / start) ** schedules[name](progress)
}
