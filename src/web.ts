/** eidos in a page: what compiles and trains there. Models, data and evaluation are those of `eidos`. */
export { compile, type Program, type WebDevice } from "./runtime/ort-web.ts"
export type { Snapshot, TrainingState, TrainPlan } from "./train/loop.ts"
export { train, type WebTrainSetup } from "./train/train-web.ts"
