import type { SessionOptions } from "../runtime/ort-node.ts"
import type { OpenRun } from "./open.ts"

/** Where and how the programs of a trained run go: as asked for; on the processor, with the threads of its training, unless told. */
export const sessionOf = (
  { threads, device }: Pick<SessionOptions, "threads" | "device">,
  { config }: Pick<OpenRun, "config">,
): SessionOptions => ({ threads: threads ?? config.threads, ...(device && { device }) })
