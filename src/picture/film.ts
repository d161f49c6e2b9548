/** The frames of a film of the plane: heat map, points, arrows, axes and a title, every frame on the same axes. */
import type { Animation } from "./animation.ts"
import { drawArrow, drawDisc, drawHeat, type Ink, type Plate, plate, type Window } from "./plate.ts"
import { svgToGrey } from "./raster.ts"
import { neutrals } from "./theme.ts"

/** Points of one ink. */
export interface Dots {
  readonly ink: number
  /** In pixels. */
  readonly radius: number
  /** [n, 2]. */
  readonly at: Float32Array
}

/** What one frame shows. */
export interface Scene {
  readonly title: string
  readonly subtitle: string
  /** Values from 0 to 1 on a square grid, rows from the lowest y. */
  readonly heat?: Float32Array
  /** Drawn in this order. */
  readonly dots: readonly Dots[]
  readonly arrows?: {
    readonly ink: number
    /** [n, 2]. */
    readonly from: Float32Array
    /** In pixels, y downward: [n, 2]. */
    readonly by: Float32Array
  }
}

/** What all frames share. */
export interface FilmAxes {
  readonly x: readonly [low: number, high: number]
  readonly y: readonly [low: number, high: number]
  readonly inks: readonly Ink[]
}

const size = 320
const margin = { left: 34, top: 46, right: 6, bottom: 20 } // pixels
const width = margin.left + size + margin.right
const height = margin.top + size + margin.bottom
const usual = 150 // milliseconds a frame
const atTheEnd = 2500 // milliseconds for the last

/** The scenes one after the other, the last shown for longer. */
export function filmOf(scenes: readonly Scene[], axes: FilmAxes): Animation {
  const window: Window = { left: margin.left, top: margin.top, size, x: axes.x, y: axes.y }
  const plates = scenes.map((scene) => drawn(scene, window, axes))
  return {
    width,
    height,
    palette: plate(1, 1, axes.inks).palette,
    frames: plates.map((one, i) => ({
      pixels: one.pixels(),
      milliseconds: i === plates.length - 1 ? atTheEnd : usual,
    })),
  }
}

function drawn(scene: Scene, window: Window, { inks }: FilmAxes): Plate {
  const sheet = plate(width, height, inks)
  drawWords(sheet, scene, window)
  if (scene.heat) drawHeat(sheet, window, scene.heat)
  for (const { ink, radius, at } of scene.dots)
    for (let i = 0; i < at.length; i += 2) drawDisc(sheet, window, [at[i]!, at[i + 1]!], radius, ink)
  const { arrows } = scene
  for (let i = 0; arrows && i < arrows.from.length; i += 2)
    drawArrow(sheet, window, [arrows.from[i]!, arrows.from[i + 1]!], [arrows.by[i]!, arrows.by[i + 1]!], arrows.ink)
  return sheet
}

/** Title, subtitle and axes around the window. */
function drawWords(sheet: Plate, { title, subtitle }: Scene, { left, top, x, y }: Window): void {
  const { ink, muted } = neutrals
  const right = left + size
  const bottom = top + size
  const text = (words: string, at: string, style: string) => `<text ${at} ${style}>${escaped(words)}</text>`
  const small = `font-size="10" fill="${muted}"`
  const across = ticks(x).map((tick) => ({ tick, at: left + (size * (tick - x[0])) / (x[1] - x[0]) }))
  const upward = ticks(y).map((tick) => ({ tick, at: bottom - (size * (tick - y[0])) / (y[1] - y[0]) }))
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" font-family="DejaVu Sans">
${text(title, `x="${left}" y="18"`, `font-size="13" font-weight="bold" fill="${ink}"`)}
${text(subtitle, `x="${left}" y="36"`, `font-size="11" fill="${muted}"`)}
${across.map(({ tick, at }) => text(written(tick), `x="${at}" y="${bottom + 14}" text-anchor="middle"`, small)).join("")}
${upward.map(({ tick, at }) => text(written(tick), `x="${left - 5}" y="${at + 3.5}" text-anchor="end"`, small)).join("")}
<path d="${[...across.map(({ at }) => `M${at} ${bottom}v3`), ...upward.map(({ at }) => `M${left} ${at}h-3`)].join(
    "",
  )}" stroke="${muted}" fill="none"/>
</svg>`
  const { data } = svgToGrey(svg)
  for (let j = 0; j < height; j++)
    for (let i = 0; i < width; i++)
      if (i < left || i >= right || j < top || j >= bottom) sheet.grey(i, j, data[j * width + i]!)
}

const escaped = (words: string): string => words.replace(/[&<>]/g, (letter) => `&#${letter.charCodeAt(0)};`)
const written = (tick: number): string => String(Number(tick.toPrecision(6))).replace("-", "−")

/** Between three and seven round numbers in a range. */
export function ticks([low, high]: readonly [number, number]): number[] {
  const rough = (high - low) / 5
  const power = 10 ** Math.floor(Math.log10(rough))
  const step = [1, 2, 5, 10].map((factor) => factor * power).find((candidate) => candidate >= rough)!
  const first = Math.ceil(low / step)
  return Array.from({ length: Math.floor(high / step) - first + 1 }, (_, i) => (first + i) * step)
}
