/** What has no law of its own is what the reference says: codes, decoded codes, classes, the critic's view, exported ports. */
import { ndarray } from "../../../src/core/array.ts"
import { fillNormal } from "../../../src/core/random.ts"
import { eventsOf, labelsInTurn } from "../../../src/evaluate/evaluator.ts"
import { constant } from "../../../src/graph/ops/index.ts"
import type { Tensor } from "../../../src/graph/tensor.ts"
import { fed, type Part, type Subject, surroundings } from "./part.ts"

const rows = 6

const under = (port: string, outputs: Readonly<Record<string, Tensor>> = {}): [string, Tensor][] =>
  Object.entries(outputs).map(([name, tensor]) => [`${port}/${name}`, tensor])
const present = (outputs: Readonly<Record<string, Tensor | undefined>>): Record<string, Tensor> =>
  Object.fromEntries(Object.entries(outputs).filter((entry): entry is [string, Tensor] => entry[1] !== undefined))

/** Whatever else a model can do, on a few events and codes; nothing for a model that can do nothing else. */
export function answersPart({ tiny, model, p }: Subject): Part {
  const { env, feeds: given } = surroundings(model, "answers", labelsInTurn(model, rows))
  const { x, feeds } = fed("data", eventsOf({ ...tiny, split: "test" }, model.event, [...Array(rows).keys()]))
  const codes = fillNormal({ seed: 6, name: "codes" }, new Float32Array(rows * (model.latent ?? 0)))
  const z = fed("codes", ndarray([rows, model.latent ?? 0], codes))
  const judged = model.critic?.(p, x, env)
  const isPlainDirect = model.sampling === "direct" && model.density !== "tractable"
  const outputs = present({
    encode: model.encode?.(p, x, env),
    decode: model.decode?.(p, z.x, env),
    classify: model.classify?.(p, x, env),
    critic: judged,
    samplerLoss: judged && model.samplerLoss?.(judged),
    velocity: model.velocity?.(p, x, constant(0.3)),
    sample: isPlainDirect ? model.sample(p, rows, env) : undefined,
    ...Object.fromEntries(under("encoder", model.ports?.encoder?.(p, x, env))),
    ...Object.fromEntries(under("decoder", model.ports?.decoder?.(p, z.x, env))),
  })
  const renamed = Object.entries(outputs).map(([name, tensor]) => [`answer: ${name}`, tensor] as const)
  return { outputs: Object.fromEntries(renamed), feeds: { ...feeds, ...given, ...z.feeds } }
}
