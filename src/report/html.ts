/** Text that is already HTML; everything else is escaped on its way into a page. */
export interface Html {
  readonly html: string
}

type Content = string | number | Html | readonly Content[]

const entities: Record<string, string> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;" }

/** Text made inert for element content and quoted attributes. */
export const escapeHtml = (text: string): string => text.replace(/[&<>"']/g, (letter) => entities[letter]!)

/** HTML from elsewhere, taken at its word. */
export const trusted = (html: string): Html => ({ html })

/** A template whose interpolated text is escaped; lists are joined. */
export function html(strings: TemplateStringsArray, ...contents: readonly Content[]): Html {
  return { html: strings.reduce((page, part, i) => page + textOf(contents[i - 1] ?? "") + part) }
}

function textOf(content: Content): string {
  if (typeof content === "object") return "html" in content ? content.html : content.map(textOf).join("")
  return escapeHtml(String(content))
}
