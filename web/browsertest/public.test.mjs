// The way of the public: search, narrow, read, follow, take away; then the
// same without script, by keyboard, on a small screen and on paper.
import { after, before, describe, test } from 'node:test'
import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'

import { accessible, desktop, launch, mobile, open, reflows, screenshot, screenshots, site } from './browser.mjs'
import { failing, pages as answered } from './public_pages.mjs'

const pages = { ...answered, ...failing }
const fails = new Set(Object.keys(failing))

let browser
before(async () => { browser = await launch() })
after(async () => {
  await browser?.close()
  console.log(`screenshots: ${screenshots}`)
})

async function visit (page, name) {
  page.meantToFail = fails.has(name)
  const answer = await page.goto(site + pages[name])
  assert.equal(answer.ok(), !fails.has(name), `${name}: ${answer.status()}`)
}

describe('every page', { concurrency: 2 }, () => {
  for (const name of Object.keys(pages)) {
    test(`${name} is accessible, asks nothing of others, and fits a small screen`, async () => {
      for (const [size, options] of Object.entries({ desktop, mobile })) {
        const { page, wrong, close } = await open(browser, options)
        await visit(page, name)
        await accessible(page, `${name} (${size})`)
        await reflows(page, `${name} (${size})`)
        await screenshot(page, `${name}-${size}`)
        assert.equal(await page.locator('h1').count(), 1, 'one heading of the first level')
        assert.match(await page.title(), /Registrar$/)
        assert.deepEqual(wrong, [])
        await close()
      }
    })
  }

  test('details can be opened, and stay accessible', async () => {
    const { page, close } = await open(browser)
    for (const name of ['release', 'purposes', 'agreement', 'organisation', 'dataset', 'edition']) {
      await visit(page, name)
      for (const summary of await page.locator('summary').all()) await summary.click()
      assert.equal(await page.locator('details:not([open])').count(), 0)
      await accessible(page, `${name} with details open`)
      await reflows(page, `${name} with details open`)
      await screenshot(page, `${name}-open`)
    }
    await close()
  })

  test('a word without an end is broken, wherever a name stands', async () => {
    for (const width of [320, 1280]) {
      const { page, close } = await open(browser, { viewport: { width, height: 900 } })
      for (const name of ['register', 'release', 'agreement', 'organisation', 'dataset', 'organisations', 'my-record-answer']) {
        await visit(page, name)
        await page.evaluate(() => {
          const names = 'h1, main li a, tbody th a, tbody td a[href^="/organisations/"], tbody td a[href^="/datasets/"], .app-cell__text'
          for (const element of globalThis.document.querySelectorAll(names)) element.append('x'.repeat(250))
        })
        await reflows(page, `${name} with long words at ${width}`)
      }
      await close()
    }
  })

  test('text at twice its size still fits', async () => {
    const { page, close } = await open(browser, { viewport: { width: 640, height: 900 } })
    for (const name of ['start', 'register', 'release', 'agreement', 'organisation', 'my-record-answer', 'edition']) {
      await visit(page, name)
      await page.evaluate(() => { globalThis.document.documentElement.style.fontSize = '200%' })
      await reflows(page, `${name} at 200%`)
    }
    await close()
  })
})

