/** What of a machine runs a program, as a value and by name: `cpu`, `webgpu`, `cuda`, `cuda:1`. */

/** What of the machine a program runs on; `index` counts CUDA devices from 0. */
export type Device =
  | { readonly provider: "cpu" }
  | { readonly provider: "webgpu" }
  | { readonly provider: "cuda"; readonly index?: number }

/** The processor. */
export const cpu: Device = { provider: "cpu" }

/** The name of a device, by which it is found again. */
export function nameOf(device: Device): string {
  const isNumbered = device.provider === "cuda" && device.index !== undefined
  return isNumbered ? `cuda:${device.index}` : device.provider
}

/** The device of this name; undefined where no device is called so. */
export function deviceOf(name: string): Device | undefined {
  if (name === "cpu" || name === "webgpu") return { provider: name }
  const [, index] = /^cuda(?::(\d{1,3}))?$/.exec(name) ?? []
  if (index !== undefined) return { provider: "cuda", index: Number(index) }
  return name === "cuda" ? { provider: "cuda" } : undefined
}
