import { Presets, SingleBar } from "cli-progress"
import type { Io } from "./io.ts"
import type { Output } from "./output.ts"

/** Where a long task stands. */
export interface Progress {
  /** `share` in [0, 1]; `facts` in the order they are shown, as in `loss 98.21`. */
  update(share: number, facts: readonly string[]): void
  /** Leaves the line; a second call does nothing. */
  stop(): void
}

/** Whether a moving bar can be drawn on stderr. */
export const canDrawBar = ({ stderr, env }: Io): boolean =>
  stderr.isTTY === true && !env["CI"] && env["TERM"] !== "dumb"

/** Progress on stderr: a bar on a terminal, a plain line every 10 s or 5 % elsewhere, nothing with --quiet. */
export function openProgress(io: Io, output: Output, title: string): Progress {
  if (output.quiet) return { update() {}, stop() {} }
  return canDrawBar(io) ? bar(io, output, title) : lines(output, title)
}

function bar({ stderr }: Io, { notePaint }: Output, title: string): Progress {
  const columns = stderr.columns ?? 80
  const room = columns - 74 // letters of the title, the share and the facts that matter
  const width = Math.max(6, Math.min(30, room))
  const drawn = new SingleBar(
    {
      stream: stderr as NodeJS.WritableStream, // a terminal, as `canDrawBar` found
      format: `${notePaint.bold(title)} {bar} {percentage}%  {facts}`,
      barsize: width,
      hideCursor: true,
      gracefulExit: false, // signals are ours
      linewrap: false,
      etaAsynchronousUpdate: false,
      fps: 10,
    },
    Presets.shades_classic,
  )
  let isOpen = true
  drawn.start(1000, 0, { facts: "" })
  return {
    update: (share, facts) =>
      drawn.update(Math.round(1000 * share), { facts: fitting(facts, columns - title.length - width - 8) }),
    stop() {
      if (isOpen) drawn.stop()
      isOpen = false
    },
  }
}

/** The first facts that fit into a line. */
function fitting(facts: readonly string[], room: number): string {
  const line = facts.join("  ")
  return line.length <= room || facts.length < 2 ? line : fitting(facts.slice(0, -1), room)
}

const everySeconds = 10
const everyShare = 0.05

function lines(output: Output, title: string): Progress {
  let [lastShare, lastTime] = [Number.NEGATIVE_INFINITY, 0]
  return {
    update(share, facts) {
      const isDue = share - lastShare >= everyShare || Date.now() - lastTime >= 1000 * everySeconds
      if (!isDue && (share < 1 || lastShare === 1)) return
      ;[lastShare, lastTime] = [share, Date.now()]
      output.note(`${title} ${String(Math.floor(100 * share)).padStart(3)} %  ${facts.join("  ")}`.trimEnd())
    },
    stop() {},
  }
}

/** `8 s`, `3 min 20 s`, `1 h 05 min`. */
export function duration(seconds: number): string {
  if (!Number.isFinite(seconds)) return "?"
  const whole = Math.max(0, Math.round(seconds))
  if (whole < 60) return `${whole} s`
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${whole % 60} s`
  return `${Math.floor(whole / 3600)} h ${String(Math.floor((whole % 3600) / 60)).padStart(2, "0")} min`
}
