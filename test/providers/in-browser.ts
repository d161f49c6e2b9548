/** What the page offers to the test that opened it. */
import { compile, type WebDevice } from "../../src/runtime/ort-web.ts"
import { outcomes } from "./outcomes.ts"

Object.assign(globalThis, {
  outcomesOn: (device: WebDevice) => outcomes((graph) => compile(graph, device)),
  isReady: true,
})
