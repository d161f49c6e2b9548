import { existsSync } from "node:fs"
import { homedir } from "node:os"
import { join } from "node:path"

import type { DataPlaces } from "../run/open.ts"
import { defined } from "../run/request.ts"
import type { Io } from "./io.ts"

type Env = Io["env"]

/** Where downloads are kept: the user's cache, as the XDG base directory specification has it. */
export const defaultCacheDir = (env: Env): string => join(env["XDG_CACHE_HOME"] || join(homedir(), ".cache"), "eidos")

/** Values of the environment that must never be written down. */
export const secretsOf = (env: Env): string[] =>
  Object.entries(env).flatMap(([name, value]) => (/_(TOKEN|KEY|SECRET|PASSWORD)$/i.test(name) && value ? [value] : []))

export interface PlaceFlags {
  readonly dataDir?: string
  readonly cacheDir?: string
  readonly offline?: boolean
}

/** Where data may be found: flags first, then the folder a run remembers if it is still there, then EIDOS_DATA. */
export function placesOf(flags: PlaceFlags, env: Env, remembered?: string, signal?: AbortSignal): DataPlaces {
  const known = remembered !== undefined && existsSync(remembered) ? remembered : undefined
  const dataDir = flags.dataDir ?? known ?? (env["EIDOS_DATA"] || undefined)
  const cacheDir = flags.cacheDir ?? defaultCacheDir(env)
  return defined({ dataDir, cacheDir, offline: flags.offline, signal }) as DataPlaces
}
