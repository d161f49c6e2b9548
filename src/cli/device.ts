/** The device that a command runs a trained model on, from the flag to the words about it. */
import { resolveDevice } from "../run/device-request.ts"
import { type Device, deviceOf, nameOf } from "../runtime/device.ts"
import { refuseMissing } from "./provider-checks.ts"

export interface DeviceFlags {
  readonly device?: string
}

/** The device asked for, the processor unless told. Throws EidosError("usage") for one that runs no programs here. */
export async function deviceAsked({ device }: DeviceFlags): Promise<Device> {
  const name = resolveDevice(device)
  await refuseMissing(name)
  return deviceOf(name)! // resolveDevice lets no other name through
}

/** `, on webgpu` for a headline; nothing for the processor. */
export const deviceWords = (device: Device): string => (device.provider === "cpu" ? "" : `, on ${nameOf(device)}`)

/** `device` for JSON, where it is not the processor. */
export const deviceField = (device: Device): { readonly device?: string } =>
  device.provider === "cpu" ? {} : { device: nameOf(device) }
