import { sizeOf } from "../core/shape.ts"
import type { Events, FitData } from "../model/capabilities.ts"
import { type EvaluationData, eventsOf } from "./evaluator.ts"
import { momentsOf } from "./moments.ts"

/** The training and validation events as a model's fit sees them; `event` is the shape of one. */
export function fitData(data: Omit<EvaluationData, "split">, event: readonly number[], seed: number): FitData {
  const events = (split: "train" | "validation"): Events => {
    const of = { ...data, split }
    return {
      count: data.dataset.splits[split].count,
      read: (first, count) =>
        eventsOf(
          of,
          event,
          Uint32Array.from({ length: count }, (_, i) => first + i),
        ).data,
      moments: () => momentsOf(of, event),
    }
  }
  return { dimensions: sizeOf(event), train: events("train"), validation: events("validation"), seed }
}