// The main way, as a person goes it. It is the same with script and without.
async function mainWay (page, shot) {
  await page.goto(site)
  assert.match(await page.locator('.app-figures').innerText(), /releases\s+5,079/)
  await page.getByRole('searchbox').fill('110660')
  await page.getByRole('button', { name: 'Search' }).click()

  await page.getByRole('heading', { name: '28 entries' }).waitFor()
  assert.equal(await page.getByRole('searchbox').inputValue(), '110660')
  await page.getByRole('checkbox', { name: /^Identifiable/ }).check()
  await page.getByRole('button', { name: 'Apply filters' }).click()
  await page.getByRole('heading', { name: '1 entry' }).waitFor()
  if (shot) await screenshot(page, shot)

  await page.getByRole('link', { name: 'Remove Type of data: Identifiable' }).click()
  await page.getByRole('heading', { name: '28 entries' }).waitFor()
  await page.getByRole('link', { name: /^Next/ }).click()
  await page.getByText('26 to 28 of 28').waitFor()
  await page.getByRole('link', { name: /^Previous/ }).click()
  await page.getByText('1 to 25 of 28').waitFor()

  // an entry, its cells, the agreement and its purposes
  await page.getByRole('rowheader').getByRole('link').first().click()
  await page.getByRole('columnheader', { name: 'As published' }).waitFor()
  await page.getByRole('link', { name: /^The agreement NIC-110660-G9W6M/ }).click()
  await page.getByRole('heading', { level: 1, name: 'NIC-110660-G9W6M' }).waitFor()
  await page.getByText('Invoice validation is part of a process by which providers').first().waitFor()
  await page.getByRole('link', { name: 'Objective for processing' }).click()
  assert.match(page.url(), /#version-1-objective$/)

  // the organisation and one of its datasets
  await page.getByRole('link', { name: 'NHS Stockport CCG' }).first().click()
  await page.getByRole('heading', { level: 1, name: 'NHS Stockport CCG' }).waitFor()
  await page.getByRole('link', { name: 'SUS for Commissioners', exact: true }).first().click()
  await page.getByRole('heading', { level: 1, name: 'SUS for Commissioners' }).waitFor()
  await page.getByRole('heading', { name: 'Organisations that received it' }).waitFor()
}

describe('the main way', () => {
  test('with script in the browser', async () => {
    const { page, context, wrong, close } = await open(browser)
    const referrers = []
    page.on('request', (request) => { if (request.headers().referer) referrers.push(request.url()) })
    await mainWay(page, 'search-narrowed')
    assert.deepEqual(wrong, [])
    // nothing is left behind, and nobody told where one came from
    assert.deepEqual(await context.cookies(), [])
    assert.equal(await page.evaluate(() => globalThis.localStorage.length + globalThis.sessionStorage.length), 0)
    assert.deepEqual(referrers, [])
    await close()
  })

  test('without script', async () => {
    const { page, wrong, close } = await open(browser, { ...desktop, javaScriptEnabled: false })
    await mainWay(page)
    assert.deepEqual(wrong, [])
    await close()
  })

  test('what was found can be taken away', async () => {
    const { page, close } = await open(browser)
    await page.goto(`${site}/register?q=110660&type=identifiable`)
    for (const [name, start] of [['CSV', 'number,'], ['Excel', 'PK'], ['JSON', '{']]) {
      const waiting = page.waitForEvent('download')
      await page.locator('.app-downloads').getByRole('link', { name, exact: true }).click()
      const content = await readFile(await (await waiting).path())
      assert.equal(content.subarray(0, start.length).toString(), start, name)
    }
    await page.goto(`${site}/register/700`)
    const waiting = page.waitForEvent('download')
    await page.getByRole('link', { name: 'Download the proof file' }).click()
    const download = await waiting
    assert.equal(download.suggestedFilename(), 'registrar-entry-700.proof.json')
    assert.equal(JSON.parse(await readFile(await download.path(), 'utf8')).index, 699)
    await close()
  })
})

describe('by keyboard', () => {
  const focused = (page) => page.evaluate(() => {
    const e = globalThis.document.activeElement
    const style = globalThis.getComputedStyle(e)
    const box = e.getBoundingClientRect()
    return {
      what: e.id || e.textContent.trim(), marked: style.boxShadow !== 'none' || style.outlineStyle !== 'none',
      seen: box.width > 1 && box.height > 1 && box.bottom > 0 && box.top < globalThis.innerHeight
    }
  })

  test('the skip link comes first and leads past the menu', async () => {
    const { page, close } = await open(browser)
    await page.goto(site)
    await page.keyboard.press('Tab')
    assert.deepEqual(await focused(page), { what: 'Skip to main content', marked: true, seen: true })
    await page.keyboard.press('Enter')
    await page.keyboard.press('Tab')
    assert.equal((await focused(page)).what, 'q')
    await page.keyboard.type('110660')
    await page.keyboard.press('Enter')
    await page.getByRole('heading', { name: '28 entries' }).waitFor()
    await close()
  })

  test('each stop of a page is seen and marked, and none is a trap', async () => {
    const { page, close } = await open(browser)
    for (const name of ['start', 'register-filtered', 'release', 'my-record', 'dataset']) {
      await visit(page, name)
      const stops = []
      for (let i = 0; i < 500; i++) {
        await page.keyboard.press('Tab')
        const stop = await focused(page)
        if (await page.evaluate(() => globalThis.document.activeElement === globalThis.document.body)) break
        assert.ok(stop.seen && stop.marked, `${name}: stop ${i}, ${JSON.stringify(stop)}`)
        stops.push(stop.what)
      }
      assert.ok(stops.length > 15 && stops.length < 500, `${name} has ${stops.length} stops`)
      assert.equal(stops[0], 'Skip to main content')
    }
    await close()
  })
})

describe('on a small screen', () => {
  test('filters open and close without script', async () => {
    const { page, close } = await open(browser, { ...mobile, javaScriptEnabled: false })
    await page.goto(`${site}/register`)
    assert.equal(await page.getByRole('button', { name: 'Apply filters' }).isVisible(), false)
    await page.getByRole('link', { name: 'Filters' }).click()
    await page.getByRole('checkbox', { name: /^Identifiable/ }).check()
    await page.getByRole('button', { name: 'Apply filters' }).click()
    await page.getByRole('heading', { name: '671 entries' }).waitFor()
    await page.getByRole('link', { name: 'Filters (1 chosen)' }).waitFor()
    await close()
  })
})

describe('on paper', () => {
  test('a page prints without what is for the screen', async () => {
    const { page, close } = await open(browser)
    await page.emulateMedia({ media: 'print' })
    for (const name of ['agreement', 'release', 'register', 'organisation', 'glossary', 'my-record-answer']) {
      await visit(page, name)
      for (const gone of ['.nhsuk-header__navigation', '.nhsuk-search-input', '.app-finder__filters', '.nhsuk-pagination']) {
        for (const element of await page.locator(gone).all()) assert.equal(await element.isVisible(), false, `${name} prints ${gone}`)
      }
      await screenshot(page, `${name}-print`)
    }
    await close()
  })
})
