import type { CurveChart } from "../picture/chart.ts"
import type { MetricRecord } from "../storage/metrics.ts"

interface Curve {
  readonly metric: string
  /** Metrics of one title share a chart. */
  readonly title: string
  readonly unit: string
  /** Which of a chart's metrics this is, where there are several. */
  readonly of?: string
}

const known: readonly Curve[] = [
  { metric: "negativeElbo", title: "Total: −ELBO", unit: "nats" },
  { metric: "negativeBound", title: "Importance-weighted bound", unit: "nats" },
  { metric: "reconstruction", title: "Reconstruction: −E log p(x|z)", unit: "nats" },
  { metric: "kl", title: "KL(q(z|x) ‖ p(z))", unit: "nats" },
  { metric: "mse", title: "Squared error", unit: "per pixel" },
  { metric: "crossEntropy", title: "Cross-entropy: −log p(y|x)", unit: "nats" },
  { metric: "accuracy", title: "Accuracy", unit: "share right" },
  { metric: "firstStep", title: "First step of the walk: −log p(x|h)", unit: "nats" },
  { metric: "lastStep", title: "Last step of the walk: −log p(x|h)", unit: "nats" },
  { metric: "negativeLogLikelihood", title: "−log p(x)", unit: "nats" },
  {
    metric: "critic.value",
    title: "Value of the game, V(G, D); −log 4 = −1.386 at the end of a perfect one",
    unit: "nats",
  },
  {
    metric: "critic.real",
    title: "What the critic takes for data, D(x); ½ where it cannot tell",
    unit: "mean D",
    of: "data",
  },
  {
    metric: "critic.fake",
    title: "What the critic takes for data, D(x); ½ where it cannot tell",
    unit: "mean D",
    of: "samples",
  },
  { metric: "critic.loss", title: "Losses of the players", unit: "nats", of: "critic" },
  { metric: "generator.loss", title: "Losses of the players", unit: "nats", of: "generator" },
]

/** Learning curves of what was logged, training and validation in one chart. */
export function curvesOf(records: readonly MetricRecord[]): CurveChart[] {
  const points = (split: string, metric: string) =>
    records.flatMap((record) =>
      record["split"] === split && typeof record[metric] === "number"
        ? [[record.step, record[metric] as number] as const]
        : [],
    )
  return [...new Set(known.map(({ title }) => title))].flatMap((title) => {
    const curves = known.filter((curve) => curve.title === title)
    const series = curves.flatMap(({ metric, of = title }) =>
      ["train", "validation"].map((split) => ({ name: of, split, points: points(split, metric) })),
    )
    const drawn = series.filter((one) => one.points.length > 0)
    return drawn.length > 0 ? [{ title, unit: curves[0]!.unit, series: drawn }] : []
  })
}
