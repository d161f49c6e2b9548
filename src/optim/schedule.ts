/** How the learning rate moves from its start to its end over a run. */
export const schedules = {
  constant: () => 0,
  linear: (progress: number) => progress,
  cosine: (progress: number) => (1 - Math.cos(Math.PI * progress)) / 2,
} as const
/** Name of a schedule. */
export type ScheduleName = keyof typeof schedules | "step"

interface Warm {
  /** Steps over which the rate rises linearly to the schedule's; none unless told. */
  readonly warmup?: number
}

/** A rate that moves from one value to another over a known number of steps. */
export interface Moving extends Warm {
  readonly name: keyof typeof schedules
  readonly start: number
  readonly end: number
  /** Steps over which the rate moves; it stays at `end` afterwards. */
  readonly steps: number
}

/** A rate that is multiplied by a factor again and again. */
export interface Stepped extends Warm {
  readonly name: "step"
  readonly start: number
  readonly factor: number
  /** Steps between two multiplications. */
  readonly every: number
}

/** How a learning rate moves. */
export type Schedule = Moving | Stepped

/**
 * Learning rate of step t = 1, 2, …; interpolation is geometric, from `start` at the first step to `end` at the last. The
 * first `warmup` steps take t/warmup of it (Goyal et al. 2017, section 2.2), step `warmup` the whole.
 */
export function learningRate(schedule: Schedule, t: number): number {
  const { warmup = 0 } = schedule
  const rate = schedule.name === "step" ? stepped(schedule, t) : moving(schedule, t)
  return t < warmup ? (rate * t) / warmup : rate
}

function moving({ name, start, end, steps }: Moving, t: number): number {
  const progress = Math.min(1, steps <= 1 ? 1 : (t - 1) / (steps - 1))
  return start * (end / start) ** schedules[name](progress)
}

const stepped = ({ start, factor, every }: Stepped, t: number): number => start * factor ** Math.floor((t - 1) / every)
