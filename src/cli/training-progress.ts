import type { RunConfig } from "../run/config.ts"
import type { RunEvent } from "../run/train-run.ts"
import type { Metrics } from "../train/executor.ts"
import type { Output } from "./output.ts"
import { duration, type Progress } from "./progress.ts"

// What stands for the loss, in the order in which a model has them.
const losses = ["negativeBound", "negativeElbo", "negativeLogLikelihood", "mse"]

/** Shows a run's events as they come: steps on the progress line, saved checkpoints with --verbose. */
export function trainingProgress({ training }: RunConfig, progress: Progress, output: Output) {
  let validation: number | undefined
  return (event: RunEvent): void => {
    if (event.type === "validation") validation = lossOf(event.metrics)
    if (event.type === "saved") output.detail(`step ${event.step} saved in ${event.folder}`)
    if (event.type !== "steps") return
    const { step, seconds, stepsPerSecond, metrics } = event
    const share = shareDone(training, step, seconds)
    const left = Math.min((training.steps - step) / stepsPerSecond, (training.minutes ?? Infinity) * 60 - seconds)
    progress.update(share, [
      `step ${step}${training.steps < 1e9 ? `/${training.steps}` : ""}`,
      ...fact("loss", lossOf(metrics)),
      `${stepsPerSecond.toPrecision(3)} it/s`,
      `ETA ${duration(left)}`,
      ...fact("val", validation), // a narrow terminal cuts from here
      ...fact("kl", metrics["kl"]),
      ...fact("D(data)", metrics["critic.real"]),
      ...fact("D(samples)", metrics["critic.fake"]),
    ])
  }
}

const lossName = (metrics: Metrics): string | undefined => losses.find((name) => name in metrics)
const lossOf = (metrics: Metrics): number | undefined => metrics[lossName(metrics) ?? ""]

const fact = (name: string, value: number | undefined): string[] =>
  value === undefined ? [] : [`${name} ${value.toPrecision(4)}`]

/** The share of whichever comes to its end first, steps or minutes. */
const shareDone = ({ steps, minutes }: RunConfig["training"], step: number, seconds: number): number =>
  Math.min(1, Math.max(step / steps, minutes === undefined ? 0 : seconds / (60 * minutes)))
