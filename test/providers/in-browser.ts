/** What the page offers to the test that opened it. */
import { compile, type WebDevice } from "../../src/runtime/ort-web.ts"
import { outcomes } from "./outcomes.ts"

const outcomesOn = (device: WebDevice, leaves: readonly string[]) => outcomes((graph) => compile(graph, device), leaves)
Object.assign(globalThis, { outcomesOn, isReady: true })
