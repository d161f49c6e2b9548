/** From the device a user names to that of a run. */
import { EidosError } from "../core/errors.ts"
import { deviceOf } from "../runtime/device.ts"
import { noAccumulation } from "../train/device-executor.ts"

/** Whether something is the name of a device: `cpu`, `webgpu`, `cuda` or `cuda:N`. */
export const isDevice = (name: string): boolean => deviceOf(name) !== undefined

export const noSuchDevice = (came: string): string => `There is no device "${came}".`

/**
 * The device of a run; `auto` is the processor, for no GPU has been measured to be faster on these models. Throws
 * EidosError("usage") for names of nothing, and for a device that does not accumulate gradients where a run does.
 */
export function resolveDevice(name = "auto", accumulate = 1): string {
  const device = name === "auto" ? "cpu" : name
  if (!isDevice(device))
    throw new EidosError("usage", noSuchDevice(name), { hint: "Devices: auto, cpu, webgpu, cuda, cuda:0, cuda:1, …" })
  if (device !== "cpu" && accumulate > 1) throw new EidosError("usage", noAccumulation)
  return device
}
