// What the browser tests share: Debian's Chromium, and the checks that every
// page must pass whatever it is about.
import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, readFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { createRequire } from 'node:module'
import { join } from 'node:path'

import { chromium } from 'playwright-core'

const require = createRequire(import.meta.url)
const axeSource = await readFile(require.resolve('axe-core/axe.min.js'), 'utf8')

export const site = process.env.REGISTRAR_URL
assert.ok(site, 'REGISTRAR_URL is not set: run these tests by `go test ./web/browsertest`')

const screenshots = process.env.REGISTRAR_SCREENSHOTS ?? await mkdtemp(join(tmpdir(), 'registrar-pages-'))
await mkdir(screenshots, { recursive: true })

const executablePath = process.env.CHROMIUM ?? '/usr/bin/chromium'
assert.ok(existsSync(executablePath), `no browser at ${executablePath}: install Debian's chromium, or name another in CHROMIUM`)

// launch starts a browser with a profile of its own that is thrown away.
export function launch () {
  return chromium.launch({
    executablePath,
    args: [
      '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
      '--disable-component-update', '--disable-sync'
    ]
  })
}

export const desktop = { viewport: { width: 1280, height: 900 } }
export const mobile = { viewport: { width: 320, height: 640 }, hasTouch: true }

// open makes a page that fails the test on any error in the console (a breach
// of the content security policy is one) and on any request to another host.
export async function open (browser, options = desktop) {
  const context = await browser.newContext({ ...options, acceptDownloads: true })
  context.setDefaultTimeout(10_000)
  const page = await context.newPage()
  const wrong = []
  page.on('console', (message) => { if (message.type() === 'error' && !expected(page, message)) wrong.push(message.text()) })
  page.on('pageerror', (error) => wrong.push(error.message))
  page.on('request', (request) => { if (!allowed(page, request.url())) wrong.push(`request to ${request.url()}`) })
  return { page, context, wrong, close: () => context.close() }
}

// A page that is meant to answer 4xx makes the browser note it as an error.
function expected (page, message) {
  return page.meantToFail === true && /status of 4\d\d/.test(message.text())
}

function allowed (page, url) {
  return [site, ...(page.otherSites ?? [])].some((origin) => new URL(url).origin === new URL(origin).origin)
}

const tags = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']

// accessible asks axe about the page as it stands.
export async function accessible (page, what) {
  await page.evaluate(axeSource)
  const { violations } = await page.evaluate((runTags) => globalThis.axe.run(globalThis.document, { runOnly: { type: 'tag', values: runTags } }), tags)
  const told = violations.map((v) => `${v.id}: ${v.help}\n${v.nodes.slice(0, 3).map((n) => `  ${n.target} ${n.failureSummary}`).join('\n')}`)
  assert.equal(violations.length, 0, `${what} has accessibility violations:\n${told.join('\n')}`)
}

// reflows checks that nothing asks for a second direction of scrolling (WCAG
// 1.4.10), but what scrolls by itself.
export async function reflows (page, what) {
  const { needed, given, wide } = await page.evaluate(() => {
    const root = globalThis.document.documentElement
    const wide = [...globalThis.document.querySelectorAll('body *')]
      .filter((e) => e.getBoundingClientRect().right > root.clientWidth + 1 && !e.closest('.nhsuk-u-visually-hidden'))
      .slice(0, 3).map((e) => `${e.tagName}.${e.className}`)
    return { needed: root.scrollWidth, given: root.clientWidth, wide }
  })
  assert.ok(needed <= given, `${what} needs ${needed} pixels of ${given}: ${wide.join(', ')}`)
}

export async function screenshot (page, name) {
  // A long page takes a while to be drawn where other suites run beside this one.
  await page.screenshot({ path: join(screenshots, `${name}.png`), fullPage: true, timeout: 60_000 })
}

export { screenshots }
