export { type Bar, type BarChart, bars } from "./bars.ts"
export { type CurveChart, curves, type Series } from "./curves.ts"
export { type ScatterChart, scatter } from "./scatter.ts"
