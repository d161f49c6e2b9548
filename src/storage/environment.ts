import { arch, cpus, platform, release, totalmem } from "node:os"
import { redactArguments } from "./redact.ts"

/** What `env.json` says about where a run ran; the caller adds the device, threads, seed and digests it knows. */
export interface Environment {
  readonly schemaVersion: 1
  readonly versions: Versions
  readonly processor: string
  readonly cores: number
  readonly memoryBytes: number
  readonly platform: string
  readonly argv: readonly string[]
}

export interface Versions {
  readonly eidos: string
  readonly onnxruntime: string
  readonly node: string
}

export interface EnvironmentOptions {
  readonly argv: readonly string[]
  readonly versions: Versions
  /** Values to blank wherever they stand in `argv`, such as those of HF_TOKEN and its like. */
  readonly secrets?: readonly string[]
}

/** The machine, the versions and the command line of this process, without secrets. */
export function describeEnvironment({ argv, versions, secrets = [] }: EnvironmentOptions): Environment {
  return {
    schemaVersion: 1,
    versions,
    processor: cpus()[0]?.model.trim() || "unknown", // empty in some containers
    cores: cpus().length,
    memoryBytes: totalmem(),
    platform: `${platform()} ${arch()} ${release()}`,
    argv: redactArguments(argv, secrets),
  }
}
