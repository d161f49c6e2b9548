/** A table as a picture: groups of rows under headings, a strip of pixels at the end of a row, notes below it. */
import { textWidth } from "./svg.ts"
import { neutrals } from "./theme.ts"

/** One line: a cell for each column, an optional picture after them, and what must be read beside it. */
export interface TableRow {
  readonly cells: readonly string[]
  /** PNG file drawn at the end of the line, pixel for pixel, with its size. */
  readonly strip?: { readonly png: Uint8Array; readonly width: number; readonly height: number }
  readonly note?: string
}

export interface TableGroup {
  readonly heading: string
  readonly rows: readonly TableRow[]
}

/** A table, as data. */
export interface TablePicture {
  readonly title: string
  readonly subtitle: string
  readonly columns: readonly { readonly title: string; readonly align: "left" | "right" }[]
  /** Title over the strips; none where no row has one. */
  readonly stripTitle: string
  readonly groups: readonly TableGroup[]
  /** Lines below the table. */
  readonly footnotes: readonly string[]
}

const [edge, gap, line] = [28, 26, 24] // pixels around the table, between columns, from line to line
const size = 13
const small = 11
const bodyFont = `font-family="DejaVu Sans, Verdana, sans-serif"`

/** The SVG document of a table. */
export function tableSvg(table: TablePicture): string {
  const layout = layoutOf(table)
  const body = [...heading(table), ...header(table, layout)]
  let y = 106
  for (const group of table.groups) {
    body.push(text(edge, y + 17, group.heading, { size: small, weight: "bold", colour: neutrals.muted }))
    y += 26
    for (const row of group.rows) {
      const height = heightOf(row, layout)
      body.push(...drawRow(row, y, layout, table))
      y += height
    }
    y += 12
  }
  const notes = table.footnotes.flatMap((note) => wrapped(note, layout.width - 2 * edge, small))
  for (const note of notes) {
    body.push(text(edge, y + 10, note, { size: small, colour: neutrals.muted }))
    y += 17
  }
  const height = Math.ceil(y + edge - 8)
  const open = `<svg xmlns="http://www.w3.org/2000/svg" width="${layout.width}" height="${height}" viewBox="0 0 ${layout.width} ${height}" ${bodyFont}>`
  return [open, `<rect width="100%" height="100%" fill="#ffffff"/>`, ...body, "</svg>", ""].join("\n")
}

interface Layout {
  /** Where a column's text begins, or ends where it is aligned to the right. */
  readonly at: readonly number[]
  readonly stripAt: number
  readonly width: number
}

function layoutOf({ columns, groups, title, subtitle }: TablePicture): Layout {
  const rows = groups.flatMap((group) => group.rows)
  const widths = columns.map((column, i) =>
    Math.max(
      textWidth(column.title, { fontSize: small }),
      ...rows.map(({ cells }) =>
        textWidth(cells[i] ?? "", { fontSize: size, fontWeight: i === 0 ? "bold" : "normal" }),
      ),
    ),
  )
  const starts = widths.map((_, i) => edge + widths.slice(0, i).reduce((sum, width) => sum + width + gap, 0))
  const stripAt = starts.at(-1)! + widths.at(-1)! + gap
  const strips = Math.max(0, ...rows.map(({ strip }) => strip?.width ?? 0))
  const head = Math.max(textWidth(title, { fontSize: 20, fontWeight: "bold" }), textWidth(subtitle, { fontSize: size }))
  return {
    at: starts.map((start, i) => (columns[i]!.align === "right" ? start + widths[i]! : start)),
    stripAt,
    width: Math.ceil(Math.max(stripAt + strips, edge + head) + edge),
  }
}

function heading({ title, subtitle }: TablePicture): string[] {
  return [
    text(edge, 44, title, { size: 20, weight: "bold", colour: neutrals.ink }),
    text(edge, 68, subtitle, { size, colour: neutrals.muted }),
  ]
}

function header({ columns, groups, stripTitle }: TablePicture, { at, stripAt, width }: Layout): string[] {
  const hasStrips = groups.some(({ rows }) => rows.some(({ strip }) => strip))
  const titles = columns.map(({ title, align }, i) =>
    text(at[i]!, 96, title, { size: small, colour: neutrals.muted, align }),
  )
  const last = hasStrips ? [text(stripAt, 96, stripTitle, { size: small, colour: neutrals.muted })] : []
  return [...titles, ...last, rule(104, width, neutrals.axis)]
}

const heightOf = ({ strip, note }: TableRow, { width }: Layout): number =>
  Math.max(line, strip ? strip.height + 6 : 0) + (note ? 15 * wrapped(note, noteWidth(width), small).length + 4 : 0) + 5

const noteWidth = (width: number): number => width - 2 * edge - 14

function drawRow({ cells, strip, note }: TableRow, y: number, layout: Layout, { columns }: TablePicture): string[] {
  const { at, stripAt, width } = layout
  const height = Math.max(line, strip ? strip.height + 6 : 0)
  const base = y + height / 2 + 5
  const drawn = cells.map((cell, i) =>
    text(at[i]!, base, cell, {
      size,
      colour: neutrals.ink,
      align: columns[i]!.align,
      weight: i === 0 ? "bold" : "normal",
    }),
  )
  const picture = strip
    ? [
        `<image x="${stripAt}" y="${y + (height - strip.height) / 2}" width="${strip.width}" height="${strip.height}" image-rendering="optimizeSpeed" href="data:image/png;base64,${Buffer.from(strip.png).toString("base64")}"/>`,
      ]
    : []
  const notes = note ? wrapped(note, noteWidth(width), small) : []
  const below = notes.map((words, i) =>
    text(edge + 14, y + height + 11 + 15 * i, words, { size: small, colour: neutrals.muted }),
  )
  return [
    ...drawn,
    ...picture,
    ...below,
    rule(y + height + 15 * notes.length + (note ? 4 : 0) + 2, width, neutrals.grid),
  ]
}

const rule = (y: number, width: number, colour: string): string =>
  `<line x1="${edge}" x2="${width - edge}" y1="${y}" y2="${y}" stroke="${colour}"/>`

interface TextStyle {
  readonly size: number
  readonly colour: string
  readonly weight?: "normal" | "bold"
  readonly align?: "left" | "right"
}

function text(
  x: number,
  y: number,
  words: string,
  { size: fontSize, colour, weight = "normal", align }: TextStyle,
): string {
  const anchor = align === "right" ? ` text-anchor="end"` : ""
  const bold = weight === "bold" ? ` font-weight="bold"` : ""
  return `<text x="${x.toFixed(1)}" y="${y.toFixed(1)}" font-size="${fontSize}" fill="${colour}"${bold}${anchor}>${escaped(words)}</text>`
}

const entities: Record<string, string> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" }
const escaped = (words: string): string => words.replace(/[&<>"]/g, (letter) => entities[letter]!)

/** The words in lines no wider than `width` pixels; a word that is wider has a line of its own. */
export function wrapped(words: string, width: number, fontSize: number): string[] {
  const lines: string[] = []
  for (const word of words.split(" ")) {
    const longer = lines.length > 0 ? `${lines.at(-1)} ${word}` : word
    if (lines.length > 0 && textWidth(longer, { fontSize }) <= width) lines[lines.length - 1] = longer
    else lines.push(word)
  }
  return lines
}
