import { realnvp } from "../../src/models/index.ts"
import { workloads } from "../workloads.ts"

const { event, sizes } = workloads.realnvp

export const denseRealnvp = () => realnvp.build(realnvp.config.parse(sizes), event)
