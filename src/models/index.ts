import { EidosError } from "../core/errors.ts"
import type { ModelDefinition } from "../model/define.ts"
import { autoencoder } from "./autoencoder/autoencoder.ts"
import { pca } from "./autoencoder/pca.ts"
import { vae } from "./variational/vae.ts"

/** Every model of eidos by name: the registry that the command line, the docs and the law tests read. */
export const models = { pca, autoencoder, vae } as const
export type ModelName = keyof typeof models

export { autoencoder, pca, vae }

/** The definition of this name. Throws EidosError("usage") with the list when there is none. */
export function findModel(name: string): ModelDefinition<any, any> {
  if (Object.hasOwn(models, name)) return models[name as ModelName] as unknown as ModelDefinition<any, any>
  throw new EidosError("usage", `There is no model "${name}".`, { hint: `Models: ${Object.keys(models).join(", ")}.` })
}
