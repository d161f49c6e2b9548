import { createRequire } from "node:module"
import { Resvg } from "@resvg/resvg-js"

const fontFile = (name: string): string => createRequire(import.meta.url).resolve(`dejavu-fonts-ttf/ttf/${name}.ttf`)

/** The PNG file of an SVG drawing, `scale` pixels to the drawing's one; letters are DejaVu Sans whatever the machine has. */
export const svgToPng = (svg: string, { scale = 2, background = "#ffffff" } = {}): Uint8Array =>
  rendered(svg, scale, background).asPng()

/** The grey levels of an SVG drawing on white, 0 to 255 in rows from the top left, one pixel to the drawing's one. */
export function svgToGrey(svg: string): { readonly width: number; readonly height: number; readonly data: Uint8Array } {
  const { width, height, pixels } = rendered(svg, 1, "#ffffff")
  // Luma of Rec. 601; red, green, blue and opacity follow one another.
  const luma = (at: number) => 0.299 * pixels[at]! + 0.587 * pixels[at + 1]! + 0.114 * pixels[at + 2]!
  return { width, height, data: Uint8Array.from({ length: width * height }, (_, i) => Math.round(luma(4 * i))) }
}

function rendered(svg: string, scale: number, background: string) {
  const font = {
    loadSystemFonts: false,
    fontFiles: ["DejaVuSans", "DejaVuSans-Bold"].map(fontFile),
    defaultFontFamily: "DejaVu Sans",
  }
  return new Resvg(svg, { font, background, fitTo: { mode: "zoom", value: scale } }).render()
}
