/** A headless Chromium on a page of this folder, served with the headers that threads need. */
import { execFileSync } from "node:child_process"
import { fileURLToPath } from "node:url"
import { type Browser, chromium, type Page } from "playwright-core"
import { softwareGpu } from "../../test/providers/vulkan.ts"
import { peersFolder } from "../peers/peers.ts"
import { serve } from "./serve.ts"

/** The browser on the path. Throws a sentence when there is none. */
function program(): string {
  const found = ["chromium", "chromium-browser", "google-chrome"].find((name) => {
    try {
      execFileSync(name, ["--version"], { stdio: "ignore" })
      return true
    } catch {
      return false
    }
  })
  if (found === undefined) throw new Error("bench: there is no chromium on the path, and the page needs one.")
  return execFileSync("which", [found], { encoding: "utf8" }).trim()
}

export interface OpenSite {
  readonly browser: Browser
  /** Another tab on the same page. */
  open(): Promise<Page>
  close(): Promise<void>
}

/** Serves this folder's pages, the peers and ONNX Runtime, and opens a browser. */
export async function openBrowser(file: string): Promise<OpenSite> {
  const site = await serve({
    "/build/": fileURLToPath(new URL("../../", import.meta.url)),
    "/peers/": `${peersFolder()}/node`,
    "/node_modules/": "node_modules",
  })
  const browser = await chromium.launch({ executablePath: program(), args: ["--no-sandbox", ...softwareGpu] })
  return {
    browser,
    async open() {
      const page = await browser.newPage()
      page.on("pageerror", (error) => process.stderr.write(`page: ${error.message}\n`))
      await page.goto(`${site.url}/build/bench/browser/${file}`)
      await page.waitForFunction("globalThis.isReady && globalThis.crossOriginIsolated")
      return page
    },
    async close() {
      await browser.close()
      site.close()
    },
  }
}
