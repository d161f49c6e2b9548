import type { Config } from "vega-lite"

/** Four hues that stay apart for colour-blind readers, from Okabe and Ito, "Color universal design" (2008). */
export const hues = ["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#56b4e9", "#e69f00"] as const

/** Ten hues in an order optimised for colour-blind readers: Petroff, "Accessible color sequences for data visualization" (2021). */
export const classHues = [
  "#3f90da",
  "#ffa90e",
  "#bd1f01",
  "#94a4a2",
  "#832db6",
  "#a96b59",
  "#e76300",
  "#b9ac70",
  "#717581",
  "#92dadd",
] as const

// Verdana has the metrics of DejaVu Sans, so a chart fits its frame where only Verdana is installed.
const font = "DejaVu Sans, Verdana, sans-serif"

/** The four neutral colours of every chart; a dark page replaces them by their values. */
export const neutrals = { ink: "#26292e", muted: "#6b7280", axis: "#9aa0a8", grid: "#e3e5e8" } as const
const { ink, muted, axis, grid } = neutrals

/** What all charts share: a transparent page, quiet axes, a title at the left. */
export const theme: Config = {
  background: "transparent",
  aria: false, // thousands of labelled points help nobody; pages describe the chart as a whole
  font,
  title: {
    anchor: "start",
    frame: "bounds",
    font,
    fontSize: 15,
    fontWeight: "bold",
    color: ink,
    offset: 18,
    subtitleFont: font,
    subtitleFontSize: 11,
    subtitleColor: muted,
    subtitlePadding: 6,
  },
  axis: {
    labelColor: muted,
    titleColor: muted,
    labelFontSize: 11,
    titleFontSize: 11,
    titleFontWeight: "normal",
    gridColor: grid,
    domainColor: axis,
    tickColor: axis,
    tickSize: 4,
    labelPadding: 5,
    titlePadding: 8,
  },
  legend: { labelColor: ink, titleColor: muted, labelFontSize: 11, titleFontSize: 11, titleFontWeight: "normal" },
  view: { stroke: null },
}
