/** An LSTM that reads an image row by row and names its class. */

import { mean } from "../../src/graph/ops/reduce.ts"
import { crossEntropy } from "../../src/graph/ops/softmax.ts"
import type { Live } from "../../src/graph/parameter.ts"
import type { Tensor } from "../../src/graph/tensor.ts"
import type { Env } from "../../src/graph/trace.ts"
import type { Model } from "../../src/model/capabilities.ts"
import { dense } from "../../src/nn/dense.ts"
import { lstm } from "../../src/nn/recurrent.ts"
import { workloads } from "../workloads.ts"

const { event, sizes } = workloads.lstm

export function recurrent(): Model {
  const cell = lstm(event[1]!, sizes.units)
  const head = dense(sizes.units, sizes.classes)
  const params = { cell: cell.params, head: head.params }
  type P = Live<typeof params>
  const play = (p: P, x: Tensor, { label }: Env) => {
    const { last } = cell.apply(p.cell, x)
    return { loss: mean(crossEntropy(head.apply(p.head, last!.h), label!)) }
  }
  return {
    event,
    classes: sizes.classes,
    density: "none",
    sampling: "none",
    params,
    players: { reader: { perDatum: true, play } },
  }
}
