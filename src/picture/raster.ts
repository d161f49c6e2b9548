import { createRequire } from "node:module"
import { Resvg } from "@resvg/resvg-js"

const fontFile = (name: string): string => createRequire(import.meta.url).resolve(`dejavu-fonts-ttf/ttf/${name}.ttf`)

/** The PNG file of an SVG drawing, `scale` pixels to the drawing's one; letters are DejaVu Sans whatever the machine has. */
export function svgToPng(svg: string, { scale = 2, background = "#ffffff" } = {}): Uint8Array {
  const font = {
    loadSystemFonts: false,
    fontFiles: ["DejaVuSans", "DejaVuSans-Bold"].map(fontFile),
    defaultFontFamily: "DejaVu Sans",
  }
  return new Resvg(svg, { font, background, fitTo: { mode: "zoom", value: scale } }).render().asPng()
}
