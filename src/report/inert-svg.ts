import { EidosError } from "../core/errors.ts"
import { type Html, trusted } from "./html.ts"

const drawing =
  /^(svg|g|path|rect|line|text|tspan|circle|ellipse|defs|clipPath|linearGradient|radialGradient|stop|title)$/
const tag = /<\/?([a-zA-Z]+)((?:\s+[\w:-]+="[^"]*")*)\s*\/?>/g
const attribute = /([\w:-]+)="([^"]*)"/g
const actingName = /^(on\w*|(xlink:)?href)$/i
const loadingValue = /url\((?!#)|@import/i

export const unsafeSvg = (title: string, found: string): string =>
  `report: the drawing "${title}" holds ${found}; only shapes and text may enter a report.`

/** A drawing as HTML, after a check that it can neither run nor load anything. Throws EidosError("failed"). */
export function inertSvg(title: string, svg: string): Html {
  const refuse = (found: string): never => {
    throw new EidosError("failed", unsafeSvg(title, found.slice(0, 60)))
  }
  for (const [whole, name, attributes] of svg.matchAll(tag))
    if (!drawing.test(name!) || acts(attributes!)) refuse(whole)
  const rest = svg.replace(tag, "") // text alone, if every "<" began a tag that was looked at
  if (rest.includes("<")) refuse(rest.slice(rest.indexOf("<")))
  return trusted(svg)
}

// Words in labels may look like handlers; only an attribute's own name, or an address in what paints, can act.
const acts = (attributes: string): boolean =>
  [...attributes.matchAll(attribute)].some(
    ([, name, value]) => actingName.test(name!) || (name !== "aria-label" && loadingValue.test(value!)),
  )
