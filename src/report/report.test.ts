import { describe, expect, it } from "vitest"
import { encodePng, fromUnit } from "../picture/image.ts"
import { escapeHtml } from "./html.ts"
import { inertSvg } from "./inert-svg.ts"
import { type ReportInput, renderReport } from "./report.ts"

const hostile = `"><img src=x onerror=alert(1)><script>alert(2)</script>'`
const png = encodePng(fromUnit([0, 1, 1, 0], [2, 2]))

/** A report each of whose words is `word`. */
const reportOf = (word: string): ReportInput => ({
  title: word,
  model: {
    name: word,
    density: word,
    sampling: word,
    cites: [`${word} arXiv:1312.6114`, `https://example.org/${word}`],
  },
  data: {
    name: word,
    source: word,
    preprocessing: word,
    counts: { train: 50_000, validation: 1, test: 2 },
    digest: word,
  },
  evaluation: { split: word, n: 10_000 },
  estimates: [
    { quantity: word, kind: "bound", value: 90.21, unit: "nats", standardError: 0.24, k: 1000, note: word },
    { quantity: "uniform", kind: "baseline", value: 543.43, unit: "nats" },
  ],
  curves: [
    {
      title: word,
      unit: word,
      series: [
        {
          name: word,
          split: word,
          points: [
            [0, 1],
            [1, 2],
          ],
        },
      ],
    },
  ],
  charts: [{ title: word, caption: word, svg: `<svg><text aria-label="x onerror=1">words</text></svg>` }],
  pictures: ["Samples", "Manifold", word].map((title) => ({ title, caption: word, alt: word, png })),
  config: { seed: 7, [word]: { nested: [1, 2, 3], list: [{ rate: 0.5 }], none: null, word } },
  timing: [{ label: word, value: word }],
  environment: [{ label: word, value: word }],
  command: word,
})

/** The tags of a page, without the quoted values of their attributes. */
const bareTags = (page: string): string[] => page.replace(/="[^"]*"/g, "").match(/<[^>]*>/g) ?? []

describe("a report", () => {
  const page = renderReport(reportOf("plain"))
  it("is the same page each time", () => expect(renderReport(reportOf("plain"))).toBe(page))
  it("keeps hostile words as words: no tag and no attribute comes of them", () => {
    const attacked = bareTags(renderReport(reportOf(hostile)))
    expect(attacked.filter((tag) => /^<script|\son\w/i.test(tag))).toEqual([])
    expect(attacked.filter((tag) => tag.startsWith("<img"))).toHaveLength(3)
    expect(renderReport(reportOf(hostile))).toContain(escapeHtml(hostile))
  })
  it("asks for nothing from elsewhere: only links for the reader lead out", () => {
    const references = [...page.matchAll(/<(\w+)[^>]*?\s(?:src|href|srcset|poster|data)="([^"]*)"/g)]
    const outside = references.filter(([, , address]) => !/^(data:image\/png;base64,|#)/.test(address!))
    expect(outside.map(([, tag]) => tag)).toEqual(["a", "a"])
    expect(page).not.toMatch(/url\(|@import|<script|<link|<iframe/)
    expect(page).toContain(`default-src 'none'`)
  })
  it("lists baselines first, and no number without its kind", () => {
    const rows = [...page.matchAll(/<tr><th scope="row">(.*?)<\/tr>/gs)].map((match) => match[1]!)
    expect(rows[0]).toContain("uniform")
    expect(rows[0]).toContain("baseline")
    expect(rows[1]).toContain("≤ 90.210 ± 0.24 nats")
    expect(rows[1]).toContain("bound, K = 1000")
  })
  it("sorts pictures by their titles and leaves empty sections out", () => {
    const headings = [...page.matchAll(/<h2 id[^>]*>([^<]*)</g)].map((match) => match[1])
    expect(headings).toEqual([
      "Estimates",
      "Learning curves",
      "Charts",
      "Samples",
      "Manifold",
      "Other pictures",
      "Configuration",
      "Timing",
      "Environment",
      "Receipt",
    ])
  })
  it("writes a nested configuration as paths, lists of numbers whole", () => {
    expect(page).toMatch(/plain\.nested<\/th><td>\[1, 2, 3\]/)
    expect(page).toMatch(/plain\.list\.0\.rate<\/th><td>0.5/)
    expect(page).toMatch(/plain\.none<\/th><td>null/)
  })
  it("stands without estimates, pictures or settings, and says why a curve is missing", () => {
    const diverged = [
      { title: "loss", unit: "nats", series: [{ name: "a", split: "train", points: [[0, Number.NaN]] as const }] },
    ]
    const bare = renderReport({
      ...reportOf("x"),
      estimates: [],
      pictures: [],
      charts: [],
      config: {},
      curves: diverged,
    })
    expect(bare).toContain("No likelihood or other estimate")
    expect(bare).toContain("none of its values is a finite number")
  })
  it("refuses a picture that is no PNG", () => {
    const pictures = [{ title: "cat", caption: "", alt: "", png: new Uint8Array(30) }]
    expect(() => renderReport({ ...reportOf("x"), pictures })).toThrow(`the picture "cat" is not a PNG file`)
  })
})

describe("drawings that could act are refused", () => {
  it.each([
    `<svg><script>alert(1)</script></svg>`,
    `<svg onload="alert(1)"></svg>`,
    `<svg onload=alert(1)></svg>`,
    `<svg/onload="alert(1)"></svg>`,
    `<svg><image href="https://example.org/x.png"/></svg>`,
    `<svg><a xlink:href="javascript:alert(1)"><text>x</text></a></svg>`,
    `<svg><path fill="url(https://example.org/x)"/></svg>`,
    `<svg><foreignObject><p>x</p></foreignObject></svg>`,
    `<svg><!-- --><style>*{}</style></svg>`,
  ])("%s", (svg) => expect(() => inertSvg("drawing", svg)).toThrow("only shapes and text"))
})
