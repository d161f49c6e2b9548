import { made } from "../../src/models/index.ts"
import { workloads } from "../workloads.ts"

const { event, sizes } = workloads.made

export const wideMade = () => made.build(made.config.parse({ hidden: sizes.hidden, direct: false }), event)
