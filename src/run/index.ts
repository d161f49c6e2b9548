/** Runs as folders: what the command line does, for programs. */
export { type RunConfig, runConfigSchema } from "./config.ts"
export { type ExportedFile, exportModel, writeExports } from "./export.ts"
export { finishRun } from "./finish.ts"
export { dataOfRun, type OpenRun, openRun, readRunConfig } from "./open.ts"
export { type Preset, presets } from "./presets.ts"
export { requestedData, resolveRun, type TrainRequest } from "./request.ts"
export { createRun, type RunEvent, type TrainingEnd, trainRun } from "./train-run.ts"
