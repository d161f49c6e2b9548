import { describe, expect, it } from "vitest"
import { type BarChart, bars } from "./bars.ts"
import { type CurveChart, curves, logOfNonPositive } from "./curves.ts"
import { nothingFinite } from "./finite.ts"
import { svgToPng } from "./raster.ts"
import { noSuchClass, type ScatterChart, scatter } from "./scatter.ts"
import { type Point, thin } from "./thin.ts"

const hostile = "<img src=x onerror=alert(1)>"
const loss = (points: Point[], more: Partial<CurveChart> = {}): CurveChart => ({
  title: "loss",
  unit: "nats",
  series: [{ name: "loss", split: "validation", points }],
  ...more,
})
const cloud: ScatterChart = {
  title: "cloud",
  points: Float32Array.from({ length: 60 }, (_, i) => Math.sin(i * i)),
  labels: Array.from({ length: 30 }, (_, i) => i % 3),
  classes: ["a", "b", hostile],
}
const estimates: BarChart = {
  title: "estimates",
  unit: "nats",
  rows: [
    { label: "uniform", kind: "baseline", value: 543.4 },
    { label: "elbo", kind: "bound", value: 101.2, standardError: 0.3 },
    { label: "elbo", kind: "bound", value: 99.1 },
  ],
}
const decay: Point[] = Array.from({ length: 20 }, (_, i) => [i, 1 / (i + 1)])
/** The drawn words, unescaped by nobody. */
const words = (svg: string): string[] => [...svg.matchAll(/<text[^>]*>([^<]*)<\/text>/g)].map((match) => match[1]!)

describe.each([
  ["curves", () => curves(loss(decay, { title: hostile }))],
  ["scatter", () => scatter(cloud)],
  ["bars", () => bars({ ...estimates, title: hostile })],
])("%s", (_, draw) => {
  it("are the same each time", () => expect(draw()).toBe(draw()))
  it("keep hostile names as words", () => {
    expect(words(draw()).join()).toContain("&lt;img")
    expect(draw().replace(/"[^"]*"/g, "")).not.toContain("<img")
  })
  it("become the same picture each time, twice as large as the drawing", () => {
    const svg = draw()
    const png = svgToPng(svg, { scale: 2 })
    expect(svgToPng(svg, { scale: 2 })).toEqual(png)
    const width = new DataView(png.buffer, png.byteOffset).getUint32(16)
    expect(width).toBe(2 * Number(/width="(\d+)"/.exec(svg)![1]))
  })
})

describe("curves", () => {
  it("say how many values are not finite", () => {
    const withNaN: Point[] = [...decay, [20, Number.NaN], [21, Number.POSITIVE_INFINITY]]
    expect(words(curves(loss(withNaN)))).toContain("2 of 22 values not finite and not shown")
  })
  it("refuse to draw nothing, and the logarithm of what has none", () => {
    expect(() => curves(loss([[0, Number.NaN]]))).toThrow(nothingFinite("loss"))
    expect(() =>
      curves(
        loss(
          [
            [0, 1],
            [1, 0],
          ],
          { logScale: true },
        ),
      ),
    ).toThrow(logOfNonPositive("loss", 0))
    expect(words(curves(loss(decay, { logScale: true })))).toContain("nats")
  })
  it("name each line by its split, and by its quantity where there are several", () => {
    const series = ["train", "validation"].map((split) => ({ name: "loss", split, points: decay }))
    expect(words(curves(loss([], { series })))).toEqual(expect.arrayContaining(["train", "validation"]))
    const both = [...series, { name: "KL", split: "train", points: decay }]
    expect(words(curves(loss([], { series: both })))).toEqual(expect.arrayContaining(["loss, train", "KL, train"]))
  })
  it("keep ends and spikes when they are thinned", () => {
    const long = Array.from({ length: 100_000 }, (_, i): Point => [i, i === 54_321 ? 9 : Math.sin(i)])
    const thinned = thin(long)
    expect(thinned.length).toBeLessThanOrEqual(1002)
    expect(thinned).toEqual(expect.arrayContaining([long[0], long[54_321], long[99_999]]))
    expect(thin(decay)).toBe(decay)
  })
})

describe("scatter plots", () => {
  it("draw a unit equally long on both axes", () => {
    const svg = scatter({ title: "", classes: [], points: Float32Array.of(0, 0, 10, 0, 10, 5) })
    const marks = svg.slice(svg.indexOf("role-mark"))
    const at = [...marks.matchAll(/translate\(([\d.]+),([\d.]+)\)/g)]
      .slice(0, 3)
      .map(([, x, y]) => [Number(x), Number(y)])
    const [left, right] = [Math.min(...at.map(([x]) => x!)), Math.max(...at.map(([x]) => x!))]
    const [top, bottom] = [Math.min(...at.map(([, y]) => y!)), Math.max(...at.map(([, y]) => y!))]
    expect((right - left) / (bottom - top)).toBeCloseTo(2, 3)
  })
  it("draw at most so many points, and say so", () => {
    const svg = scatter({ ...cloud, maxPoints: 10 })
    expect(words(svg)).toContain("10 of 30 points")
    expect(/role-mark[^>]*>(.*?)<\/g>/.exec(svg)![1]!.match(/<path/g)).toHaveLength(10)
  })
  it("refuse labels without a class and points without a partner", () => {
    expect(() => scatter({ ...cloud, classes: ["a", "b"] })).toThrow(noSuchClass("cloud", 2, 2))
    expect(() => scatter({ ...cloud, points: new Float32Array(3) })).toThrow("two coordinates and one label")
  })
})

describe("bars", () => {
  it("say what each number is worth, and keep two of one name apart", () => {
    const drawn = words(bars(estimates))
    expect(drawn).toEqual(expect.arrayContaining(["uniform (baseline)", "elbo (bound)", "elbo (bound) (2)", "≤ 101.2"]))
    expect(drawn).toContain("whiskers: ± 1 standard error")
  })
})
