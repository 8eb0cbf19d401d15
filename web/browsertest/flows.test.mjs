// The team looks at how data flow, in picture, words and table, and at what an
// amendment changes.
import { after, before, describe, test } from 'node:test'
import assert from 'node:assert/strict'

import { accessible, desktop, launch, mobile, open, reflows, screenshot, site } from './browser.mjs'

const { REGISTRAR_ISSUER: issuer, REGISTRAR_FLOWS: flows, REGISTRAR_DIFF: diff } = process.env
for (const [name, value] of Object.entries({ issuer, flows, diff })) assert.ok(value, `${name} is not given`)

let browser
before(async () => { browser = await launch() })
after(async () => { await browser?.close() })

async function check (page, name) {
  await accessible(page, name)
  await reflows(page, name)
  await screenshot(page, name)
  assert.equal(await page.locator('h1').count(), 1, `${name}: one heading of the first level`)
}

for (const [size, options] of Object.entries({ desktop, mobile })) {
  describe(`flows and changes (${size})`, () => {
    test('are there to see, to read and to take away', async () => {
      const { page, wrong, close } = await open(browser, options)
      page.otherSites = [issuer]
      await page.goto(site + flows)
      await page.waitForURL(`${issuer}/login**`)
      await page.getByRole('button', { name: 'Olu Officer' }).click()
      await page.waitForURL(site + flows)
      await page.getByRole('img', { name: /^Data flows of / }).waitFor()
      assert.equal(await page.locator('#words ~ ol').first().locator('li').count(), 15)
      await check(page, `flows-${size}`)
      await page.emulateMedia({ media: 'print' })
      const { box, picture } = await page.locator('.app-diagram').evaluate((e) => ({ box: e.getBoundingClientRect().right, picture: e.querySelector('svg').getBoundingClientRect().right }))
      assert.ok(picture <= box + 1, `printed, the picture is cut at ${box} of ${picture}`)
      await page.emulateMedia({ media: 'screen' })

      await page.goto(site + diff)
      await page.getByRole('heading', { name: /Objective for processing/ }).waitFor()
      assert.equal(await page.getByRole('heading', { name: /Expected outputs/ }).count(), 0)
      await check(page, `diff-${size}`)
      await page.getByRole('link', { name: 'Show what is only re-typed' }).click()
      await page.getByRole('heading', { name: /Expected outputs/ }).waitFor()
      await check(page, `diff-cosmetic-${size}`)
      assert.deepEqual(wrong, [])
      await close()
    })
  })
}
