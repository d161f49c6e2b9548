import { EidosError } from "../core/errors.ts"
import type { ModelDefinition } from "../model/define.ts"
import { gan } from "./adversarial/gan.ts"
import { autoencoder } from "./autoencoder/autoencoder.ts"
import { pca } from "./autoencoder/pca.ts"
import { fvsbn } from "./autoregressive/fvsbn.ts"
import { made } from "./autoregressive/made.ts"
import { nade } from "./autoregressive/nade.ts"
import { marginal } from "./baseline/marginal.ts"
import { mixture } from "./baseline/mixture.ts"
import { parzen } from "./baseline/parzen.ts"
import { uniform } from "./baseline/uniform.ts"
import { classifier } from "./discriminative/classifier.ts"
import { boltzmann } from "./energy/boltzmann.ts"
import { dbm } from "./energy/dbm.ts"
import { rbm } from "./energy/rbm.ts"
import { ffjord } from "./flow/ffjord.ts"
import { nice } from "./flow/nice.ts"
import { realnvp } from "./flow/realnvp.ts"
import { gsn } from "./markov/gsn.ts"
import { vae } from "./variational/vae.ts"

/** Every model of eidos by name: the registry that the command line, the docs and the law tests read. */
export const models = {
  uniform,
  marginal,
  mixture,
  parzen,
  pca,
  autoencoder,
  vae,
  fvsbn,
  nade,
  made,
  gan,
  boltzmann,
  rbm,
  dbm,
  gsn,
  nice,
  realnvp,
  ffjord,
  classifier,
} as const
export type ModelName = keyof typeof models

export {
  autoencoder,
  boltzmann,
  classifier,
  dbm,
  ffjord,
  fvsbn,
  gan,
  gsn,
  made,
  marginal,
  mixture,
  nade,
  nice,
  parzen,
  pca,
  rbm,
  realnvp,
  uniform,
  vae,
}

/** The definition of this name. Throws EidosError("usage") with the list when there is none. */
export function findModel(name: string): ModelDefinition<any, any> {
  if (Object.hasOwn(models, name)) return models[name as ModelName] as unknown as ModelDefinition<any, any>
  throw new EidosError("usage", `There is no model "${name}".`, { hint: `Models: ${Object.keys(models).join(", ")}.` })
}
