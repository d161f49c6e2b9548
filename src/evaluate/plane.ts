/** What can be said of a sampler of the plane by its samples alone: which modes they reach, and how far they are from data. */

import type { Estimate } from "../core/estimate.ts"
import { randomOf } from "../core/random.ts"
import type { Dataset, SplitName } from "../data/dataset.ts"
import { binsOf, type Grid, gridOver, histogram, jsDivergence, klDivergence } from "./divergence.ts"
import { coverageOf, fairShare, modeOfEach, modesOf, reach } from "./modes.ts"

/** What is measured on a set of points against data. */
export interface PlaneNumbers {
  /** KL(data ‖ points), in nats. */
  readonly kl: number
  /** In nats. */
  readonly js: number
  /** Of how many modes, where they are known. */
  readonly modes?: { readonly covered: number; readonly of: number; readonly within: number }
}

/** Measures sets of points [n, 2] against one split; the grid lies over the training points. */
export function planeMeasure(dataset: Pick<Dataset, "name" | "splits">, split: SplitName) {
  const data = dataset.splits[split].pixels as Float32Array // points of the plane are floats
  const grid = gridOver(dataset.splits.train.pixels as Float32Array)
  const modes = modesOf(dataset)
  const dataBins = binsOf(data, grid)
  const count = modes?.centres.length ?? 0
  function numbers(dataBins: ArrayLike<number>, binOf: ArrayLike<number>, modeOf?: ArrayLike<number>): PlaneNumbers {
    const [p, q] = [histogram(dataBins, grid), histogram(binOf, grid)]
    const divergences = { kl: klDivergence(p, q), js: jsDivergence(p, q) }
    return modeOf ? { ...divergences, modes: { ...coverageOf(modeOf, count), of: count } } : divergences
  }
  const sorted = (points: Float32Array) => ({ bins: binsOf(points, grid), modes: modes && modeOfEach(points, modes) })
  return {
    grid: grid as Grid,
    /** The numbers of these points. */
    of(points: Float32Array): PlaneNumbers {
      const { bins, modes } = sorted(points)
      return numbers(dataBins, bins, modes)
    },
    /** The numbers of sets drawn from the points with replacement, against data drawn likewise (Efron 1979). */
    bootstrap(points: Float32Array, times: number, seed: number): PlaneNumbers[] {
      const { bins, modes } = sorted(points)
      return Array.from({ length: times }, (_, step) => {
        const random = randomOf({ seed, name: "evaluate/bootstrap", step })
        const drawn = Uint32Array.from(bins, () => random.integer(bins.length))
        const drawnData = Uint32Array.from(dataBins, () => dataBins[random.integer(dataBins.length)]!)
        return numbers(
          drawnData,
          drawn.map((i) => bins[i]!),
          modes && Int16Array.from(drawn, (i) => modes[i]!),
        )
      })
    },
  }
}

const standardDeviation = (values: readonly number[]): number => {
  const mean = values.reduce((a, b) => a + b, 0) / values.length
  return Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (values.length - 1))
}

const resamplings = 50

/** Estimates of a model of the plane by samples [n, 2] of it, with what training data reach in their place. */
export function pointEstimates(dataset: Dataset, split: SplitName, samples: Float32Array): Estimate[] {
  const measure = planeMeasure(dataset, split)
  const found = measure.of(samples)
  const again = measure.bootstrap(samples, resamplings, 0)
  const n = samples.length / 2
  const known = (dataset.splits.train.pixels as Float32Array).subarray(0, samples.length)
  const ideal = measure.of(known)
  const error = (of: (numbers: PlaneNumbers) => number) => standardDeviation(again.map(of))
  const { bins } = measure.grid
  const how = `histograms of ${bins} × ${bins} bins and one outside; ${n} samples; standard error by bootstrap`
  const inPlace = `${known.length / 2} training points in place of samples`
  const { modes } = found
  const counted: Estimate[] = modes
    ? [
        { quantity: `training points within ${reach}σ`, kind: "baseline", value: ideal.modes!.within, unit: "share" },
        {
          quantity: "modes covered",
          kind: "estimate",
          value: modes.covered,
          unit: `of ${modes.of}`,
          standardError: error(({ modes }) => modes!.covered),
          note: `covered: at least ${fairShare} of its fair share of ${n} samples within ${reach}σ`,
        },
        {
          quantity: `samples within ${reach}σ of a mode`,
          kind: "estimate",
          value: modes.within,
          unit: "share",
          standardError: error(({ modes }) => modes!.within),
        },
      ]
    : []
  return [
    ...counted,
    { quantity: "KL(data ‖ training points)", kind: "baseline", value: ideal.kl, unit: "nats", note: inPlace },
    { quantity: "JS(data, training points)", kind: "baseline", value: ideal.js, unit: "nats", note: inPlace },
    {
      quantity: "KL(data ‖ samples)",
      kind: "estimate",
      value: found.kl,
      unit: "nats",
      standardError: error(({ kl }) => kl),
      note: `${how}; ½ added to each bin of the samples`,
    },
    {
      quantity: "JS(data, samples)",
      kind: "estimate",
      value: found.js,
      unit: "nats",
      standardError: error(({ js }) => js),
      note: how,
    },
  ]
}
